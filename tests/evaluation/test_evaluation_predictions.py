from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartprobe.data.split import Split
from heartprobe.errors import DataError, SplitError, TableError
from heartprobe.evaluation.prediction_checks import COLUMNS
from heartprobe.evaluation.predictions import (
    patient_rows,
    prediction_rows,
    read_predictions,
    write_predictions,
)

SPLIT = Split(repeat=1, fold=2, train_only=("t",), validation_folds=(("v",),), test=("a", "b"))

ONLY_A = Split(repeat=1, fold=2, train_only=("t",), validation_folds=(("v",),), test=("a",))

HEADER = ",".join(COLUMNS)
GOOD = "0,0,patient,a,,AS,1,0.75,1"


@pytest.fixture
def recordings(recordings_with):
    """Patients a and b of two recordings; the AS of b is unknown."""
    labels = {"a": {"N": 0, "AS": 1}, "b": {"N": 1, "AS": None}, "t": {"N": 1, "AS": 0}, "v": {"N": 1, "AS": 0}}
    return recordings_with(labels, n_recordings=2)


def test_the_file_by_hand(recordings, tmp_path):
    """Windows become recordings, recordings patients; the file holds exactly these lines."""
    windows = np.array([[0.25, 0.5], [0.75, 0.5], [0.25, 1.0], [1.0, 0.0], [0.5, 0.0]])
    rows = prediction_rows(SPLIT, recordings, ("N", "AS"), windows, ["a_0", "a_0", "a_1", "b_0", "b_1"])
    write_predictions(rows, tmp_path / "predictions.csv")
    assert (tmp_path / "predictions.csv").read_text().splitlines() == [
        "repeat,fold,level,patient_id,recording_id,label,truth,probability,decision",
        "1,2,recording,a,a_0,N,0,0.5,1",
        "1,2,recording,a,a_0,AS,1,0.5,1",
        "1,2,recording,a,a_1,N,0,0.25,0",
        "1,2,recording,a,a_1,AS,1,1.0,1",
        "1,2,recording,b,b_0,N,1,1.0,1",
        "1,2,recording,b,b_0,AS,,0.0,0",
        "1,2,recording,b,b_1,N,1,0.5,1",
        "1,2,recording,b,b_1,AS,,0.0,0",
        "1,2,patient,a,,N,0,0.375,0",
        "1,2,patient,a,,AS,1,0.75,1",
        "1,2,patient,b,,N,1,0.75,1",
        "1,2,patient,b,,AS,,0.0,0",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_the_threshold_and_the_rule_are_used(recordings):
    """With `max`, P(normal) is that of the worst recording, here below a threshold of 0.3."""
    windows = np.array([[0.9, 0.1], [0.2, 0.3]])
    rows = prediction_rows(ONLY_A, recordings, ("N", "AS"), windows, ["a_0", "a_1"], rule="max", threshold=0.3).query(
        "level == 'patient'"
    )
    assert rows["decision"].tolist() == [0, 1]
    assert rows["probability"].tolist() == pytest.approx([0.2, 0.3])


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_probabilities_come_back_to_the_last_bit(tmp_path_factory, recordings_with, values):
    """What is read is what was written, type by type."""
    recordings = recordings_with({"a": {"AS": 1}, "b": {"AS": None}})
    rows = patient_rows(SPLIT, recordings, ("AS",), np.array(values)[:, np.newaxis], ["a", "b"])
    path = tmp_path_factory.mktemp("run") / "predictions.csv"
    write_predictions(rows, path)
    read = read_predictions(path)
    assert read["probability"].tolist() == values
    assert read["truth"].iloc[0] == 1
    assert math.isnan(read["truth"].iloc[1])
    pd.testing.assert_frame_equal(read, rows, check_dtype=False)
    write_predictions(read, path.with_name("again.csv"))
    assert path.read_bytes() == path.with_name("again.csv").read_bytes()


def test_ids_that_look_like_numbers_or_nothing_stay_text(recordings_with, tmp_path):
    """Patient `007` is not patient 7, and `NA` is a name."""
    split = Split(0, 0, ("t",), (("v",),), ("007", "NA"))
    recordings = recordings_with({"007": {"N": 1}, "NA": {"N": 0}})
    rows = patient_rows(split, recordings, ("N",), np.array([[0.5], [0.5]]), ["007", "NA"])
    write_predictions(rows, tmp_path / "p.csv")
    assert read_predictions(tmp_path / "p.csv")["patient_id"].tolist() == ["007", "NA"]


def test_only_test_patients_are_predicted(recordings):
    """A validation patient among the windows is refused by name."""
    with pytest.raises(SplitError, match="Split 1/2 does not test v:"):
        prediction_rows(SPLIT, recordings, ("N",), np.array([[0.5]]), ["v_0"])


def test_no_test_patient_is_forgotten(recordings):
    """Leaving out whom a model fails on would flatter it."""
    with pytest.raises(SplitError, match="Split 1/2 tests b, but there are no predictions for them"):
        prediction_rows(SPLIT, recordings, ("N",), np.array([[0.5]]), ["a_0"])


@pytest.mark.parametrize("value", [math.nan, 1.5, -0.1])
def test_what_is_no_probability_is_refused(recordings, value):
    """A number that a model cannot mean never reaches the file."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        patient_rows(ONLY_A, recordings, ("N",), np.array([[value]]), ["a"])


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("-1,0,patient,a,,AS,1,0.75,1", "column 'repeat': '-1' was found, expected is a number from 0"),
        ("0,x,patient,a,,AS,1,0.75,1", "column 'fold': 'x' was found"),
        ("0,0,person,a,,AS,1,0.75,1", "column 'level': 'person' was found, expected is recording or patient"),
        ("0,0,patient,,,AS,1,0.75,1", "column 'patient_id': '' was found, expected is the id of a patient"),
        ("0,0,patient,b,r1,AS,1,0.75,1", "column 'recording_id': 'r1' was found, expected is empty at patient level"),
        ("0,0,recording,b,,AS,1,0.75,1", "column 'recording_id': '' was found"),
        ("0,0,patient,b,,,1,0.75,1", "column 'label': '' was found"),
        ("0,0,patient,b,,AS,2,0.75,1", "column 'truth': '2' was found, expected is 1, 0, or empty"),
        ("0,0,patient,b,,AS,1,75%,1", "column 'probability': '75%' was found, expected is a number from 0 to 1"),
        ("0,0,patient,b,,AS,1,nan,1", "column 'probability': 'nan' was found"),
        ("0,0,patient,b,,AS,1,0.75,yes", "column 'decision': 'yes' was found, expected is 1 or 0"),
        ("0,1,patient,a,,AS,1,0.25,0", "column 'label': 'AS' was found, expected is once per repeat"),
    ],
)
def test_a_wrong_value_is_named_by_row_and_column(tmp_path, row, text):
    """The second line of values is row 3, as an editor counts; the same patient in two folds is wrong, too."""
    path = tmp_path / "predictions.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n{row}\n")
    with pytest.raises(TableError) as caught:
        read_predictions(path)
    assert f"{path}, row 3, {text}" in str(caught.value)


def test_other_columns_are_refused(tmp_path):
    """A misspelt column is guessed."""
    path = tmp_path / "predictions.csv"
    path.write_text(f"{HEADER.replace('probability', 'probabilty')}\n{GOOD}\n")
    with pytest.raises(DataError, match=r"no column 'probability'\. Did you mean 'probabilty'\? Expected: repeat,"):
        read_predictions(path)


def test_missing_broken_and_empty_files(tmp_path):
    """Each has its own sentence."""
    with pytest.raises(DataError, match=r"There are no predictions at .*none\.csv"):
        read_predictions(tmp_path / "none.csv")
    (tmp_path / "header.csv").write_text(f"{HEADER}\n")
    with pytest.raises(DataError, match="holds no predictions, only the header"):
        read_predictions(tmp_path / "header.csv")
    (tmp_path / "ragged.csv").write_text(f"{HEADER}\n{GOOD}\n{GOOD},9,9\n")
    with pytest.raises(DataError, match="cannot be read as a CSV table"):
        read_predictions(tmp_path / "ragged.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DataError, match="cannot be read as a CSV table"):
        read_predictions(tmp_path / "binary.csv")
