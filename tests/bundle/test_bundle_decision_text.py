"""What the model card says of how a model decides."""

from __future__ import annotations

import math

import pytest

from heartprobe.bundle.decision_text import decision_text
from heartprobe.decisions.decider import Decider

LACK = "of the validation patients 2 have the finding and 9 do not; at least 5 of each are needed"


def level(low: float = 0.25, high: float = 0.5, reason: str | None = None) -> dict[str, object]:
    return {
        "calibration": {"slope": 1.5, "intercept": -0.25, "reason": reason, "prevalence": None if reason else 0.81},
        "threshold": {"value": 0.375 if low < high else low, "reason": reason},
        "band": {"low": low, "high": high, "reason": reason},
    }


def decider(**changed: object) -> Decider:
    labels = {
        "N": {"recordings": level(), "patients": level()},
        "AS": {"recordings": level(0.5, 0.5, LACK), "patients": level(0.5, 0.5, LACK)},
    }
    values = {"patient_rule": "mean", "calibration": "platt", "threshold_rule": "youden", "largest_error": 0.1}
    return Decider.from_dict({**values, "labels": labels, **changed})


def test_the_numbers_of_every_finding() -> None:
    """Under the name of the finding, because a threshold of N is about abnormal hearts."""
    text = decision_text(decider())
    assert "| abnormal heart | 1.500 | -0.250 | 81 % have it | 0.375 | 0.250 to 0.500 |" in text
    assert "| aortic stenosis | 1.500 | -0.250 | unknown | 0.500 | nowhere |" in text
    assert "at most 10 % of the decisions about validation patients were wrong; and where fewer than half" in text


def test_what_could_not_be_chosen_is_said_once() -> None:
    text = decision_text(decider())
    assert f"- aortic stenosis: calibration, threshold, uncertain answers could not be chosen freely: {LACK}." in text
    assert text.count(LACK) == 1


def test_learned_weights_are_shares() -> None:
    """Of two positions, one with three times the weight; a label without weights counts all equally."""
    labels = {
        "N": {"position_weights": {"sup_Aor": math.log(3), "sup_Mit": 0}, "recordings": level(), "patients": level()},
        "AS": {"recordings": level(), "patients": level()},
    }
    text = decision_text(decider(patient_rule="learned", labels=labels))
    assert "| position | abnormal heart | aortic stenosis |" in text
    assert "| sup_Aor | 75 % | equal |" in text
    assert "position |" not in decision_text(decider())


@pytest.mark.parametrize(("method", "is_known"), [("platt", True), ("temperature", False), ("none", False)])
def test_only_with_an_intercept_it_is_known_where_probabilities_hold(method: str, *, is_known: bool) -> None:
    assert ("They hold where as many people have a finding" in decision_text(decider(calibration=method))) == is_known


@pytest.mark.parametrize("rule", ["max", "noisy-or", "any-positive"])
def test_nothing_is_said_of_agreement_where_one_recording_decides(rule: str) -> None:
    assert "fewer than half" not in decision_text(decider(patient_rule=rule))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"calibration": "none"}, "Probabilities are not calibrated"),
        ({"calibration": "temperature"}, "by slope alone (temperature)"),
        ({"threshold_rule": "fixed"}, "from a threshold that was given"),
        ({"threshold_rule": "sensitivity"}, "from where the wanted sensitivity was just reached"),
    ],
)
def test_the_settings_are_in_words(changed: dict[str, object], text: str) -> None:
    assert text in decision_text(decider(**changed))


def test_any_positive_says_that_its_threshold_was_chosen_even_where_one_was_given() -> None:
    text = decision_text(decider(patient_rule="any-positive", threshold_rule="fixed"))
    assert "highest on validation patients. That of single recordings was given." in text
    assert "from a threshold that was given" not in text
