"""What stands at the top of a report about the model's shortcuts, strongest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from heartprobe.evaluation.audit.clearance import clearance
from heartprobe.evaluation.audit.demographics_sentences import demographics_notes, demographics_sentences
from heartprobe.evaluation.audit.place_sentences import place_sentences
from heartprobe.evaluation.audit.sentence import Sentence
from heartprobe.evaluation.audit.sound_sentences import sound_notes, sound_sentences
from heartprobe.evaluation.audit.subgroup_sentences import ill_alone_notes, posture_notes, subgroup_sentences
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Report, listed


def audit_sentences(report: Report) -> list[JSONObject]:
    """Return the warnings of a report, or that there are none, and then the notes.

    Everything is read from the report, so that an older one, without the section `audit`, still
    gets the sentences on demographics, sites and chance.

    Args:
        report: With `task`, `levels`, and whatever else it has of `demographics_only`, `sites` and `audit`.

    Returns:
        `kind`, `about` and `text` of each sentence, as `Sentence` describes them.
    """
    found = [
        *demographics_sentences(report),
        *sound_sentences(report),
        *place_sentences(report),
        *subgroup_sentences(report),
        *_cells(report),
        *_chance(report),
    ]
    warnings = [sentence for sentence in found if sentence.kind == "warning"]
    notes = [
        *(sentence for sentence in found if sentence.kind == "note"),
        *demographics_notes(report),
        *ill_alone_notes(report),
        *posture_notes(report),
        *sound_notes(report),
    ]
    return [asdict(sentence) for sentence in [*(warnings or clearance(report)), *notes]]


def _cells(report: Report) -> list[Sentence]:
    return [Sentence("warning", "cells", text) for text in report.get("audit", {}).get("cell_sentences", ())]


def _chance(report: Report) -> list[Sentence]:
    """Name the labels whose result may be none; where each site had another model, with the sites."""
    if has_model_per_site(report):
        at = {site: _left_to_chance(found["levels"]) for site, found in report.get("sites", {}).items()}
        texts = [
            f"{label}: the interval of the AUROC holds 0.5 at {listed(sites)}, so there this may be chance."
            for label in report["levels"]["patient"]["labels"]
            if (sites := [site for site, left in at.items() if label in left])
        ]
    else:
        left = _left_to_chance(report["levels"])
        texts = [f"{listed(left)}: the interval of the AUROC holds 0.5, so this may be chance."] if left else []
    return [Sentence("warning", "chance", text) for text in texts]


def _left_to_chance(levels: Mapping[str, Any]) -> list[str]:
    aurocs = {label: metrics["auroc"] for label, metrics in levels["patient"]["labels"].items()}
    return [
        label
        for label, auroc in aurocs.items()
        if auroc["value"] is not None and auroc["low"] is not None and auroc["low"] <= 0.5 <= auroc["high"]
    ]
