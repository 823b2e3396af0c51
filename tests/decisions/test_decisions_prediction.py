from __future__ import annotations

import numpy as np

from heartprobe.decisions.answer import each_answer
from heartprobe.decisions.prediction import PatientPrediction, RecordingPrediction
from heartprobe.evaluation.predictions.answers import Answers

ANSWERS = Answers(
    uncalibrated=np.array([[0.5, 0.5], [0.25, 0.125]]),
    probability=np.array([[0.25, 0.75], [0.5, 0.125]]),
    low=np.array([[0.5, np.nan], [0.25, np.nan]]),
    high=np.array([[0.875, np.nan], [0.75, np.nan]]),
    why_no_interval=np.array([[None, "too few"], [None, "too few"]], dtype=object),
    is_calibrated=np.array([[True, False], [True, False]]),
    prevalence=np.array([[0.5, np.nan], [0.5, np.nan]]),
    threshold=np.array([[0.625, 0.5], [0.625, 0.5]]),
    is_declared=np.array([[True, True], [False, False]]),
    is_near=np.array([[False, True], [False, False]]),
    is_contradicted=np.array([[False, True], [False, True]]),
)


def test_answers_one_by_one():
    """Of N, the finding is an abnormal heart, whose probability is compared with the threshold."""
    first, second = each_answer(ANSWERS, ("N", "AS"))
    assert first[0].as_dict() == {
        "finding": "abnormal heart",
        "decision": "present",
        "why_uncertain": None,
        "finding_probability": 0.75,
        "low": 0.5,
        "high": 0.875,
        "why_no_interval": None,
        "threshold": 0.625,
        "probability": 0.25,
        "uncalibrated": 0.5,
        "is_calibrated": True,
        "prevalence": 0.5,
    }
    assert (first[1].finding, first[1].decision, first[1].finding_probability) == ("aortic stenosis", "uncertain", 0.75)
    assert (first[1].low, first[1].high, first[1].why_no_interval) == (None, None, "too few")
    assert (first[1].is_calibrated, first[1].prevalence) == (False, None)
    assert list(first[1].as_dict()) == list(first[0].as_dict())
    assert [answer.decision for answer in second] == ["absent", "uncertain"]
    assert second[1].why_uncertain == "most recordings, judged alone by the threshold of a recording, say the opposite"
    assert first[1].why_uncertain == f"the probability is too near to the threshold, and {second[1].why_uncertain}"


def test_json_of_a_patient():
    """A recording that could not be used has no answers but a problem."""
    (of_patient, of_recording) = each_answer(ANSWERS, ("N", "AS"))
    prediction = PatientPrediction(
        of_patient,
        (
            RecordingPrediction("x_sup_Mit.wav", "sup_Mit", of_recording, None),
            RecordingPrediction("y.wav", None, (), "y.wav is empty."),
        ),
    )
    values = prediction.as_dict()
    assert list(values["patient"]) == ["N", "AS"]
    assert values["recordings"][0]["position"] == "sup_Mit"
    assert values["recordings"][0]["answers"]["N"]["decision"] == "absent"
    assert values["recordings"][1] == {
        "name": "y.wav",
        "position": None,
        "duration_s": None,
        "answers": None,
        "problem": "y.wav is empty.",
        "findings": [],
        "heart_rate": None,
        "quality": None,
        "windows": [],
    }
    assert prediction.has_problems
    assert values["notes"] == []
    assert PatientPrediction((), (), notes=("Look.",)).as_dict()["notes"] == ["Look."]
    assert PatientPrediction((), ()).as_dict()["patient"] is None
