"""The score that every choice in training is made on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heartprobe.training.patient_score import PatientOutcomes, Score, score_within_sites
from heartprobe.training.window_rows import WindowRows

NAN = float("nan")


def rows(patients: str, recordings: str, targets: list[list[float]]) -> WindowRows:
    """One letter per window for its patient and its recording."""
    return WindowRows(
        rows=np.arange(len(patients)),
        recording_ids=np.array(list(recordings)),
        patient_ids=np.array(list(patients)),
        targets=np.asarray(targets, dtype=float),
        sites=np.array(["here"] * len(patients)),
    )


def test_windows_are_averaged_to_recordings_and_those_to_patients() -> None:
    """A recording of three windows counts no more than one of a single window."""
    windows = rows("AAAAB", "11123", [[1.0]] * 4 + [[0.0]])
    outcomes = PatientOutcomes.of(windows, np.array([[0.9], [0.9], [0.9], [0.1], [0.3]]))
    assert np.allclose(outcomes.probabilities, [[0.5], [0.3]])
    assert outcomes.targets.tolist() == [[1.0], [0.0]]


def test_the_auroc_is_the_mean_over_the_labels_for_which_it_exists() -> None:
    """The first label ranks 3 of 4 pairs rightly, the second shows one class only."""
    windows = rows("ABCD", "1234", [[1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]])
    probabilities = np.array([[0.8, 0.5], [0.6, 0.5], [0.5, 0.5], [0.1, 0.5]])
    outcomes = PatientOutcomes.of(windows, probabilities)
    assert outcomes.auroc()[0] == 0.75
    assert np.isnan(outcomes.auroc()[1])
    assert outcomes.score().auroc == 0.75


def test_there_is_no_auroc_where_no_label_shows_both_classes() -> None:
    score = PatientOutcomes.of(rows("AB", "12", [[1.0], [1.0]]), np.array([[0.8], [0.5]])).score()
    assert score.auroc is None
    assert score.loss == pytest.approx(-(np.log(0.8) + np.log(0.5)) / 2)


def test_what_is_unknown_or_could_not_be_predicted_does_not_count() -> None:
    windows = rows("ABCD", "1234", [[1.0], [0.0], [NAN], [0.0]])
    score = PatientOutcomes.of(windows, np.array([[0.8], [0.4], [0.9], [NAN]])).score()
    assert score.auroc == 1.0
    assert score.loss == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)


@pytest.mark.parametrize(
    ("new", "old", "is_better"),
    [
        (Score(0.9, 5.0), Score(0.8, 0.1), True),
        (Score(0.8, 0.1), Score(0.9, 5.0), False),
        (Score(1.0, 0.1), Score(1.0, 0.2), True),
        (Score(1.0, 0.2), Score(1.0, 0.1), False),
        (Score(0.9005, 0.2), Score(0.9, 0.2), False),
        (Score(None, 0.1), Score(None, 0.2), True),
        (Score(None, 0.1999), Score(None, 0.2), False),
    ],
)
def test_the_auroc_decides_and_the_loss_breaks_ties(new: Score, old: Score, *, is_better: bool) -> None:
    """Gains below `min_delta` are none."""
    assert new.is_better_than(old, min_delta=0.001) is is_better


def test_patients_of_different_sites_are_not_compared() -> None:
    """Each site ranks its two patients rightly (1.0), though all of b lie above all of a; pooled it is 0.75."""
    windows = replace(rows("ABCD", "1234", [[0.0], [1.0], [0.0], [1.0]]), sites=np.array(list("aabb")))
    probabilities = np.array([[0.1], [0.2], [0.8], [0.9]])
    assert PatientOutcomes.of(windows, probabilities).score().auroc == 0.75
    assert score_within_sites(windows, probabilities).auroc == 1.0
    assert score_within_sites(windows, probabilities).loss == PatientOutcomes.of(windows, probabilities).log_loss()


def test_sites_that_show_one_class_only_are_left_out_of_the_score() -> None:
    """Site a ranks 1 of 1 pairs rightly; b has nobody to compare."""
    windows = replace(rows("ABCD", "1234", [[0.0], [1.0], [1.0], [1.0]]), sites=np.array(list("aabb")))
    assert score_within_sites(windows, np.array([[0.1], [0.2], [0.0], [0.0]])).auroc == 1.0
    only_b = replace(windows, targets=np.ones((4, 1)))
    assert score_within_sites(only_b, np.array([[0.1], [0.2], [0.0], [0.0]])).auroc is None


def test_one_site_is_scored_as_ever() -> None:
    windows = rows("ABCD", "1234", [[0.0], [1.0], [1.0], [0.0]])
    probabilities = np.array([[0.1], [0.2], [0.6], [0.5]])
    assert score_within_sites(windows, probabilities) == PatientOutcomes.of(windows, probabilities).score()
