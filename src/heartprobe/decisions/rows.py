"""The rows of `predictions.csv` and `predictions_fusion.csv` of one split."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from heartprobe.config.schema import PatientRule
from heartprobe.data.recordings import RecordingSet
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.recorded import Recorded
from heartprobe.evaluation.predictions.answer_rows import Tested, patient_rows, recording_rows
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities


def prediction_rows(
    split: Tested, recordings: RecordingSet, windows: WindowProbabilities, decider: Decider
) -> pd.DataFrame:
    """Return the rows of one split, of its recordings and of its patients.

    Args:
        split: The split whose test patients were predicted.
        recordings: The data set, which knows patients, positions and truth.
        windows: What the model says of the test patients' windows; its columns are the decider's labels.
        decider: What was chosen on the validation patients of the same split.

    Raises:
        SplitError: If the windows are not of exactly the patients whom this split tests.
    """
    ids, probabilities = windows.of_recordings()
    of_recordings = recording_rows(split, recordings, decider.names, decider.recordings(probabilities), ids)
    return pd.concat([of_recordings, _patient_rows(split, recordings, windows, decider)], ignore_index=True)


def fusion_rows(
    split: Tested, recordings: RecordingSet, windows: WindowProbabilities, deciders: Mapping[PatientRule, Decider]
) -> pd.DataFrame:
    """Return the patients' rows by every fusion rule, with the rule in the column `rule`.

    Args:
        split: As for `prediction_rows`.
        recordings: As for `prediction_rows`.
        windows: As for `prediction_rows`.
        deciders: Of `fit_fusions` on the validation patients of the same split.
    """
    tables = [
        _patient_rows(split, recordings, windows, decider).assign(rule=rule) for rule, decider in deciders.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _patient_rows(
    split: Tested, recordings: RecordingSet, windows: WindowProbabilities, decider: Decider
) -> pd.DataFrame:
    ids, probabilities = windows.of_recordings()
    recorded = Recorded.of(ids, recordings)
    answers = decider.patients(probabilities, recorded)
    return patient_rows(split, recordings, decider.names, answers, recorded.patients)
