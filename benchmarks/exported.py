"""An exported model beside the model it was exported from: agreement, loss, time and memory.

    python benchmarks/exported.py RUN... --data-dir BMD-HS [--accept 1e-4] [--repeats 30] [--recordings N] [--keep]

Every RUN is a run folder with `splits.csv` and `bundle/`. Its bundle is exported twice, in single precision and with
`--int8`, and three ways are measured one after the other, each in a process of its own with two threads at most:
torch, onnx and onnx int8.

  difference    of probabilities, calibrated as they are shown to people, over all recordings and all patients of the
                data set, whether or not the model was trained on them
  AUROC         macro over the labels, of the test patients of the run alone, whom the model never saw
  load          from opening the folder to a model that answers (imports not counted), in seconds
  first, median of one recording of 20 s, from samples in memory to its probability: cleaning, windows, model; in ms
  file          size of the graph, in MB
  memory        the largest resident memory of the process after opening and answering about that recording once, and
                after all recordings, in MB
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WAYS = {"torch": "torch", "onnx": "onnx", "int8": "onnx"}
ONE_RECORDING_S = 20
KEPT = Path(__file__).with_name("results") / "exported.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="run folders")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--accept", type=float, default=1e-4, help="as that of `heartprobe export`")
    parser.add_argument("--repeats", type=int, default=30, help="answers about the one recording; the median counts")
    parser.add_argument("--recordings", type=int, help="only so many recordings, spread over the data set")
    parser.add_argument("--keep", action="store_true", help="keep the result in the repository")
    parser.add_argument("--probe", nargs=3, metavar=("WAY", "FOLDER", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.probe:
        way, folder, file = arguments.probe
        probe(way, Path(folder), Path(file), recordings_of(arguments), arguments.repeats)
        return
    results = {run.name: measure(run, arguments) for run in arguments.runs}
    if arguments.keep:
        KEPT.write_text(json.dumps(results, indent=2) + "\n")


def measure(run: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Export the bundle of a run and measure every way."""
    from heartprobe.errors import BundleError, ConfigError
    from heartprobe.export import export_onnx

    with tempfile.TemporaryDirectory() as work:
        folders, file_mb = {"torch": run / "bundle"}, {}
        for way, is_int8 in (("onnx", False), ("int8", True)):
            try:
                exported = export_onnx(run / "bundle", Path(work) / way, is_int8=is_int8, accepted=arguments.accept)
            except (BundleError, ConfigError) as error:
                print(f"{run.name}: {error}")
                continue
            folders[way] = Path(work) / way
            file_mb[way] = exported.graph.stat().st_size / 1e6
        if len(folders) == 1:
            return {}
        found = {way: probed(way, folder, Path(work) / f"{way}.json", arguments) for way, folder in folders.items()}
    result = {
        way: {"file_mb": file_mb.get(way), **row(run, values, found["torch"], arguments)}
        for way, values in found.items()
    }
    print(table({run.name: result}), flush=True)
    return result


