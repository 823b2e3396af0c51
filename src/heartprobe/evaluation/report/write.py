"""Write a report into its run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heartprobe.evaluation.atomic_text import write_text
from heartprobe.evaluation.predictions import read_predictions
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import Picture
from heartprobe.evaluation.report.html import to_html
from heartprobe.evaluation.report.markdown import to_markdown
from heartprobe.evaluation.report.roc import roc_picture
from heartprobe.evaluation.report.wording import Report


def write_report_md(report: Report, folder: Path) -> Path:
    """Write `report.md` and return its path.

    Args:
        report: As it stands in `report.json`.
        folder: The run folder; its `environment.json` is shown where it is there.
    """
    path = folder / "report.md"
    write_text(path, to_markdown(compose(report, environment=_environment(folder))))
    return path


def write_report_html(report: Report, folder: Path) -> Path:
    """Write `report.html` and return its path.

    Args:
        report: As it stands in `report.json`.
        folder: The run folder; its `predictions.csv` is drawn and its `environment.json` shown
            where they are there.

    Raises:
        TableError: If `predictions.csv` holds a value that cannot be right.
    """
    path = folder / "report.html"
    write_text(path, to_html(compose(report, roc=_roc(report, folder), environment=_environment(folder))))
    return path


def _roc(report: Report, folder: Path) -> Picture | None:
    predictions = folder / "predictions.csv"
    return roc_picture(read_predictions(predictions), report["levels"]) if predictions.is_file() else None


def _environment(folder: Path) -> dict[str, Any] | None:
    """Return what the run was made with; how long it took stays out, so that the same run gives the same report."""
    path = folder / "environment.json"
    if not path.is_file():
        return None
    environment: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in environment.items() if key != "seconds"}
