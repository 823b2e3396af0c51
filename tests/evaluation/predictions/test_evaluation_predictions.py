from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartprobe.errors import DataError, TableError
from heartprobe.evaluation.predictions.checks import COLUMNS
from heartprobe.evaluation.predictions.table import (
    read_fusion_predictions,
    read_predictions,
    write_fusion_predictions,
    write_predictions,
)

HEADER = ",".join(COLUMNS)
GOOD = "0,0,patient,a,,AS,1,0.75,1,0.7,0.5,0"
WITHOUT = "repeat,fold,level,patient_id,recording_id,label,truth,probability,decision"


def table_of(patient_ids: list[str], probabilities: list[float], truths: list[float]) -> pd.DataFrame:
    """Return the rows of patients whose threshold nobody knows."""
    return pd.DataFrame(
        {
            "repeat": 1,
            "fold": 2,
            "level": "patient",
            "patient_id": patient_ids,
            "recording_id": "",
            "label": "AS",
            "truth": truths,
            "probability": probabilities,
            "decision": [int(p >= 0.5) for p in probabilities],
            "uncalibrated": probabilities[::-1],
            "threshold": [math.nan] * (len(patient_ids) - 1) + [0.1 + 0.2],
            "uncertain": [1] + [0] * (len(patient_ids) - 1),
        }
    )


def test_the_file_by_hand(tmp_path):
    """Unknown truth and unknown thresholds are empty; nothing else is left behind."""
    write_predictions(table_of(["a", "b"], [0.75, 0.25], [1.0, math.nan]), tmp_path / "predictions.csv")
    assert (tmp_path / "predictions.csv").read_text().splitlines() == [
        "repeat,fold,level,patient_id,recording_id,label,truth,probability,decision,uncalibrated,threshold,uncertain",
        "1,2,patient,a,,AS,1,0.75,1,0.25,,1",
        "1,2,patient,b,,AS,,0.25,0,0.75,0.30000000000000004,0",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_probabilities_come_back_to_the_last_bit(tmp_path_factory, values):
    """What is read is what was written, type by type."""
    rows = table_of(["a", "b"], values, [1.0, math.nan])
    path = tmp_path_factory.mktemp("run") / "predictions.csv"
    write_predictions(rows, path)
    read = read_predictions(path)
    assert read["probability"].tolist() == values
    assert read["uncalibrated"].tolist() == values[::-1]
    assert read["truth"].iloc[0] == 1
    assert math.isnan(read["truth"].iloc[1])
    pd.testing.assert_frame_equal(read, rows, check_dtype=False)
    write_predictions(read, path.with_name("again.csv"))
    assert path.read_bytes() == path.with_name("again.csv").read_bytes()


def test_ids_that_look_like_numbers_or_nothing_stay_text(tmp_path):
    """Patient `007` is not patient 7, and `NA` is a name."""
    write_predictions(table_of(["007", "NA"], [0.5, 0.5], [1.0, 0.0]), tmp_path / "p.csv")
    assert read_predictions(tmp_path / "p.csv")["patient_id"].tolist() == ["007", "NA"]


def test_a_table_of_raw_probabilities_can_be_read(tmp_path):
    """As older runs and other programs leave them: uncalibrated, threshold unknown, nothing withheld."""
    (tmp_path / "p.csv").write_text(f"{WITHOUT}\n0,0,patient,a,,AS,1,0.75,1\n")
    read = read_predictions(tmp_path / "p.csv")
    assert list(read.columns) == list(COLUMNS)
    row = read.iloc[0]
    assert (row["uncalibrated"], row["uncertain"]) == (0.75, 0)
    assert math.isnan(row["threshold"])


def test_fusion_rules_stand_in_front(tmp_path):
    """The same patient once per rule; a rule that nobody knows and a rule twice are refused."""
    rows = table_of(["a", "b"], [0.75, 0.25], [1.0, math.nan])
    both = pd.concat([rows.assign(rule="mean"), rows.assign(rule="learned")], ignore_index=True)
    path = tmp_path / "predictions_fusion.csv"
    write_fusion_predictions(both, path)
    assert path.read_text().splitlines()[3] == "learned,1,2,patient,a,,AS,1,0.75,1,0.25,,1"
    pd.testing.assert_frame_equal(read_fusion_predictions(path), both[["rule", *COLUMNS]], check_dtype=False)
    write_fusion_predictions(both.assign(rule="mean"), path)
    with pytest.raises(TableError, match=r"row 4, column 'label': 'AS' was found, expected is once per repeat"):
        read_fusion_predictions(path)
    write_fusion_predictions(both.assign(rule="medium"), path)
    with pytest.raises(TableError, match=r"row 2, column 'rule': 'medium' was found, expected is one of mean, median"):
        read_fusion_predictions(path)
    write_predictions(rows, path)
    with pytest.raises(DataError, match="has no column 'rule'"):
        read_fusion_predictions(path)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("-1,0,patient,a,,AS,1,0.75,1,0.7,0.5,0", "column 'repeat': '-1' was found, expected is a number from 0"),
        ("0,x,patient,a,,AS,1,0.75,1,0.7,0.5,0", "column 'fold': 'x' was found"),
        ("0,0,person,a,,AS,1,0.75,1,0.7,0.5,0", "column 'level': 'person' was found, expected is recording or patient"),
        ("0,0,patient,,,AS,1,0.75,1,0.7,0.5,0", "column 'patient_id': '' was found, expected is the id of a patient"),
        (
            "0,0,patient,b,r1,AS,1,0.75,1,0.7,0.5,0",
            "column 'recording_id': 'r1' was found, expected is empty",
        ),
        ("0,0,recording,b,,AS,1,0.75,1,0.7,0.5,0", "column 'recording_id': '' was found"),
        ("0,0,patient,b,,,1,0.75,1,0.7,0.5,0", "column 'label': '' was found"),
        ("0,0,patient,b,,AS,2,0.75,1,0.7,0.5,0", "column 'truth': '2' was found, expected is 1, 0, or empty"),
        (
            "0,0,patient,b,,AS,1,75%,1,0.7,0.5,0",
            "column 'probability': '75%' was found, expected is a number",
        ),
        ("0,0,patient,b,,AS,1,nan,1,0.7,0.5,0", "column 'probability': 'nan' was found"),
        ("0,0,patient,b,,AS,1,0.75,yes,0.7,0.5,0", "column 'decision': 'yes' was found, expected is 1 or 0"),
        ("0,0,patient,b,,AS,1,0.75,1,,0.5,0", "column 'uncalibrated': '' was found"),
        (
            "0,0,patient,b,,AS,1,0.75,1,0.7,2,0",
            "column 'threshold': '2' was found, expected is a number",
        ),
        ("0,0,patient,b,,AS,1,0.75,1,0.7,,no", "column 'uncertain': 'no' was found, expected is 1 or 0"),
        ("0,1,patient,a,,AS,1,0.25,0,0.7,0.5,0", "column 'label': 'AS' was found, expected is once per repeat"),
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
