from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from heartprobe.data.recordings import Demographics, Patient
from heartprobe.errors import BundleError, ConfigError
from heartprobe.features.demographics import DemographicsEncoder

ENCODING = {"M": 1.0, "F": 0.0, "U": 1.0, "R": 0.0}
FIELDS = ("age", "sex", "smoker", "lives")


def patient(name: str, age: float | None, sex: str | None, smoker: bool | None, lives: str | None) -> Patient:
    return Patient(name, {}, Demographics(age, sex, smoker, lives))


TRAINING = [
    patient("a", 20, "M", True, "U"),
    patient("b", 40, "F", False, "U"),
    patient("c", 60, "M", False, None),
    patient("d", None, "F", None, "R"),
]


def test_normalised_on_the_training_patients() -> None:
    """Age: mean 40, deviation sqrt((400 + 0 + 400) / 3) = 16.32993. Sex: mean and deviation 1/2."""
    encoder = DemographicsEncoder.fit(TRAINING, FIELDS, ENCODING)
    assert encoder.mean == pytest.approx((40, 0.5, 1 / 3, 2 / 3))
    assert encoder.std == pytest.approx((16.32993, 0.5, 0.4714045, 0.4714045))
    rows = encoder.transform([patient("new", 56.32993, "F", True, "U")])
    assert rows.dtype == np.float32
    assert rows.tolist() == [pytest.approx([1, -1, 1.4142136, 0.7071068], abs=1e-6)]


def test_training_rows_have_zero_mean_and_unit_variance() -> None:
    rows = DemographicsEncoder.fit(TRAINING[:2], FIELDS[:3], ENCODING).transform(TRAINING[:2])
    assert rows.tolist() == [[-1, 1, 1], [1, -1, -1]]


def test_unknown_is_the_mean_of_the_training_patients() -> None:
    encoder = DemographicsEncoder.fit(TRAINING, FIELDS, ENCODING)
    assert encoder.transform([patient("?", None, None, None, None)]).tolist() == [[0, 0, 0, 0]]


def test_other_patients_do_not_move_the_normalisation() -> None:
    encoder = DemographicsEncoder.fit(TRAINING, FIELDS, ENCODING)
    alone = encoder.transform(TRAINING[:1])
    assert np.array_equal(encoder.transform([TRAINING[0], patient("old", 119, "F", True, "R")])[:1], alone)


def test_fields_keep_their_order_and_unused_ones_are_not_looked_at() -> None:
    """A patient with an unknown category is fine while that field is not used."""
    odd = patient("odd", 60, "X", True, "U")
    encoder = DemographicsEncoder.fit(TRAINING, ("smoker", "age"), ENCODING)
    assert encoder.transform([odd]).tolist() == [pytest.approx([1.4142136, 1.2247449])]


def test_a_constant_column_is_only_shifted() -> None:
    same = [patient("a", 30, "M", False, "U"), patient("b", 30, "M", False, "U")]
    encoder = DemographicsEncoder.fit(same, ("age", "smoker"), ENCODING)
    assert encoder.std == (1.0, 1.0)
    assert encoder.transform([patient("c", 31, "M", True, "U")]).tolist() == [[1, 1]]


def test_constant_to_rounding_is_constant() -> None:
    """Three times 0.1 has a deviation of 1e-17 in floating point, which would blow up everybody else."""
    encoder = DemographicsEncoder.fit([patient(name, 0.1, None, None, None) for name in "abc"], ("age",), ENCODING)
    assert encoder.std == (1.0,)


def test_a_column_unknown_for_all_changes_nothing() -> None:
    encoder = DemographicsEncoder.fit([patient("a", None, "M", True, "U")], ("age",), ENCODING)
    assert (encoder.mean, encoder.std) == ((0.0,), (1.0,))


def test_no_fields_make_no_columns() -> None:
    encoder = DemographicsEncoder.fit(TRAINING, (), ENCODING)
    assert encoder.transform(TRAINING).shape == (4, 0)


@pytest.mark.parametrize(("sex", "lives", "named"), [("X", "U", "sex 'X'"), ("M", "S", "lives 'S'")])
def test_a_category_without_a_number_is_named(sex: str, lives: str, named: str) -> None:
    odd = patient("P7", 50, sex, True, lives)
    with pytest.raises(ConfigError, match=f"Patient P7: demographics.encoding has no number for {named}; .*M, F, U, R"):
        DemographicsEncoder.fit([odd], FIELDS, ENCODING)
    with pytest.raises(ConfigError, match="Patient P7"):
        DemographicsEncoder.fit(TRAINING, FIELDS, ENCODING).transform([odd])


def test_through_json_it_is_the_same() -> None:
    encoder = DemographicsEncoder.fit(TRAINING, FIELDS, ENCODING)
    again = DemographicsEncoder.from_dict(json.loads(json.dumps(encoder.as_dict())))
    assert again == encoder
    assert np.array_equal(again.transform(TRAINING), encoder.transform(TRAINING))


@pytest.mark.parametrize(
    "change",
    [
        {"fields": ["age", "weight"]},
        {"mean": [1.0]},
        {"std": [1.0, 0.0]},
        {"mean": [1.0, float("nan")]},
        {"std": None},
        {"encoding": ["M"]},
        {"mean": ["old", "male"]},
    ],
)
def test_damaged_values_are_refused(change: dict[str, Any]) -> None:
    values = DemographicsEncoder.fit(TRAINING, ("age", "sex"), ENCODING).as_dict()
    with pytest.raises(BundleError, match="demographics of this model"):
        DemographicsEncoder.from_dict(values | change)