def probed(way: str, folder: Path, file: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run `probe` in a process of its own."""
    command = [sys.executable, __file__, "--data-dir", arguments.data_dir, "--repeats", arguments.repeats]
    command += ["--recordings", arguments.recordings] if arguments.recordings else []
    command += ["--probe", WAYS[way], folder, file]
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
    result: dict[str, Any] = json.loads(file.read_text())
    return result


def probe(runtime: str, folder: Path, file: Path, recordings: list[Any], repeats: int) -> None:
    """Measure one way in this process, and write what was found."""
    from heartprobe.predict import Predictor

    if runtime == "torch":
        import torch  # noqa: F401 - its import is not part of the loading time, as that of onnxruntime is not
    else:
        import onnxruntime  # noqa: F401
    start = time.perf_counter()
    with Predictor.open(folder, device="cpu", runtime=runtime) as predictor:  # type: ignore[arg-type]
        load_s = time.perf_counter() - start
        result = {"load_s": load_s, **asked(predictor, recordings, repeats)}
    file.write_text(json.dumps(result))


def asked(predictor: Any, recordings: list[Any], repeats: int) -> dict[str, Any]:
    """Ask about one recording of noise many times, and about every recording of the data set."""
    from heartprobe.audio import Audio, read_audio

    noise = np.random.default_rng(0).normal(0, 0.1, ONE_RECORDING_S * 4000).astype(np.float32)
    seconds = [timed(lambda: predictor.recording_probabilities(Audio(noise, 4000))) for _ in range(repeats)]
    after_one = peak_mb()
    known = {r.recording_id: predictor.recording_probabilities(read_audio(r.path)).tolist() for r in recordings}
    return {
        "first_ms": 1000 * seconds[0],
        "median_ms": 1000 * float(np.median(seconds)),
        "memory_one_mb": after_one,
        "memory_all_mb": peak_mb(),
        "imported": [name for name in ("torch", "transformers", "onnxruntime") if name in sys.modules],
        "probabilities": known,
    }


def timed(run: Any) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak_mb() -> float:
    # Not getrusage: its maximum is handed down from the process that started this one.
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6


@dataclass(frozen=True)
class Answered:
    """What a way says: calibrated probabilities of recordings and of patients, `(n, labels)`."""

    recordings: np.ndarray
    patients: np.ndarray
    patient_ids: tuple[str, ...]


def answered(run: Path, probabilities: dict[str, list[float]], arguments: argparse.Namespace) -> Answered:
    """Return what the bundle's decisions make of uncalibrated probabilities of recordings."""
    from heartprobe.bundle.folder import read_bundle
    from heartprobe.decisions.recorded import Recorded

    decider = read_bundle(run / "bundle").manifest.decision
    rows = np.array(list(probabilities.values()))
    recorded = Recorded.of(list(probabilities), data_set(arguments))
    patients = decider.patients(rows, recorded)
    return Answered(decider.recordings(rows).probability, patients.probability, recorded.patients)


def row(
    run: Path, values: dict[str, Any], reference: dict[str, Any], arguments: argparse.Namespace
) -> dict[str, float | None]:
    """Return one line of the table."""
    mine, torch = (answered(run, one["probabilities"], arguments) for one in (values, reference))
    recordings, patients = np.abs(mine.recordings - torch.recordings), np.abs(mine.patients - torch.patients)
    uncalibrated = np.abs(np.array(list(values["probabilities"].values())) - list(reference["probabilities"].values()))
    return {
        "uncalibrated_max": float(uncalibrated.max()),
        "recordings_max": float(recordings.max()),
        "recordings_median": float(np.median(recordings)),
        "patients_max": float(patients.max()),
        "patients_median": float(np.median(patients)),
        "auroc": macro_auroc(run, mine, arguments),
        **{key: value for key, value in values.items() if key not in ("probabilities", "imported")},
    }


def macro_auroc(run: Path, found: Answered, arguments: argparse.Namespace) -> float | None:
    """Return the mean over labels of the AUROC of the run's test patients."""
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    from heartprobe.bundle.folder import read_bundle

    splits = pd.read_csv(run / "splits.csv", dtype={"patient_id": str})
    tested = set(splits[splits.part == "test"].patient_id)
    if splits.groupby("patient_id").part.nunique().max() > 1:
        return None  # a model for each split, but one bundle, which everybody was trained for
    labels = read_bundle(run / "bundle").manifest.labels
    is_tested = np.array([patient in tested for patient in found.patient_ids])
    truth = data_set(arguments).targets(found.patient_ids, labels)
    scores = []
    for label in range(len(labels)):
        kept = is_tested & ~np.isnan(truth[:, label])
        if len(np.unique(truth[kept, label])) == 2:
            scores.append(roc_auc_score(truth[kept, label], found.patients[kept, label]))
    return float(np.mean(scores)) if scores else None


def data_set(arguments: argparse.Namespace) -> Any:
    from heartprobe.config.schema import DatasetConfig
    from heartprobe.data.bmd_hs import read_bmd_hs

    return read_bmd_hs(arguments.data_dir, DatasetConfig())


def recordings_of(arguments: argparse.Namespace) -> list[Any]:
    every = data_set(arguments).recordings
    if not arguments.recordings:
        return list(every)
    return [every[i] for i in np.linspace(0, len(every) - 1, arguments.recordings).astype(int)]


def table(results: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the table of docs/export.md."""
    lines = [
        "| model | runtime | file MB | recordings: largest, median difference | patients: largest, median | AUROC | "
        "load s | first, median ms | memory MB |",
        "|" + "---|" * 9,
    ]
    return "\n".join([*lines, *(line(name, way, one) for name, ways in results.items() for way, one in ways.items())])


def line(name: str, way: str, one: dict[str, Any]) -> str:
    """Return one row of the table."""
    is_reference = way == "torch"
    cells = [
        f"`{name}`" if is_reference else "",
        "onnx, 8 bit" if way == "int8" else way,
        "" if is_reference else f"{one['file_mb']:.1f}",
        "" if is_reference else f"{one['recordings_max']:.1e}, {one['recordings_median']:.1e}",
        "" if is_reference else f"{one['patients_max']:.1e}, {one['patients_median']:.1e}",
        "-" if one["auroc"] is None else f"{one['auroc']:.4f}",
        f"{one['load_s']:.1f}",
        f"{one['first_ms']:.0f}, {one['median_ms']:.0f}",
        f"{one['memory_one_mb']:.0f}, {one['memory_all_mb']:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
