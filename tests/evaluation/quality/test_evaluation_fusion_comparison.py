from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.quality.fusion_comparison import fusion_section
from heartprobe.labels import LABELS


def section(predictions, used="mean", **options) -> dict:
    found = fusion_section(predictions, used=used, seed=0, draws=200, **options)
    json.dumps(found, allow_nan=False)
    return found


@pytest.fixture
def tables(five_label_predictions, rng) -> dict[str, pd.DataFrame]:
    """The same patients by three rules, the last the same as the first."""
    patients = five_label_predictions.query("level == 'patient'").reset_index(drop=True)
    noise = rng.normal(0, 0.2, len(patients))
    return {
        "mean": patients,
        "max": patients.assign(probability=np.clip(patients["probability"] + noise, 0, 1)),
        "median": patients,
    }


@pytest.fixture
def by_rule(tables) -> pd.DataFrame:
    return pd.concat([table.assign(rule=rule) for rule, table in tables.items()], ignore_index=True)


def test_each_rule_is_measured_as_a_run_is(by_rule, tables):
    """AUROC of every label and macro, with the intervals of `measure`, in the order of the table."""
    found = section(by_rule)
    assert found["used"] == "mean"
    assert list(found["rules"]) == ["mean", "max", "median"]
    for rule, table in tables.items():
        expected = measure(table, seed=0, draws=200)["patient"]
        for label in LABELS:
            assert found["rules"][rule]["labels"][label]["auroc"] == pytest.approx(expected["labels"][label]["auroc"])
        assert found["rules"][rule]["macro"]["auroc"] == pytest.approx(expected["macro"]["auroc"])


def test_differences_are_those_of_two_runs(by_rule, tables):
    """Paired, to the rule that was used, which has none to itself."""
    found = section(by_rule)["rules"]
    expected = compare(tables["mean"], tables["max"], level="patient", seed=0, draws=200)["macro"]["auroc"]
    assert found["max"]["difference"] == pytest.approx(expected)
    assert found["max"]["difference"]["value"] < 0
    assert "difference" not in found["mean"]


def test_the_same_answers_differ_by_nothing(by_rule):
    """From 0 to 0, p = 1."""
    entry = section(by_rule)["rules"]["median"]["difference"]
    assert (entry["value"], entry["low"], entry["high"], entry["p"]) == (0, 0, 0, 1)


def test_another_rule_was_used(by_rule):
    """The differences are turned round."""
    there, back = section(by_rule)["rules"]["max"], section(by_rule, used="max")["rules"]["mean"]
    assert there["difference"]["value"] == -back["difference"]["value"]


def test_shares_are_averaged_over_the_folds_that_have_them():
    """Two folds learned shares for AS, one of them with a position more; a third learned none."""
    rows = pd.DataFrame(
        {
            "repeat": 0,
            "fold": 0,
            "level": "patient",
            "patient_id": ["p0", "p1"],
            "recording_id": "",
            "label": "AS",
            "truth": [1.0, 0.0],
            "probability": [0.9, 0.1],
            "decision": [1, 0],
            "uncalibrated": [0.9, 0.1],
            "threshold": 0.5,
            "uncertain": 0,
            "rule": "learned",
        }
    )
    shares = [{"AS": {"sup_Aor": 0.75, "sup_Mit": 0.25}}, {"AS": {"sup_Aor": 0.5, "sup_Mit": 0.25, "Pul": 0.25}}, {}]
    found = section(rows, used="learned", shares=shares)
    assert found["weights"] == {"AS": {"sup_Aor": 0.625, "sup_Mit": 0.25, "Pul": 0.25}}
    assert section(rows, used="learned")["weights"] == {}


def test_a_label_of_one_class_is_left_out(by_rule):
    """Its AUROC is null with the reason, and the macro mean is that of the others; of nothing, null."""
    one_class = by_rule.assign(truth=by_rule["truth"].where(by_rule["label"] != "MS", 0.0))
    found = section(one_class)["rules"]["max"]
    reason = "none of the patients is positive for MS"
    assert found["labels"]["MS"]["auroc"] == {"value": None, "reason": reason}
    others = [found["labels"][label]["auroc"]["value"] for label in LABELS if label != "MS"]
    assert found["macro"]["auroc"]["value"] == pytest.approx(np.mean(others))
    nothing = section(one_class[one_class["label"] == "MS"])["rules"]["max"]
    assert nothing["macro"]["auroc"] == nothing["difference"] == {"value": None, "reason": f"MS: {reason}"}
