"""Early stopping."""

from __future__ import annotations

from heartprobe.training.best_epoch import BestEpoch
from heartprobe.training.patient_score import Score


def test_it_keeps_the_best_epoch_and_stops_after_the_patience() -> None:
    """The best comes second; two epochs without a gain end a training of patience two."""
    best = BestEpoch(patience=2, min_delta=0.01)
    told = [best.tell(i, Score(auroc, 1.0)) for i, auroc in enumerate([0.7, 0.8, 0.805], start=1)]
    assert told == [True, True, False]
    assert not best.is_over
    assert best.tell(4, Score(0.6, 1.0)) is False
    assert best.is_over
    assert best.epoch == 2
    assert best.score == Score(0.8, 1.0)


def test_many_small_gains_add_up_to_a_better_epoch() -> None:
    """A gain is measured against the best epoch, not against the last."""
    best = BestEpoch(patience=10, min_delta=0.01)
    told = [best.tell(i, Score(auroc, 1.0)) for i, auroc in enumerate([0.7, 0.706, 0.712], start=1)]
    assert told == [True, False, True]


def test_before_the_first_epoch_nothing_is_best() -> None:
    assert BestEpoch(patience=3, min_delta=0.0).epoch == 0
