"""The model card tells a stranger what the model is, how well it did, and what to be careful about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from heartprobe.bundle.card import model_card
from heartprobe.bundle.manifest import LabelResult, Manifest, Measured, TrainingFacts
from heartprobe.bundle.results import results_of
from heartprobe.bundle.trained_on import TrainedOn
from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.decisions.decider import Decider
from saved_bundle import LEVEL, LOGMEL, manifest

AUROC = {"value": 0.75, "low": 0.625, "high": 0.875, "n": 8}
UNDEFINED = {"value": None, "reason": "nobody"}
METRICS = {"N": {"auroc": AUROC, "sensitivity": {"value": 0.5, "low": 0.25, "high": 0.75, "n": 4}}}
METRICS["N"]["specificity"] = UNDEFINED
LEVELS = {"levels": {"patient": {"labels": METRICS}}}
REPORT: dict[str, Any] = {
    **LEVELS,
    "task": {"protocol": "cv"},
    "demographics_only": LEVELS,
    "sites": {"a": LEVELS, "b": LEVELS},
    "decisions": {"labels": {"N": {"uncertain": {"share": {"value": 0.25, "low": 0.1, "high": 0.5, "n": 8}}}}},
    "calibration": {"labels": {"N": {"brier": {**AUROC, "value": 0.125}, "slope": {**AUROC, "value": 1.5}}}},
    "audit": {"sentences": [{"kind": "warning", "text": "Age tells it."}, {"kind": "note", "text": "All are loud."}]},
}


def patients(name: str = "bmd-hs", *, is_synthetic: bool = False) -> TrainedOn:
    """Return what a card says of three patients with two recordings each: one abnormal, one normal, one unknown."""
    labels = {"p1": {"N": 0}, "p2": {"N": 1}, "p3": {"N": None}}
    recordings = tuple(Recording(f"{p}_{i}", p, Path("none.wav")) for p in labels for i in range(2))
    known = {p: Patient(p, of) for p, of in labels.items()}
    return TrainedOn.of(RecordingSet(name, recordings, known, is_synthetic=is_synthetic), ("N",))


def described(*, protocol: str = "cv", is_synthetic: bool = False, **changed: Any) -> Manifest:
    facts = {"dataset": "bmd-hs", "patients": 3, "recordings": 6, "heartprobe_version": "0.1.0"}
    training = TrainingFacts(**facts, is_synthetic=is_synthetic, protocol=protocol)
    report = {**REPORT, "task": {"protocol": protocol}}
    return manifest(training=training, results=results_of(report, ("N",)), **changed)


def card(trained_on: TrainedOn | None = None, **changed: Any) -> str:
    return model_card(described(**changed), REPORT, trained_on or patients())


def test_the_settings_for_the_hub_are_yaml() -> None:
    settings = yaml.safe_load(card().split("---\n")[1])
    assert settings == {
        "license": "other",
        "license_name": "see-licences-below",
        "library_name": "heartprobe",
        "pipeline_tag": "audio-classification",
        "tags": ["heart-sounds", "phonocardiogram", "auscultation", "not-a-medical-device"],
    }
    whisper = LOGMEL.model_copy(update={"name": "openai/whisper-tiny.en", "source": "openai/whisper-tiny.en"})
    text = card(encoder=whisper, is_synthetic=True)
    settings = yaml.safe_load(text.split("---\n")[1])
    assert settings["base_model"] == "openai/whisper-tiny.en"
    assert settings["tags"][-1] == "synthetic-data"
    assert "**Trained on synthetic sounds" in text


def test_the_disclaimer_stands_there_once() -> None:
    assert card().count("not a medical device") == 1


def test_figures_stand_with_their_intervals() -> None:
    text = card()
    assert "| abnormal heart | 8 | 0.750 (0.625–0.875) | 0.500 (0.250–0.750) | undefined (nobody) | 25 % |" in text
    assert "| abnormal heart | 0.125 (0.625–0.875) | 1.500 (0.625–0.875) |" in text
    assert "reach an AUROC of: abnormal heart 0.750 (0.625–0.875)." in text


def test_what_was_found_beside_the_heart_stands_there() -> None:
    """Warnings in bold, as at the top of the report."""
    assert "- **Age tells it.**\n- All are loud.\n" in card()
    text = model_card(described(), {**REPORT, "audit": {"sentences": []}}, patients())
    assert "Nothing was found that tells the labels beside the sound of the heart" in text


def test_the_patients_are_counted_for_every_label() -> None:
    text = card()
    assert "6 recordings of 3 patients. Sites: bmd-hs (3 patients)." in text
    assert "| abnormal heart | 1 | 1 | 1 |" in text


def test_licences_and_citations_of_all_that_went_in() -> None:
    text = card()
    assert "CC BY-NC-ND 4.0 in later states of the repository. Cite: Ali SN, Zahin A" in text
    assert "- Encoder: `logmel`. Licence: Apache-2.0." in text
    tuned = LOGMEL.model_copy(
        update={
            "name": "microsoft/wavlm-large",
            "source": "bundle",
            "revision": "c1423ed94bb01d80a3f5ce5bc39f6026a0f4828c",
        }
    )
    text = card(encoder=tuned)
    assert "Licence: CC-BY-SA-3.0. The fine-tuned weights are made from it. Cite: Chen et al. 2022" in text
    assert "fine-tuned, in the folder `encoder/` beside this card" in text
    assert "generated, so there is nobody to ask" in card(patients(is_synthetic=True))
    assert "own. Licence: not known. Cite: not known." in card(patients("own"))


def test_an_encoder_that_lies_in_a_folder_must_be_named() -> None:
    """Its path is nobody's business."""
    mine = LOGMEL.model_copy(update={"name": "mine", "source": "/home/anna/mine", "revision": "local"})
    text = card(encoder=mine)
    assert "anna" not in text
    assert "patient_sup_Aor.wav --encoder ENCODER_FOLDER" in text
    assert "Its licence is not known to heartprobe: ask its publisher." in text


