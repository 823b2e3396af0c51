"""What a finished cell says of itself, from its `report.json` and its tables of predictions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from heartprobe.benchmark.cells import Cell
from heartprobe.evaluation.comparison.compare import COMPARED
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.predictions.table import read_predictions

#: What a run chooses on validation patients, as `report.json` calls it.
_CHOSEN: Final = ("layer", "time_scale", "head")

_DATA: Final = ("name", "is_synthetic", "licence", "patients", "recordings", "patients_with_label", "fingerprint")


@dataclass(frozen=True, slots=True, eq=False)
class FinishedCell:
    """A cell with its results."""

    cell: Cell
    folder: Path
    report: JSONObject

    @classmethod
    def read(cls, cell: Cell, out: Path) -> FinishedCell:
        """Return the results of a cell of the benchmark in `out`."""
        folder = out / cell.folder
        return cls(cell, folder, json.loads((folder / "report.json").read_text(encoding="utf-8")))

    @property
    def predictions(self) -> pd.DataFrame:
        """The predictions of the model on test patients."""
        return read_predictions(self.folder / "predictions.csv")

    @property
    def demographics_predictions(self) -> pd.DataFrame:
        """The predictions from demographics alone on the same patients."""
        return read_predictions(self.folder / "predictions_demographics.csv")

    @property
    def statistics(self) -> dict[str, int]:
        """`seed` and `draws` of the bootstrap."""
        settings = self.cell.config
        return {"seed": settings.training.random_seed, "draws": settings.evaluation.bootstrap_draws}

    def data(self) -> JSONObject:
        """Return what the report says of the data."""
        return {fact: self.report["data"][fact] for fact in _DATA}

    def metrics(self) -> JSONObject:
        """Return `macro` and `labels` of the patients."""
        return _compared(self.report["levels"]["patient"])

    def demographics_metrics(self) -> JSONObject:
        """Return `macro` and `labels` of demographics alone."""
        return _compared(self.report["demographics_only"]["levels"]["patient"])

    def chosen(self) -> dict[str, dict[str, int]]:
        """Return how often each value was chosen over the splits, commonest first."""
        counts = {}
        for key in _CHOSEN:
            values = [_text(chosen[key]) for chosen in self.report["selection"] if chosen.get(key) is not None]
            if values:
                counts[key] = dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
        return counts


def _compared(patient: Mapping[str, Any]) -> JSONObject:
    """Return the metrics that are compared, of one level of a report."""
    return {
        "macro": {metric: patient["macro"][metric] for metric in COMPARED},
        "labels": {label: {metric: found[metric] for metric in COMPARED} for label, found in patient["labels"].items()},
    }


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
