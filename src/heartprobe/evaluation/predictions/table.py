"""`predictions.csv`: every probability and decision about a test patient, from which a report is computed.

One row per repeat, level, patient or recording, and label:

    repeat, fold      which split the prediction is from, counted from 0
    level             recording | patient
    patient_id
    recording_id      empty at patient level
    label             N, AS, AR, MR, MS
    truth             1, 0, or empty where it is unknown
    probability       of the label being 1 (for N: of a normal heart), calibrated
    decision          the value that the label is declared to have, 1 or 0
    uncalibrated      the probability before calibration
    threshold         probability of the *finding* (for N: of an abnormal heart) from which it is declared
    uncertain         1 where the decision is withheld

`predictions_fusion.csv` holds the rows of patients once more for every way of fusing recordings, with
its name in front, in the column `rule`.

Tables without the last three columns can be read: their probabilities count as uncalibrated, their
threshold is unknown, and nothing is withheld. Probabilities are written with as many digits as bring
back the same binary number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from heartprobe.atomic import write_text
from heartprobe.errors import DataError
from heartprobe.evaluation.predictions.checks import (
    COLUMNS,
    FUSION_COLUMNS,
    check_columns,
    check_once,
    check_values,
    with_optional,
)


def write_predictions(predictions: pd.DataFrame, path: Path) -> None:
    """Write the table so that it is there whole or not at all."""
    _write(predictions, path, COLUMNS)


def write_fusion_predictions(predictions: pd.DataFrame, path: Path) -> None:
    """Write a table with the column `rule` in the same way."""
    _write(predictions, path, FUSION_COLUMNS)


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a table that `write_predictions`, or somebody else, has written.

    Returns:
        Columns as above; `truth` is 1.0, 0.0 or NaN, `threshold` a number or NaN, `recording_id` empty
        at patient level.

    Raises:
        DataError: If there is no such file or its columns are others.
        TableError: If a value cannot be right; the message names row, column and value.
    """
    return _read(path, COLUMNS)


def read_fusion_predictions(path: Path) -> pd.DataFrame:
    """Read a table that `write_fusion_predictions` has written; raises what `read_predictions` does."""
    return _read(path, FUSION_COLUMNS)


def _write(predictions: pd.DataFrame, path: Path, columns: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    # A csv writer writes the shortest digits that bring a float back (its repr).
    by_column = predictions.assign(
        truth=["" if np.isnan(truth) else int(truth) for truth in predictions["truth"]],
        threshold=["" if np.isnan(threshold) else threshold for threshold in predictions["threshold"].tolist()],
    )
    writer.writerows(zip(*(by_column[column].tolist() for column in columns), strict=True))
    write_text(path, text.getvalue())


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"There are no predictions at {path}; `heartprobe train` leaves them in its run folder."
        ) from None
    except (OSError, ValueError) as error:  # pandas' parser and decoding errors are ValueErrors
        raise DataError(f"The predictions at {path} cannot be read as a CSV table: {error}.") from None
    check_columns(path, table, columns)
    table = with_optional(table)
    check_values(path, table, columns)
    check_once(path, table, columns)
    return table[list(columns)].assign(
        repeat=table["repeat"].astype(np.int64),
        fold=table["fold"].astype(np.int64),
        truth=table["truth"].replace("", "nan").astype(np.float64),
        probability=[float(value) for value in table["probability"]],
        decision=table["decision"].astype(np.int64),
        uncalibrated=[float(value) for value in table["uncalibrated"]],
        threshold=[float(value or "nan") for value in table["threshold"]],
        uncertain=table["uncertain"].astype(np.int64),
    )
