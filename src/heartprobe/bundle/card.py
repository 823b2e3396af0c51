"""The model card: what a stranger must know before using a bundle, filled in from the run.

It begins with the block of settings that the Hugging Face hub reads from a card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from heartprobe.bundle.card_parts import data_lines, licence_lines, part_lines
from heartprobe.bundle.card_results import result_lines
from heartprobe.bundle.decision_text import decision_text
from heartprobe.bundle.manifest import Manifest
from heartprobe.bundle.trained_on import TrainedOn
from heartprobe.encoders.catalogue import CATALOGUE
from heartprobe.labels import NORMAL, finding_name

_CARD: Final = """---
{settings}
---

# Heart sounds: {findings}

**Research software, not a medical device: its answer must not decide about anybody's care.**

{summary}

## How to use it

With the Python package heartprobe, on the command line:

```
heartprobe predict MODEL_FOLDER patient_sup_Mit.wav patient_sup_Aor.wav{encoder_option}
heartprobe predict --from-hub OWNER/NAME patient_sup_Mit.wav patient_sup_Aor.wav{encoder_option}
```

or in Python:

```python
from pathlib import Path

from heartprobe.predict import Predictor

predictor = Predictor.open(Path("MODEL_FOLDER"){encoder_argument})
prediction = predictor.predict([Path("patient_sup_Mit.wav"), Path("patient_sup_Aor.wav")])
```

One to eight recordings of one patient, at any sampling rate, as wav, flac, mp3, ogg or aiff. {positions}
{told}

{results}

## What else it may go by
{audit}

## What it was trained on
{data}

## What it is
{parts}

## How it decides
{decision}

## Limits
{limits}

## Licences and what to cite
{licences}
"""

_SYNTHETIC: Final = (
    "**Trained on synthetic sounds, made by a program: it shows that the software works and is of no use on people.**"
)

#: Where the figures of a card are from, under the protocols that test elsewhere than they train.
_MEASURED: Final = {
    "leave-site-out": "Measured on sites that were left out, which differ from each other",
    "external": "Measured on the data sets that were named for the test, and on no others",
    "splits": "Measured on the patients whom the table of splits names",
}


def model_card(manifest: Manifest, report: Mapping[str, Any], trained_on: TrainedOn) -> str:
    """Return the model card of a bundle in Markdown.

    Args:
        manifest: What `bundle.json` says, results included.
        report: What stands in `report.json`.
        trained_on: Whom the model was developed on.
    """
    is_named = manifest.encoder.is_on_this_machine
    return _CARD.format(
        settings=_settings(manifest),
        findings=", ".join(map(finding_name, manifest.labels)),
        summary=_summary(manifest),
        encoder_option=" --encoder ENCODER_FOLDER" if is_named else "",
        encoder_argument=', encoder="ENCODER_FOLDER"' if is_named else "",
        positions=_positions(manifest),
        told=_told(manifest),
        results="\n".join(result_lines(manifest)),
        audit=_audit(report),
        data="\n".join(data_lines(manifest, trained_on)),
        parts="\n".join(part_lines(manifest)),
        decision=decision_text(manifest.decision),
        limits="\n".join(_limits(manifest)),
        licences="\n".join(licence_lines(manifest, trained_on)),
    )


def _settings(manifest: Manifest) -> str:
    """Return the block of YAML that the hub reads; every value is written as JSON, which YAML understands."""
    tags = ["heart-sounds", "phonocardiogram", "auscultation", "not-a-medical-device"]
    values = {
        "license": "other",
        "license_name": "see-licences-below",
        "library_name": "heartprobe",
        "pipeline_tag": "audio-classification",
        "tags": [*tags, *(["synthetic-data"] if manifest.training.is_synthetic else [])],
    }
    entry = CATALOGUE.get(manifest.encoder.name)
    if entry is not None and "/" in manifest.encoder.name:
        values["base_model"] = manifest.encoder.name
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in values.items())


def _summary(manifest: Manifest) -> str:
    lines = [
        *([_SYNTHETIC, ""] if manifest.training.is_synthetic else []),
        "From recordings of a patient's heart, it gives a probability for each of these findings, with a 95 % interval "
        "where one is known, and says `present`, `absent` or `uncertain`:",
        "",
        *(f"- {_finding(label)}" for label in manifest.labels),
        "",
        f"Made by `heartprobe train`, heartprobe {manifest.training.heartprobe_version}.",
    ]
    return "\n".join(lines)


def _finding(label: str) -> str:
    if label == NORMAL:
        return f"{finding_name(label)} (`{label}`, which is 1 for a normal heart)"
    return f"{finding_name(label)} (`{label}`)"


def _positions(manifest: Manifest) -> str:
    if manifest.decision.patient_rule == "learned":
        return "The model weighs recordings by position, which it reads from file names that end like `_sup_Mit`."
    return "Where on the chest they were made does not matter to it."


def _told(manifest: Manifest) -> str:
    if not manifest.demographics:
        return "It hears the sound alone: age, sex and anything else about the patient are not used."
    options = ", ".join(f"`--{field}`" for field in manifest.demographics["fields"])
    return f"Beside the sound it must be told about the patient: {options}."


def _audit(report: Mapping[str, Any]) -> str:
    sentences = (report.get("audit") or {}).get("sentences", [])
    if not sentences:
        return "Nothing was found that tells the labels beside the sound of the heart; that does not rule it out."
    bold = {"warning": "**"}
    return "\n".join(f"- {bold.get(s['kind'], '')}{s['text']}{bold.get(s['kind'], '')}" for s in sentences)


def _limits(manifest: Manifest) -> list[str]:
    measured = _MEASURED.get(manifest.training.protocol, "Measured inside one data set")
    return [
        f"- {measured}; on another stethoscope, in another clinic or population it may do far worse.",
        "- Probabilities hold where a finding is as frequent as among the patients above. Their intervals tell how "
        "well the calibration is known from so few patients; neither a new place nor an error of the model is in them.",
        "- The labels are those of the data set; other heart disease is not looked for.",
        "- A recording of poor quality is reported and left out; not every poor one is noticed, and neither is a sound "
        "that repeats like a heart and is none.",
    ]
