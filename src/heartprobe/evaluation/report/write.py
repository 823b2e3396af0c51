"""Write a report into its run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from heartprobe.atomic import write_text
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import DataError
from heartprobe.evaluation.predictions.table import read_predictions
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import Document, Section
from heartprobe.evaluation.report.html import to_html
from heartprobe.evaluation.report.markdown import to_markdown
from heartprobe.evaluation.report.mistakes import hardest_patients
from heartprobe.evaluation.report.sections.hardest import N_HARDEST, hardest_section
from heartprobe.evaluation.report.sections.protocol import SplitCounts, read_split_counts
from heartprobe.evaluation.wording import Report


def write_report_md(report: Report, folder: Path) -> Path:
    """Write `report.md` and return its path.

    Args:
        report: As it stands in `report.json`.
        folder: The run folder; `predictions.csv`, `splits.csv` and `environment.json` are shown where they are there.

    Raises:
        TableError: If `predictions.csv` holds a value that cannot be right.
    """
    path = folder / "report.md"
    write_text(path, to_markdown(_document(report, folder, None, with_audio=False)))
    return path


def write_report_html(
    report: Report, folder: Path, recordings: RecordingSet | None = None, *, with_audio: bool = False
) -> Path:
    """Write `report.html` and return its path.

    Args:
        report: As it stands in `report.json`.
        folder: The run folder; `predictions.csv`, `splits.csv` and `environment.json` are shown where they are there.
        recordings: The data set that was tested; the spectrograms of the hardest patients are drawn from its files.
        with_audio: Whether the page also holds the sounds of these patients, to be listened to. Whoever has the page
            then has the recordings.

    Raises:
        TableError: If `predictions.csv` holds a value that cannot be right.
        DataError: If `recordings` lacks some that were predicted.
    """
    path = folder / "report.html"
    write_text(path, to_html(_document(report, folder, recordings, with_audio=with_audio)))
    return path


def _document(report: Report, folder: Path, recordings: RecordingSet | None, *, with_audio: bool) -> Document:
    return compose(
        report,
        splits=_splits(folder),
        hardest=_hardest(folder, recordings, with_audio=with_audio),
        environment=_environment(folder),
    )


def _hardest(folder: Path, recordings: RecordingSet | None, *, with_audio: bool) -> Section | None:
    path = folder / "predictions.csv"
    if not path.is_file():
        return None
    predictions = read_predictions(path)
    if recordings is not None:
        _require_heard(predictions, recordings)
    return hardest_section(hardest_patients(predictions, N_HARDEST), recordings, with_audio=with_audio)


def _require_heard(predictions: pd.DataFrame, recordings: RecordingSet) -> None:
    """Refuse other recordings than those that were predicted: nobody shall hear one person under another's name."""
    rows = predictions[predictions["level"] == "recording"]
    heard = set(zip(rows["patient_id"], rows["recording_id"], strict=True))
    missing = sorted(heard - {(r.patient_id, r.recording_id) for r in recordings.recordings})
    if missing:
        patient, recording = missing[0]
        raise DataError(
            f"The data set {recordings.name} lacks {len(missing)} of the {len(heard)} recordings of this run, such as "
            f"{recording} of {patient}; name the data that the run was made from."
        )


def _splits(folder: Path) -> tuple[SplitCounts, ...]:
    path = folder / "splits.csv"
    return read_split_counts(path) if path.is_file() else ()


def _environment(folder: Path) -> dict[str, Any] | None:
    """Return what the run was made with; how long it took stays out, so that the same run gives the same report."""
    path = folder / "environment.json"
    if not path.is_file():
        return None
    environment: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in environment.items() if key != "seconds"}
