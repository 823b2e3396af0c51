"""Train on recordings of your own: sort them into folders, or list them in a table.

Either the folders say the label, and the folders in them the patient:

    mine/normal/anna/1.wav            all recordings of one person belong into one folder;
    mine/normal/anna/2.wav            a file without such a folder counts as a person of its own
    mine/AS+MR/bert/apex.wav          lesions: AS, AR, MR, MS; several joined with +
    mine/abnormal/carl.wav            something else than normal, the lesion unknown

    python examples/own_recordings.py mine prepared

or a table does, with the columns `file`, `patient` and `label` (and the same words for labels):

    python examples/own_recordings.py mine prepared --table mine/labels.csv

Both write `prepared/`, a data set in the layout of BMD-HS, with a configuration beside it, and train on it. Then

    heartprobe data check prepared
    heartprobe train --data-dir prepared --config prepared/config.json --model-name openai/whisper-tiny.en

work as with any other data set. Patients must be told apart truly: when one person's recordings stand on both sides of
a split, every number in the report is too good.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heartprobe.cli.console import ConsoleProgress
from heartprobe.config.load import load_config
from heartprobe.data.catalogue import read_dataset
from heartprobe.experiment import run_experiment
from heartprobe.labels import LESIONS
from heartprobe.machine import Machine

UNKNOWN = "N/A"


@dataclass(frozen=True)
class Sound:
    """One recording, whose it is, and what is known of that heart."""

    path: Path
    patient: str
    label: str


def sounds_in(folder: Path) -> list[Sound]:
    """Return the recordings of a folder whose folders are labels: LABEL/PATIENT/FILE or LABEL/FILE."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".wav", ".flac"}):
        label, *between = path.relative_to(folder).parts[:-1]
        found.append(Sound(path, "-".join([label, *(between or [path.stem])]), label))
    return found


def sounds_listed(table: Path) -> list[Sound]:
    """Return the recordings of a table with the columns `file`, `patient`, `label`; files lie beside the table."""
    with table.open(newline="", encoding="utf-8-sig") as lines:
        return [Sound(table.parent / row["file"], row["patient"], row["label"]) for row in csv.DictReader(lines)]


def label_values(label: str) -> dict[str, str]:
    """Return the label columns of `normal`, `abnormal` or `AS+MR`; lesions that are not named are unknown."""
    if label.lower() in {"normal", "n"}:
        return {"N": "1", **dict.fromkeys(LESIONS, "0")}
    if label.lower() == "abnormal":
        return {"N": "0", **dict.fromkeys(LESIONS, UNKNOWN)}
    lesions = label.upper().split("+")
    if not set(lesions) <= set(LESIONS):
        raise SystemExit(f"{label!r} is no label; use normal, abnormal, or lesions such as AS or AS+MR.")
    return {"N": "0", **{lesion: "1" if lesion in lesions else UNKNOWN for lesion in LESIONS}}


def lay_out(sounds: Iterable[Sound], out: Path) -> Path:
    """Copy recordings into `out` with the table and the configuration that heartprobe needs, and return the latter."""
    by_patient: dict[str, list[Sound]] = defaultdict(list)
    for sound in sounds:
        by_patient[sound.patient].append(sound)
    if not by_patient:
        raise SystemExit("There are no recordings (.wav or .flac).")
    audio = out / "train"
    if audio.exists():
        raise SystemExit(f"{audio} is there already; name another folder, or remove it.")
    audio.mkdir(parents=True)
    columns = [f"recording_{i}" for i in range(1, max(map(len, by_patient.values())) + 1)]
    rows = []
    for number, (patient, own) in enumerate(sorted(by_patient.items()), start=1):
        labels = {sound.label for sound in own}
        if len(labels) > 1:
            raise SystemExit(f"Patient {patient!r} has several labels: {', '.join(sorted(labels))}.")
        # Names are made anew, because files of two patients may have the same one.
        names = [f"p{number:04d}_{i}" for i in range(1, len(own) + 1)]
        for name, sound in zip(names, own, strict=True):
            shutil.copyfile(sound.path, audio / f"{name}{sound.path.suffix.lower()}")
        row = {"patient_id": patient, **label_values(own[0].label), **dict.fromkeys(columns, "")}
        rows.append(row | dict(zip(columns, names, strict=False)))
    with (out / "train.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    settings = {"dataset": {"recording_columns": columns}, "models": {"default_model": "logmel"}}
    config = out / "config.json"
    config.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return config


def train(data: Path, config_file: Path, run: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Train on the prepared data set, normal against abnormal, and return the report."""
    config = load_config(config_file, overrides)
    recordings = read_dataset(config.dataset.name, data, config.dataset)
    for finding in recordings.findings:
        print(f"{finding.kind}: {finding.subject}: {finding.detail}")
    return run_experiment(config, recordings, run, machine=Machine(), progress=ConsoleProgress())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="your recordings")
    parser.add_argument("out", type=Path, help="new folder for the prepared data set")
    parser.add_argument("--table", type=Path, help="table with file, patient, label, instead of folders as labels")
    parser.add_argument("--run", type=Path, default=Path("runs/own-recordings"), help="where the run folder goes")
    given = parser.parse_args()
    sounds = sounds_listed(given.table) if given.table else sounds_in(given.folder)
    report = train(given.out, lay_out(sounds, given.out), given.run)
    auroc = report["levels"]["patient"]["labels"]["N"]["auroc"]
    print(f"Normal against abnormal, AUROC over test patients: {auroc['value']} {auroc.get('reason', '')}")
    print(f"Read {given.run / 'report.html'}; predict with heartprobe predict {given.run / 'bundle'} FILE.wav")


if __name__ == "__main__":
    main()
