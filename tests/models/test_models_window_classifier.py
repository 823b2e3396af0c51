"""A head with all it needs to tell the windows of a table apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.models import HeadNetwork, LinearHead, MlpHead, Standardiser
from heartprobe.models.window_classifier import WindowClassifier
from separable_sounds import make_patients, make_recordings, make_table

RECORDINGS = make_recordings(make_patients(4))
#: Two layers of three columns; sixteen windows.
TABLE = make_table(RECORDINGS, ["N", "AS"], width=3)
AGE = DemographicsEncoder(("age",), {}, (40.0,), (10.0,))


def head(width: int) -> LinearHead:
    """Log odds are the sum of all columns."""
    return LinearHead(("N",), Standardiser(np.zeros(width), np.ones(width)), np.ones((1, width)), np.zeros(1))


def test_it_reads_its_layer() -> None:
    probabilities = WindowClassifier(head(3), 1, None).predict(TABLE, {})
    assert np.allclose(probabilities[:, 0], expit(TABLE.layer(1).sum(axis=1)), atol=1e-6)


def test_demographics_stand_behind_the_features() -> None:
    """The first patient is 30 years old, one deviation below the mean."""
    without = WindowClassifier(head(3), 0, None).predict(TABLE, {})
    told = WindowClassifier(head(4), 0, AGE).predict(TABLE, RECORDINGS.patients)
    assert np.allclose(np.log(told[0] / (1 - told[0])), np.log(without[0] / (1 - without[0])) - 1, atol=1e-6)


def test_all_hidden_states_stand_side_by_side() -> None:
    columns = np.concatenate([TABLE.layer(0), TABLE.layer(1)], axis=1)
    probabilities = WindowClassifier(head(6), "all", None).predict(TABLE, {})
    assert np.allclose(probabilities, head(6).probabilities(columns), atol=1e-12)


@pytest.mark.parametrize("layer", [0, "all"])
def test_some_windows_get_the_probabilities_that_they_have_among_all(layer: int) -> None:
    """To the last bit, and none gets none."""
    classifier = WindowClassifier(head(7 if layer == "all" else 4), layer, AGE)
    rows = np.array([9, 2])
    assert (
        classifier.predict(TABLE, RECORDINGS.patients, rows) == classifier.predict(TABLE, RECORDINGS.patients)[rows]
    ).all()
    assert classifier.predict(TABLE, RECORDINGS.patients, rows[:0]).shape == (0, 1)


def test_features_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="the features have 3 columns, but the head reads 6"):
        WindowClassifier(head(6), 0, None).predict(TABLE, {})


def test_a_network_cannot_read_all_hidden_states() -> None:
    network = MlpHead(("N",), Standardiser(np.zeros(6), np.ones(6)), HeadNetwork(6, 1, "binary", 0.0))
    with pytest.raises(ValueError, match="a head of the kind 'mlp' cannot read all hidden states"):
        WindowClassifier(network, "all", None)
