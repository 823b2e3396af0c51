"""What two tables of predictions have in common: the same patients, labels and truths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from heartprobe.errors import DataError
from heartprobe.evaluation.metrics.measured import declared_order
from heartprobe.evaluation.predictions.checks import Level

_UNIT: Final = ["patient_id", "recording_id", "label"]


@dataclass(frozen=True, slots=True, eq=False)
class SharedPredictions:
    """Two tables with the same patients (and recordings), labels and truths.

    Attributes:
        baseline: Rows of known truth, sorted by repeat, patient, recording and label.
        run: The same units in the other table, sorted alike; repeats may be others.
        labels: In their declared order.
        patients: Sorted.
        only_in_baseline: How many patients the other table does not have.
        only_in_run: How many patients the baseline does not have.
        labels_in_one: Labels that only one of them has.
    """

    baseline: pd.DataFrame
    run: pd.DataFrame
    labels: tuple[str, ...]
    patients: tuple[str, ...]
    only_in_baseline: int
    only_in_run: int
    labels_in_one: tuple[str, ...]


def shared_predictions(
    baseline: pd.DataFrame, run: pd.DataFrame, level: Level, names: tuple[str, str]
) -> SharedPredictions:
    """Reduce two tables to what both know.

    A label of a patient whose truth is unknown in one table is left out of both.

    Args:
        baseline: As `read_predictions` returns it.
        run: The table to compare with it.
        level: The rows to look at.
        names: What error messages call the two.

    Raises:
        DataError: If a table has no rows of this level, if the two share no patient or no label, or
            if they disagree about the truth of a patient.
    """
    first, second = (_of_level(table, level, name) for table, name in zip((baseline, run), names, strict=True))
    labels = set(first["label"]) & set(second["label"])
    if not labels:
        had = " and ".join(
            f"{name} predicts {', '.join(sorted(set(rows['label']), key=declared_order))}"
            for name, rows in zip(names, (first, second), strict=True)
        )
        raise DataError(f"{had}: they have no label in common, so there is nothing to compare.")
    in_first, in_second = set(first["patient_id"]), set(second["patient_id"])
    if not in_first & in_second:
        raise DataError(
            f"{names[0]} and {names[1]} have no test patient in common; compare runs that tested the same patients."
        )
    units = _common_units(_truths(first, names[0]), _truths(second, names[1]), level, names)
    kept_first, kept_second = (_rows_of(rows, units) for rows in (first, second))
    return SharedPredictions(
        baseline=kept_first,
        run=kept_second,
        labels=tuple(sorted(set(units.get_level_values("label")), key=declared_order)),
        patients=tuple(sorted(set(units.get_level_values("patient_id")))),
        only_in_baseline=len(in_first - in_second),
        only_in_run=len(in_second - in_first),
        labels_in_one=tuple(sorted(set(first["label"]) ^ set(second["label"]), key=declared_order)),
    )


def _of_level(table: pd.DataFrame, level: Level, name: str) -> pd.DataFrame:
    rows = table[table["level"] == level]
    if rows.empty:
        raise DataError(f"{name} has no predictions per {level}; compare at another level.")
    return rows


def _truths(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return the known truth of every patient (and recording) and label, the same in all repeats."""
    known = rows.dropna(subset=["truth"]).groupby(_UNIT)["truth"]
    lowest, highest = known.min(), known.max()
    contradicted = lowest.index[lowest != highest]
    if len(contradicted):
        patient, _, label = contradicted[0]
        raise DataError(
            f"{name} contradicts itself: the truth of {label} for {patient} is 0 in one repeat and 1 in another. "
            "Train again, or correct predictions.csv."
        )
    return lowest


def _common_units(first: pd.Series[float], second: pd.Series[float], level: Level, names: tuple[str, str]) -> pd.Index:
    units = first.index.intersection(second.index)
    if not len(units):
        raise DataError(
            f"{names[0]} and {names[1]} share patients, but no {level} whose truth both know for a common label; "
            "compare runs on the same data."
        )
    differing = units[(first[units] != second[units]).to_numpy()]
    if len(differing):
        patient, _, label = differing[0]
        more = f" (and {len(differing) - 1} more)" if len(differing) > 1 else ""
        raise DataError(
            f"{names[0]} and {names[1]} disagree about the truth of {label} for {patient}{more}: they were made from "
            "different data. Compare runs on the same data."
        )
    return units


def _rows_of(rows: pd.DataFrame, units: pd.Index) -> pd.DataFrame:
    is_shared = pd.MultiIndex.from_frame(rows[_UNIT]).isin(units)
    kept = rows[is_shared & rows["truth"].notna().to_numpy()]
    return kept.sort_values(["repeat", *_UNIT], ignore_index=True)
