"""The model card says how a recording is heard and where its figures are from."""

from __future__ import annotations

import pytest

from heartprobe.bundle.card import model_card
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.decisions.decider import Decider

LEVEL = {"calibration": {}, "threshold": {"value": 0.5}, "band": {"low": 0.5, "high": 0.5}}
UNDEFINED = {"value": None, "reason": "nobody"}
PATIENT = {"labels": {"N": {"auroc": UNDEFINED, "sensitivity": UNDEFINED, "specificity": UNDEFINED}}}
LEVELS = {"levels": {"patient": PATIENT}}
REPORT = {**LEVELS, "demographics_only": LEVELS, "sites": {"a": LEVELS, "b": LEVELS}}


def card(*, windows: str = "all", time_scale: float = 1.0, protocol: str = "cv", **front_end: bool) -> str:
    decision = {"patient_rule": "mean", "calibration": "none", "threshold_rule": "fixed", "largest_error": 0.1}
    manifest = Manifest(
        labels=("N",),
        encoder=EncoderReference(name="logmel", source="logmel", revision="1", fingerprint="ab" * 32, rate_hz=4000),
        front_end={"windows": windows, "duration_s": 5.0, "time_scale": time_scale, **front_end},
        precision="fp32",
        layer=0,
        head={"kind": "linear"},
        demographics=None,
        decision=Decider.from_dict({**decision, "labels": {"N": {"recordings": LEVEL, "patients": LEVEL}}}),
        training=TrainingFacts(
            dataset="bmd-hs", is_synthetic=False, patients=8, recordings=64, protocol=protocol, heartprobe_version="0"
        ),
    )
    return model_card(manifest, {**REPORT, "task": {"protocol": protocol}}, licence="free")


@pytest.mark.parametrize(
    ("windows", "time_scale", "sentence"),
    [
        ("all", 1.0, "- A recording is cut to windows of 5 s\n"),
        ("centre", 1.0, "- Of a recording, the middle 5 s are heard\n"),
        ("whole", 4.0, "- A recording is heard as one window, whatever its length, played 4 times as fast\n"),
    ],
)
def test_it_says_how_a_recording_is_heard(windows: str, time_scale: float, sentence: str) -> None:
    """The length of a window means nothing where the whole recording is one."""
    assert sentence in card(windows=windows, time_scale=time_scale)


def test_it_says_whether_recordings_are_equalised() -> None:
    assert "- A recording is cut to windows of 5 s, its own long-term spectrum taken out\n" in card(equalise=True)
    assert "- A recording is cut to windows of 5 s\n" in card(equalise=False)


def test_only_figures_from_inside_a_data_set_are_said_to_be() -> None:
    assert "Measured inside one data set" in card(protocol="holdout")
    for protocol in ("leave-site-out", "external", "splits"):
        assert "Measured inside one data set" not in card(protocol=protocol)


def test_sites_that_were_left_out_stand_one_by_one() -> None:
    """Each was tested by a model of its own."""
    text = card(protocol="leave-site-out")
    assert "| N at a | undefined (nobody)" in text
    assert "| N at b | undefined (nobody)" in text
    assert "| N |" not in text
    assert "| N | undefined (nobody)" in card(protocol="cv")
