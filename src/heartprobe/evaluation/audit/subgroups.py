"""How well the model does in each group of patients, or of recordings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from heartprobe.evaluation.audit.partitions import UNKNOWN, Partition
from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.entries import JSONObject, metric_entry, undefined
from heartprobe.evaluation.metrics.measured import Measured, declared_order, outcomes_of

#: With fewer patients of a class, one of them moves the AUROC by up to a quarter, and the exact interval of a rate
#: (4 of 4: 0.40 to 1) tells next to nothing. The group is shown, with its number, and without an AUROC.
FEWEST_OF_CLASS: Final = 5


def measure_groups(predictions: pd.DataFrame, partition: Partition, *, seed: int, draws: int) -> JSONObject:
    """Return AUROC, sensitivity and specificity of every label in every group.

    Args:
        predictions: As `read_predictions` returns them.
        partition: The groups; it knows every patient, or recording, that was tested.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `by`, `level`, `title`, and `groups` or the `reason` why there is nothing to compare.
    """
    about = {"by": partition.by, "level": partition.level, "title": partition.title}
    rows = predictions[predictions["level"] == partition.level]
    groups = rows["patient_id" if partition.level == "patient" else "recording_id"].map(partition.group_of)
    present = [group for group in partition.groups if (groups == group).any()]
    if len(present) < 2:
        return {**about, "reason": _why_nothing(partition, present)}
    return {
        **about,
        "groups": [
            {"group": group, **_measure(rows[(groups == group).to_numpy()], partition, seed=seed, draws=draws)}
            for group in present
        ],
    }


def _why_nothing(partition: Partition, present: Iterable[str]) -> str:
    group = next(iter(present), None)
    if group is None:
        return f"nothing was tested per {partition.level}"
    if group == UNKNOWN:
        return f"it is unknown for every tested {partition.level}"
    return f"all tested {partition.level}s are of one group: {group}"


def _measure(rows: pd.DataFrame, partition: Partition, *, seed: int, draws: int) -> dict[str, Any]:
    patients = sorted(rows["patient_id"].unique())
    resamples = Resamples.of(len(patients), draws=draws, seed=seed)
    owners = np.asarray(rows["patient_id"].map({patient: i for i, patient in enumerate(patients)}), dtype=np.intp)
    repeats = sorted(rows["repeat"].unique())
    labels = sorted(rows["label"].unique(), key=declared_order)
    measured = {
        label: Measured.of(
            label,
            f"{partition.level}s of this group",
            [outcomes_of(rows, owners, repeat, label) for repeat in repeats],
            resamples,
        )
        for label in labels
    }
    return {
        "patients": len(patients),
        "units": len(rows[["patient_id", "recording_id"]].drop_duplicates()),
        "labels": {label: _label(of_label, partition) for label, of_label in measured.items()},
    }


def _label(measured: Measured, partition: Partition) -> JSONObject:
    # Recordings of a patient are no independent trials: nothing is exact there.
    is_exact = partition.level == "patient"
    cells = measured.confusion()
    sides = {"with_finding": cells["tp"] + cells["fn"], "without_finding": cells["tn"] + cells["fp"]}
    rates = {name: metric_entry(measured, name, is_exact=is_exact) for name in ("sensitivity", "specificity")}
    few = _too_few(measured)
    auroc = metric_entry(measured, "auroc", is_exact=is_exact) if few is None else undefined(few)
    return {**sides, "auroc": auroc, **rates}


def _too_few(measured: Measured) -> str | None:
    """Return why a group shows both sides of a label too rarely for a ranking to tell anything."""
    outcomes = measured.repeats[0]
    n_ill = len(np.unique(outcomes.owner[outcomes.truth == outcomes.finding]))
    n_well = len(np.unique(outcomes.owner[outcomes.truth != outcomes.finding]))
    if not n_ill or not n_well or min(n_ill, n_well) >= FEWEST_OF_CLASS:
        return None  # Where a side is missing altogether, the metric itself says so.
    return f"{n_ill} patients of this group have the finding and {n_well} have not: too few to rank"
