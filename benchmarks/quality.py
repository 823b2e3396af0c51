"""How many recordings are left out for their quality, and how far their heart rates agree.

    python benchmarks/quality.py --data bmd-hs=DIR --data physionet-2016=DIR [--run RUN] [--json FILE]

Makes the figures of docs/prediction.md. Recordings that a data set calls too noisy are counted apart from its
others. Beside the data sets stand synthetic patients and steady noise. With `--run`, the folder of a
cross-validated run on the first data set, the AUROC of its patients is also computed without what is left out.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from heartprobe.audio import Audio, read_audio
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.synthetic.chest import all_positions
from heartprobe.data.synthetic.population import recording_stream, synthetic_patient
from heartprobe.data.synthetic.recording import synthesise
from heartprobe.signal.quality import Quality, assess

RATE_HZ = 4000
KINDS = ("noisy", "no-heartbeat", "clipped", "silent", "too-short")


@dataclass(frozen=True)
class Judged:
    """A recording, the group and site it belongs to, whose heart it is in which posture, and its quality."""

    name: str
    group: str
    site: str
    heart: tuple[str, ...]
    quality: Quality


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", default=[], metavar="NAME=DIR", help="a data set; may be repeated")
    parser.add_argument("--patients", type=int, default=48, help="synthetic patients, eight recordings each")
    parser.add_argument("--run", type=Path, help="a run on the first data set")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    arguments = parser.parse_args()
    sets = [list(data_set(*given.split("=", 1))) for given in arguments.data]
    made = [list(synthetic(arguments.patients)), list(noise())]
    result: dict[str, Any] = {"groups": groups(one for judged in (*sets, *made) for one in judged), "agreement": {}}
    for judged in (*sets, made[0]):
        result["agreement"] |= agreement(judged)
    if sets:
        result["irregular"] = irregular(sets[0])
    if arguments.run:
        left_out = {one.name for one in sets[0] if one.quality.disqualifying is not None}
        result["auroc"] = auroc(arguments.run, left_out)
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")


def data_set(name: str, folder: str) -> Iterator[Judged]:
    recordings = read_dataset(name, Path(folder), DatasetConfig(name=name))
    noisy = {finding.subject for finding in recordings.findings if finding.kind == "noisy"}
    for recording in recordings.recordings:
        is_noisy = recording.recording_id in noisy
        group = name if not noisy else f"{name}, people said {'too noisy' if is_noisy else 'good'}"
        posture = "" if recording.position is None else str(recording.position.posture)
        heart = (name, recording.patient_id, posture)
        site = recordings.site_of(recording.patient_id)
        yield Judged(recording.recording_id, group, site, heart, assess(read_audio(recording.path)))


def synthetic(n_patients: int) -> Iterator[Judged]:
    for number in range(n_patients):
        for index, position in enumerate(all_positions()):
            samples = synthesise(synthetic_patient(number, 0), position, recording_stream(number, 0, index))
            heart = ("synthetic", f"{number}", str(position.posture))
            yield Judged(f"{number} {position}", "synthetic", "", heart, assess(Audio(samples, RATE_HZ)))


def noise() -> Iterator[Judged]:
    for duration_s in (5, 10, 30):
        for seed in range(20):
            samples = np.random.default_rng([duration_s, seed]).standard_normal(duration_s * RATE_HZ) / 6
            quality = assess(Audio(samples.astype(np.float32), RATE_HZ))
            yield Judged(f"{duration_s} s {seed}", "noise", "", ("noise", f"{seed}", ""), quality)


def groups(everybody: Iterable[Judged]) -> dict[str, Any]:
    """Return what is left out and noted in each group, and in each of its sites where it has several."""
    members, sites = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for one in everybody:
        members[one.group].append(one.quality)
        sites[one.group][one.site].append(one.quality)
    result = {group: summary(qualities) for group, qualities in members.items()}
    for group, of_sites in sites.items():
        if len(of_sites) > 1:
            result[group]["left_out_by_site"] = {
                site: f"{sum(q.disqualifying is not None for q in found)} of {len(found)}"
                for site, found in sorted(of_sites.items())
            }
    return result


def summary(qualities: Sequence[Quality]) -> dict[str, Any]:
    why = Counter(q.disqualifying.kind for q in qualities if q.disqualifying is not None)
    noted = sum(q.disqualifying is None and any(one.kind == "noisy" for one in q.findings) for q in qualities)
    return {
        "n": len(qualities),
        "left_out_percent": percent(sum(why.values()), len(qualities)),
        "left_out": {kind: why[kind] for kind in KINDS},
        "noted_as_noisy_percent": percent(noted, len(qualities)),
        "rate_found_percent": percent(sum(q.heart_rate.bpm is not None for q in qualities), len(qualities)),
        "contrast_5_25_50_75": np.percentile([q.contrast for q in qualities], (5, 25, 50, 75)).round(1).tolist(),
        "periodicity_5_25_50_75": np.percentile([q.periodicity for q in qualities], (5, 25, 50, 75)).round(2).tolist(),
    }


def agreement(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return how often a rate lies within a tenth of the median of the same heart's in the same posture."""
    rates = defaultdict(list)
    for one in judged:
        if one.quality.heart_rate.bpm is not None:
            rates[one.heart].append(one.quality.heart_rate.bpm)
    compared = [abs(rate / median(found) - 1) for found in rates.values() if len(found) >= 3 for rate in found]
    name = judged[0].heart[0]
    near = sum(difference <= 0.1 for difference in compared)
    return {name: {"n": len(compared), "within_a_tenth_percent": percent(near, len(compared))}} if compared else {}


def irregular(judged: Sequence[Judged]) -> dict[str, int]:
    """Return how many recordings have a periodicity below 0.25, and how many of them are of patients who mostly do."""
    low = defaultdict(list)
    for one in judged:
        low[one.heart[1]].append(one.quality.periodicity < 0.25)
    mostly = [sum(found) for found in low.values() if sum(found) >= 6]
    return {"recordings": sum(map(sum, low.values())), "patients_with_6_or_more": len(mostly), "theirs": sum(mostly)}


def auroc(run: Path, left_out: set[str]) -> dict[str, Any]:
    """Return the AUROC of patients by the means of their recordings before calibration: of all, and without some."""
    table = pd.read_csv(run / "predictions.csv")
    heard = table[table.level == "recording"]
    result = {}
    for name, rows in (("all", heard), ("without", heard[~heard.recording_id.isin(left_out)])):
        patients = rows.groupby(["label", "patient_id"])[["truth", "uncalibrated"]].mean().dropna()
        result[name] = {
            label: round(float(roc_auc_score(found.truth, found.uncalibrated)), 3)
            for label, found in patients.groupby(level="label", sort=False)
        }
    counts = heard[~heard.recording_id.isin(left_out)].groupby("patient_id").recording_id.nunique()
    return {**result, "fewest_recordings_of_a_patient": int(counts.min())}


def percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1)


if __name__ == "__main__":
    main()
