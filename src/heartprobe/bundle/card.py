"""The model card, filled in from the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from heartprobe.bundle.decision_text import decision_text
from heartprobe.bundle.manifest import Manifest
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.labels import LABEL_NAMES

_CARD = """# {title}

{synthetic}Predicts {labels} from heart-sound recordings. Made with heartprobe {version}.

Research software, not a medical device: its answer must not decide about anybody's care.

## What it is
- Encoder: `{encoder}` (revision {revision}), {layer}, {precision}
- Head: {head}
- Demographics: {demographics}
- {windows}

## How it decides
{decision}

## What it was trained on
{dataset}: {patients} patients, {recordings} recordings.{licence}

## How well it did
{protocol_text}

| label | AUROC (95 % interval) | sensitivity | specificity | patients |
|---|---|---|---|---|
{rows}

Sensitivity is the rate at which patients with the finding (for N: abnormal) are found.
Age, sex, smoking and residence alone, without any sound, reach: {shortcut}.

## Limits
- {measured}; on another stethoscope or in another clinic it may do far worse.
- The labels are those of the data set; other heart disease is not looked for.
"""


#: Where the figures of a card are from, under the protocols that test elsewhere than they train.
_MEASURED: Final = {
    "leave-site-out": "Measured on sites that were left out, which differ from each other",
    "external": "Measured on the data sets that were named for the test, and on no others",
    "splits": "Measured on the patients whom the table of splits names",
}


def model_card(manifest: Manifest, report: dict[str, Any], *, licence: str) -> str:
    """Return the model card of a bundle in Markdown."""
    facts = manifest.training
    return _CARD.format(
        title=f"heartprobe: {', '.join(manifest.labels)} with {manifest.encoder.name}",
        synthetic="**Trained on synthetic sounds: of no use on people.**\n\n" if facts.is_synthetic else "",
        labels=", ".join(f"{label} ({LABEL_NAMES.get(label, label)})" for label in manifest.labels),
        version=facts.heartprobe_version,
        encoder=manifest.encoder.name,
        revision=manifest.encoder.revision,
        layer="all hidden states" if manifest.layer == "all" else f"hidden state {manifest.layer}",
        precision=manifest.precision,
        head=manifest.head["kind"],
        demographics=", ".join(manifest.demographics["fields"]) if manifest.demographics else "none used",
        windows=_windows(manifest.front_end),
        decision=decision_text(manifest.decision),
        dataset=facts.dataset,
        patients=facts.patients,
        recordings=facts.recordings,
        licence=f" Licence of the data: {licence}.",
        protocol_text=_protocol_text(facts.protocol),
        measured=_MEASURED.get(facts.protocol, "Measured inside one data set"),
        rows="\n".join(_rows(report, manifest.labels)),
        shortcut=_shortcut(report, manifest.labels),
    )


def _windows(front_end: Mapping[str, Any]) -> str:
    """Return how a recording becomes windows, in a sentence."""
    duration = f"{front_end['duration_s']:g} s"
    cut = {
        "all": f"A recording is cut to windows of {duration}",
        "centre": f"Of a recording, the middle {duration} are heard",
        "whole": "A recording is heard as one window, whatever its length",
    }[front_end["windows"]]
    if front_end["time_scale"] != 1:
        cut += f", played {front_end['time_scale']:g} times as fast"
    # Models from before there was this choice do not name it.
    return f"{cut}, its own long-term spectrum taken out" if front_end.get("equalise") else cut


def _protocol_text(protocol: str) -> str:
    if protocol == "cv":
        return (
            "Patient level, cross-validation: every patient was predicted by a model that had not seen them. "
            "The model in this folder was then trained on all patients in the same way."
        )
    if protocol == "leave-site-out":
        return (
            "Patient level: every patient was predicted by a model that had not seen the site where they were "
            "recorded. The model in this folder was then trained on all patients in the same way."
        )
    if protocol == "external":
        return "Patient level, on other data sets than those that the model was developed on."
    if protocol == "splits":
        return "Patient level, on the patients that a given table of splits holds out."
    return "Patient level, on patients held out before anything was chosen."


def _shortcut(report: dict[str, Any], labels: Sequence[str]) -> str:
    if has_model_per_site(report):
        return "not told in one number, because every site was tested by a model of its own"
    alone = report["demographics_only"]["levels"]["patient"]["labels"]
    return "; ".join(f"{label} {_value(alone[label]['auroc'])}" for label in labels)


def _rows(report: dict[str, Any], labels: Sequence[str]) -> list[str]:
    """Return a row per label; site by site where each had a model of its own, whom one ranking would mix up."""
    if not has_model_per_site(report):
        levels = report["levels"]["patient"]["labels"]
        return [_row(label, levels[label]) for label in labels]
    return [
        _row(f"{label} at {site}", found["levels"]["patient"]["labels"][label])
        for label in labels
        for site, found in report["sites"].items()
    ]


def _row(label: str, metrics: dict[str, Any]) -> str:
    cells = [_value(metrics[name]) for name in ("auroc", "sensitivity", "specificity")]
    return f"| {label} | {' | '.join(cells)} | {metrics['auroc'].get('n', '')} |"


def _value(metric: dict[str, Any]) -> str:
    if metric["value"] is None:
        return f"undefined ({metric['reason']})"
    if metric.get("low") is None:
        return f"{metric['value']:.3f}"
    return f"{metric['value']:.3f} ({metric['low']:.3f}–{metric['high']:.3f})"
