"""Deciding for a place that nobody has been to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.decisions.balanced import balanced_weights, fit_balanced_decider
from heartprobe.decisions.decider import Decider
from heartprobe.errors import TrainingError
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities


def recorded(cases: list[tuple[str, int, float]]) -> tuple[RecordingSet, WindowProbabilities]:
    """Return one recording per case of site, N and P(abnormal); no file is ever read."""
    patients = {
        f"p{i:04d}": Patient(f"p{i:04d}", {"N": normal}, site=site) for i, (site, normal, _) in enumerate(cases)
    }
    recordings = RecordingSet("made-up", tuple(Recording(p, p, Path("none.wav")) for p in patients), patients)
    probabilities = np.array([[1 - abnormal] for *_, abnormal in cases])
    return recordings, WindowProbabilities(tuple(patients), probabilities)


def fit(cases: list[tuple[str, int, float]], largest_error: float = 0.3) -> Decider:
    recordings, windows = recorded(cases)
    return fit_balanced_decider(windows, recordings, ("N",), largest_error=largest_error)


def drawn(rng: np.random.Generator, site: str, n_normal: int, n_abnormal: int) -> list[tuple[str, int, float]]:
    """Return cases whose P(abnormal) would be right where half are abnormal: log odds of ±1 with a variance of 2."""
    values = [(1, v) for v in rng.normal(-1, np.sqrt(2), n_normal)]
    values += [(0, v) for v in rng.normal(1, np.sqrt(2), n_abnormal)]
    return [(site, normal, float(expit(v))) for normal, v in values]


def test_each_class_of_each_site_counts_the_same() -> None:
    """By hand: four cells of 1, 2, 1 and 4 cases share eight."""
    truth = np.array([1.0, 0, 0, 1, 0, 0, 0, 0])
    sites = np.array(["a", "a", "a", "b", "b", "b", "b", "b"])
    assert balanced_weights(truth, sites).tolist() == [2, 1, 1, 2, 0.5, 0.5, 0.5, 0.5]


def test_share_of_the_sick_and_size_of_a_site_move_nothing(rng: np.random.Generator) -> None:
    """Nine of ten abnormal at one large site: the line stays that of half and half, and a half the threshold."""
    level = fit([*drawn(rng, "a", 400, 3600), *drawn(rng, "b", 300, 100)]).labels["N"].patients
    assert level.calibration.slope == pytest.approx(1, abs=0.08)
    assert level.calibration.intercept == pytest.approx(0, abs=0.08)
    assert level.threshold.value == 0.5
    assert level.calibration.prevalence == 0.5


def test_a_model_too_sure_of_itself_is_toned_down(rng: np.random.Generator) -> None:
    """Log odds three times too large get a third of the slope."""
    cases = [(site, normal, float(expit(3 * logit(p)))) for site, normal, p in drawn(rng, "a", 2000, 2000)]
    assert fit(cases).labels["N"].patients.calibration.slope == pytest.approx(1 / 3, abs=0.03)


def test_outside_the_band_no_more_are_wrong_than_asked_for(rng: np.random.Generator) -> None:
    """Counted by site and class, and the band is needed."""
    cases = [*drawn(rng, "a", 50, 450), *drawn(rng, "b", 80, 40)]
    recordings, windows = recorded(cases)
    decider = fit_balanced_decider(windows, recordings, ("N",), largest_error=0.15)
    answers = decider.recordings(windows.probabilities)
    truth = np.array([float(normal == 0) for _, normal, _ in cases])
    weights = balanced_weights(truth, np.array([site for site, *_ in cases]))
    is_wrong = answers.is_declared[:, 0] != (truth == 1)
    is_decided = ~answers.is_near[:, 0]
    assert (weights * is_wrong).sum() / weights.sum() > 0.15
    assert (weights * is_wrong)[is_decided].sum() / weights[is_decided].sum() <= 0.15
    assert 0.3 < is_decided.mean() < 1


def test_too_few_are_refused() -> None:
    """Four normal ones cannot tell anything."""
    with pytest.raises(TrainingError, match="How to decide about N cannot be chosen: of the validation patients 20"):
        fit([*[("a", 1, 0.2)] * 4, *[("a", 0, 0.8)] * 20])


def test_an_order_the_wrong_way_round_is_not_turned() -> None:
    """The slope stays positive, and the reason is kept."""
    calibration = fit([*[("a", 1, 0.8)] * 10, *[("a", 0, 0.2)] * 10]).labels["N"].patients.calibration
    assert calibration.slope == 0.01
    assert calibration.reason == "those with the finding have no higher probabilities than the others"
