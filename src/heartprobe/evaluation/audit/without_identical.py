"""What the patients whose sound stands under several names do to the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from heartprobe.data.identical import SameSound, same_sounds
from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.audit.aurocs import patient_aurocs
from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.entries import JSONObject, difference_entry, undefined
from heartprobe.evaluation.metrics.measured import Measured, declared_order, outcomes_of


def identical_recordings(
    predictions: pd.DataFrame, recordings: RecordingSet, sounds: Mapping[str, str], *, seed: int, draws: int
) -> JSONObject:
    """Return which sounds stand under several names, and the AUROC without their patients.

    Args:
        predictions: As `read_predictions` returns them.
        recordings: Everything that was learned from or tested.
        sounds: SHA-256 of the samples by recording id.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        Counts, the `groups`, `without` and the paired `difference`, without these patients minus
        with them; or the `reason` why there is nothing to tell.
    """
    same = same_sounds(recordings, sounds)
    if not same:
        return {"reason": f"no two of the {len(sounds)} recordings have the same sound"}
    across = Counter(sound.across for sound in same)
    concerned = {patient for sound in same for patient in sound.patient_ids}
    return {
        "sounds": len(same),
        "recordings": sum(len(sound.recording_ids) for sound in same),
        "patients": len(concerned),
        "across_patients": len(same) - across["nothing"],
        "across_sites": across["sites"] + across["data sets"],
        "across_data_sets": across["data sets"],
        "contradicting": sum(bool(sound.contradicting) for sound in same),
        "groups": [_group(sound) for sound in same],
        **_without(predictions, concerned, seed=seed, draws=draws),
    }


def _group(sound: SameSound) -> JSONObject:
    return {"recordings": list(sound.recording_ids), "patients": list(sound.patient_ids), "across": sound.across}


def _without(predictions: pd.DataFrame, concerned: Collection[str], *, seed: int, draws: int) -> JSONObject:
    """Return the AUROC without some patients, and how far it is from that with them."""
    rows = predictions[predictions["level"] == "patient"]
    is_kept = ~rows["patient_id"].isin(concerned)
    if is_kept.all() or not is_kept.any():
        reason = {"reason": f"{'none' if is_kept.all() else 'all'} of the tested patients are concerned"}
        return {"without": reason, "difference": reason}
    left_out = int(rows["patient_id"][~is_kept].nunique())
    return {
        "without": {"patients": left_out, **patient_aurocs(rows[is_kept], seed=seed, draws=draws)},
        "difference": _differences(rows, concerned, Resamples.of(rows["patient_id"].nunique(), draws=draws, seed=seed)),
    }


def _differences(rows: pd.DataFrame, concerned: Collection[str], everybody: Resamples) -> JSONObject:
    """Measure the same draws of all patients with and without those concerned."""
    patients = sorted(rows["patient_id"].unique())
    is_kept = np.array([patient not in concerned for patient in patients], dtype=np.float64)
    kept = Resamples(everybody.weights * is_kept[:, np.newaxis], everybody.draws)
    with_all, without = _measured(rows, patients, everybody), _measured(rows, patients, kept)
    return {
        "labels": {label: _difference([with_all[label]], [without[label]]) for label in with_all},
        "macro": _difference(list(with_all.values()), list(without.values())),
    }


def _measured(rows: pd.DataFrame, patients: Sequence[str], resamples: Resamples) -> dict[str, Measured]:
    owners = np.asarray(rows["patient_id"].map({patient: i for i, patient in enumerate(patients)}), dtype=np.intp)
    repeats = sorted(rows["repeat"].unique())
    return {
        label: Measured.of(
            label, "patients", [outcomes_of(rows, owners, repeat, label) for repeat in repeats], resamples
        )
        for label in sorted(rows["label"].unique(), key=declared_order)
    }


def _difference(with_all: Sequence[Measured], without: Sequence[Measured]) -> JSONObject:
    """Return the change of the AUROC, or of its mean over the labels that define it both ways."""
    columns = [(a.mean("auroc"), b.mean("auroc")) for a, b in zip(with_all, without, strict=True)]
    defined = [after - before for before, after in columns if not np.isnan(before[0] + after[0])]
    if not defined:
        return undefined("the AUROC is undefined with or without these patients")
    return difference_entry(np.mean(defined, axis=0), with_all[0].resamples, max(m.n("brier") for m in without))
