"""Which windows are learned from, and how much each counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heartprobe.data.recordings import Patient
from heartprobe.errors import TrainingError
from heartprobe.training.window_rows import WindowRows, row_shares, target_weights
from separable_sounds import make_patients, make_recordings, make_table

NAN = float("nan")


def test_the_windows_of_a_recording_share_one_unit() -> None:
    assert row_shares(["a", "b", "b", "c", "b"]).tolist() == [1.0, 1 / 3, 1 / 3, 1.0, 1 / 3]


def test_class_weights_are_those_of_the_original_in_recordings() -> None:
    """That is n / (2 n_class): of four recordings one is positive, so that it counts 2 and the others 2/3."""
    targets = np.array([[1.0], [1.0], [0.0], [0.0], [0.0]])
    weights = target_weights(targets, ["a", "a", "b", "c", "d"], class_weights=True)
    assert np.allclose(weights[:, 0], [1.0, 1.0, 2 / 3, 2 / 3, 2 / 3])


def test_without_class_weights_every_recording_counts_the_same() -> None:
    targets = np.array([[1.0], [1.0], [0.0]])
    assert target_weights(targets, ["a", "a", "b"], class_weights=False)[:, 0].tolist() == [0.5, 0.5, 1.0]


def test_unknown_targets_do_not_count_and_do_not_change_the_balance_of_others() -> None:
    targets = np.array([[1.0, NAN], [0.0, 1.0], [NAN, 0.0], [0.0, 0.0]])
    weights = target_weights(targets, ["a", "b", "c", "d"], class_weights=True)
    assert np.allclose(weights, [[1.5, 0.0], [0.75, 1.5], [0.0, 0.75], [0.75, 0.75]])


def test_a_label_with_one_class_keeps_its_weights() -> None:
    assert target_weights(np.ones((2, 1)), ["a", "b"], class_weights=True).tolist() == [[1.0], [1.0]]


def test_patients_without_any_known_label_have_no_rows() -> None:
    """One label known is enough; its other label stays unknown."""
    patients = make_patients(4)
    patients["P001"] = Patient("P001", {"N": None, "AS": None})
    patients["P002"] = Patient("P002", {"N": None, "AS": 1})
    recordings = make_recordings(patients, per_patient=1)
    rows = WindowRows.of(make_table(recordings, ["N", "AS"]), recordings, ["P001", "P002", "P003"], ["N", "AS"])
    assert rows.rows.tolist() == [4, 5, 6, 7]
    assert rows.patient_ids.tolist() == ["P002", "P002", "P003", "P003"]
    assert np.isnan(rows.targets[:, 0]).tolist() == [True, True, False, False]
    assert rows.targets[:, 1].tolist() == [1.0, 1.0, 1.0, 1.0]


def test_a_label_that_shows_one_class_is_named() -> None:
    recordings = make_recordings(make_patients(4))
    rows = WindowRows.of(make_table(recordings, ["N", "AS"]), recordings, ["P002", "P003"], ["N", "AS"])
    assert rows.has_both_classes().tolist() == [True, False]
    with pytest.raises(TrainingError, match="Label AS cannot be learned: it is 0 for none of the 2 training patients"):
        rows.require_both_classes(["N", "AS"])


def test_no_rows_at_all_point_to_the_audit() -> None:
    recordings = make_recordings(make_patients(2))
    table = make_table(replace(recordings, recordings=()), ["N"])
    with pytest.raises(TrainingError, match=r"nothing to train on.*heartprobe data check"):
        WindowRows.of(table, recordings, recordings.patient_ids, ["N"]).require_both_classes(["N"])


def test_sites_of_a_class_share_its_weight() -> None:
    """Class 1: three recordings at a, one at b, 2 each. Class 0: one recording at a only. Both classes come to 2.5."""
    targets = np.array([[1.0], [1.0], [1.0], [1.0], [0.0]])
    weights = target_weights(targets, list("rstuv"), class_weights=True, sites=["a", "a", "a", "b", "a"])[:, 0]
    assert np.allclose(weights, [1.25 / 3] * 3 + [1.25, 2.5])
    natural = target_weights(targets, list("rstuv"), class_weights=False, sites=["a", "a", "a", "b", "a"])[:, 0]
    assert np.allclose(natural, [2 / 3] * 3 + [2.0, 1.0])


def test_long_recordings_of_a_site_count_no_more_than_short_ones() -> None:
    """Site a: one recording of two windows; site b: two recordings of one window."""
    targets = np.array([[1.0], [1.0], [1.0], [1.0]])
    weights = target_weights(targets, list("rrst"), class_weights=False, sites=["a", "a", "b", "b"])
    assert np.allclose(weights[:, 0], 0.75)


def test_an_unknown_label_counts_nothing_at_any_site() -> None:
    """Site b knows nothing of the second label, and takes no weight of it away from site a."""
    targets = np.array([[1.0, 1.0], [0.0, 0.0], [1.0, np.nan], [0.0, np.nan]])
    weights = target_weights(targets, list("rstu"), class_weights=True, sites=["a", "a", "b", "b"])
    assert np.allclose(weights, [[1, 1], [1, 1], [1, 0], [1, 0]])


def test_one_site_changes_no_bit() -> None:
    targets = np.array([[1.0], [0.0], [1.0], [0.0], [1.0]])
    plain = target_weights(targets, list("rsttu"), class_weights=True)
    assert np.array_equal(target_weights(targets, list("rsttu"), class_weights=True, sites=["a"] * 5), plain)