@pytest.mark.parametrize(
    ("windows", "time_scale", "sentence"),
    [
        ("all", 1.0, "- Sound: A recording is cut to windows of 5 s\n"),
        ("centre", 1.0, "- Sound: Of a recording, the middle 5 s are heard\n"),
        ("whole", 4.0, "- Sound: A recording is heard as one window, whatever its length, played 4 times as fast\n"),
    ],
)
def test_it_says_how_a_recording_is_heard(windows: str, time_scale: float, sentence: str) -> None:
    """The length of a window means nothing where the whole recording is one."""
    front_end = {"windows": windows, "duration_s": 5.0, "time_scale": time_scale}
    assert sentence in card(front_end=front_end)


def test_what_it_must_be_told_stands_beside_how_to_use_it() -> None:
    assert "It hears the sound alone" in card()
    assert "must be told about the patient: `--age`, `--sex`." in card(demographics={"fields": ["age", "sex"]})
    assert "it reads from file names" not in card(
        decision=Decider.from_dict(
            {
                "patient_rule": "mean",
                "calibration": "platt",
                "threshold_rule": "youden",
                "largest_error": 0.1,
                "labels": {"N": {"recordings": LEVEL, "patients": LEVEL}},
            }
        )
    )
    assert "it reads from file names that end like `_sup_Mit`" in card()


def test_it_says_whether_recordings_are_equalised() -> None:
    front_end = {"windows": "all", "duration_s": 5.0, "time_scale": 1.0}
    assert "is cut to windows of 5 s, its own long-term spectrum taken out" in card(
        front_end={**front_end, "equalise": True}
    )
    assert "long-term spectrum" not in card(front_end={**front_end, "equalise": False})


def test_only_figures_from_inside_a_data_set_are_said_to_be() -> None:
    assert "Measured inside one data set" in card(protocol="holdout")
    for protocol in ("leave-site-out", "external", "splits"):
        assert "Measured inside one data set" not in card(protocol=protocol)


def test_sites_that_were_left_out_stand_one_by_one() -> None:
    """Each was tested by a model of its own."""
    text = card(protocol="leave-site-out")
    assert "| abnormal heart at a | 8 | 0.750" in text
    assert "| abnormal heart at b | 8 | 0.750" in text
    assert "| abnormal heart | 8 | 0.750" not in text
    assert "no figure is given for all of them together" in text
    assert "Brier" not in text


def test_results_keep_the_figures_and_why_one_is_lacking() -> None:
    assert results_of(REPORT, ("N",)) == (
        LabelResult(
            label="N",
            auroc=Measured(**AUROC),
            sensitivity=Measured(value=0.5, low=0.25, high=0.75, n=4),
            specificity=Measured(value=None, reason="nobody"),
            uncertain=Measured(value=0.25, low=0.1, high=0.5, n=8),
            brier=Measured(value=0.125, low=0.625, high=0.875, n=8),
            calibration_slope=Measured(value=1.5, low=0.625, high=0.875, n=8),
            demographics_auroc=Measured(**AUROC),
        ),
    )
    by_site = results_of({**REPORT, "task": {"protocol": "leave-site-out"}}, ("N",))
    assert [(result.label, result.site, result.brier) for result in by_site] == [("N", "a", None), ("N", "b", None)]
