"""The section `audit` of `report.json`: what else than the heart a model may go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.audit.empty_cells import cell_entries, cell_sentences, empty_cells
from heartprobe.evaluation.audit.partitions import partitions
from heartprobe.evaluation.audit.posture import posture_difference
from heartprobe.evaluation.audit.sentences import audit_sentences
from heartprobe.evaluation.audit.site_table import site_table
from heartprobe.evaluation.audit.subgroups import measure_groups
from heartprobe.evaluation.audit.with_demographics import with_demographics
from heartprobe.evaluation.audit.without_identical import identical_recordings
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.labels import NORMAL


def confounder_audit(
    report: Mapping[str, Any],
    predictions: pd.DataFrame,
    recordings: RecordingSet,
    sounds: Mapping[str, str],
    *,
    companion: pd.DataFrame | str,
    site_probe: Mapping[str, Any],
    seed: int,
    draws: int,
) -> JSONObject:
    """Return what the audit measured, and in `sentences` what a reader must know of it.

    Args:
        report: The report so far; `task`, `levels`, `demographics_only` and `sites` are looked at.
        predictions: As `read_predictions` returns them.
        recordings: Everything that was learned from or tested.
        sounds: SHA-256 of the samples by recording id.
        companion: Predictions of the same model with demographics where this one hears only, and
            without where it is told them; or the reason why there are none.
        site_probe: What `heartprobe.training.site_probe` returned, or `{"reason": ...}`.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
    """
    statistics = {"seed": seed, "draws": draws}
    labels = report["task"]["labels"]
    is_told = bool(report["task"].get("demographics"))
    cells = empty_cells(recordings, labels)
    audit: JSONObject = {
        "with_demographics": with_demographics(predictions, companion, is_told=is_told, **statistics),
        "subgroups": [
            measure_groups(predictions, partition, **statistics)
            for partition in partitions(recordings)
            if partition.by != "heart" or set(labels) != {NORMAL}  # Nothing else is asked of normal and abnormal.
        ],
        "posture_difference": posture_difference(predictions, recordings, **statistics),
        "empty_cells": cell_entries(cells),
        "cell_sentences": cell_sentences(cells),
        "sites": site_table(recordings, labels),
        "site_probe": dict(site_probe),
        "identical": identical_recordings(predictions, recordings, sounds, **statistics),
    }
    return {"sentences": audit_sentences({**report, "audit": audit}), **audit}
