"""Training the original's networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heartprobe.config.schema import Config
from heartprobe.errors import TrainingError
from heartprobe.progress import SilentProgress
from heartprobe.training.mlp import MlpFit, Part, fit_mlp
from heartprobe.training.window_rows import WindowRows
from listener import Listener
from separable_sounds import make_config, make_patients, make_recordings, make_table

RECORDINGS = make_recordings(make_patients(32))
TABLE = make_table(RECORDINGS, ["N", "AS"])
IDS = list(RECORDINGS.patients)


def part(patients: list[str], labels: tuple[str, ...]) -> Part:
    rows = WindowRows.of(TABLE, RECORDINGS, patients, labels)
    return Part(rows, TABLE.layer(1)[rows.rows])


def fit(config: Config, *, n_training: int = 20) -> MlpFit:
    training, validation = part(IDS[:n_training], config.labels), part(IDS[20:], config.labels)
    return fit_mlp(training, validation, config, name="Test", progress=SilentProgress())


@pytest.mark.parametrize("multi_label", [True, False])
def test_it_learns_what_the_features_tell(*, multi_label: bool) -> None:
    """On patients it did not see, for both of the original's tasks."""
    result = fit(make_config(training__multi_label=multi_label, training__epochs=15))
    assert result.head.network.task == ("multi-label" if multi_label else "binary")
    assert result.best.score is not None
    assert (result.best.score.auroc or 0) > 0.9
    assert result.history[-1]["train_loss"] < 0.7 * result.history[0]["train_loss"]


def test_the_same_seed_gives_the_same_head_and_another_seed_another() -> None:
    def tensors(seed: int) -> dict[str, torch.Tensor]:
        return fit(make_config(training__epochs=3, training__random_seed=seed)).head.tensors()

    first, again, other = tensors(1), tensors(1), tensors(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["network.classifier.1.weight"], other["network.classifier.1.weight"])


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    fit(make_config(training__epochs=2))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_training_stops_early_and_the_best_epoch_is_kept() -> None:
    """Nothing counts as better than the first epoch, so that this is what a one-epoch training gives."""
    patient = make_config(
        training__epochs=50, training__early_stopping__patience=2, training__early_stopping__min_delta=10.0
    )
    stopped = fit(patient)
    assert (stopped.best.epoch, stopped.best.last, len(stopped.history)) == (1, 3, 3)
    one = fit(make_config(training__epochs=1)).head.tensors()
    assert all(torch.equal(value, one[name]) for name, value in stopped.head.tensors().items())


def test_the_learning_rate_falls_when_the_score_stands_still() -> None:
    """Patience 0 and a factor of a half: after each epoch that is not better, half of the rate."""
    config = make_config(
        training__epochs=12,
        training__learning_rate=1e-4,
        training__scheduler__patience=0,
        training__scheduler__factor=0.5,
    )
    history = fit(config).history
    best, expected = -1.0, 1e-4
    for record in history:
        assert record["learning_rate"] == pytest.approx(expected)
        # torch counts a relative gain of less than 1e-4 as none.
        if record["validation_auroc"] > best * (1 + 1e-4):
            best = record["validation_auroc"]
        else:
            expected *= 0.5
    assert expected < 1e-4


def test_order_of_windows_is_kept_where_shuffling_is_off() -> None:
    """Without shuffling and dropout the batches alone decide: another seed changes only the initial weights."""
    shuffled, ordered = (
        make_config(training__epochs=1),
        make_config(training__epochs=1, data_loading__shuffle_train=False),
    )
    assert fit(shuffled).history[0]["train_loss"] != fit(ordered).history[0]["train_loss"]


def test_a_single_window_left_over_joins_the_batch_before_it() -> None:
    """Batch normalisation could not work on it: 4 windows per patient, 80 of them in batches of 79."""
    result = fit(make_config(training__epochs=1, training__batch_size=79))
    assert np.isfinite(result.history[0]["train_loss"])


def test_batches_of_one_window_are_refused_for_batch_normalisation_only() -> None:
    with pytest.raises(TrainingError, match=r"training\.batch_size is 1"):
        fit(make_config(training__batch_size=1))
    binary = make_config(training__batch_size=1, training__epochs=1, training__multi_label=False)
    assert len(fit(binary, n_training=4).history) == 1


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    training = part(IDS[:20], ("N", "AS"))
    training.features[0] = np.nan
    config = make_config(training__epochs=2)
    with pytest.raises(TrainingError, match=r"training loss is nan in epoch 1\. Lower training\.learning_rate"):
        fit_mlp(training, part(IDS[20:], config.labels), config, name="Test", progress=SilentProgress())


def test_progress_is_told_of_the_epochs_that_the_settings_name() -> None:
    """Each of the first two, then every fifth, and the best at the end."""
    config = make_config(
        training__epochs=11,
        training__early_stopping__patience=50,
        logging__print_frequency=5,
        logging__early_epochs_print=2,
    )
    listener = Listener()
    fit_mlp(part(IDS[:20], config.labels), part(IDS[20:], config.labels), config, name="Test", progress=listener)
    assert [note.split(":")[1].split()[1] for note in listener.notes[:-1]] == ["1", "2", "5", "10"]
    assert listener.notes[-1].startswith("Test: best epoch ")
    assert listener.tasks[0].done == 11
