"""Whether the model may go by the place where a recording was made."""

from __future__ import annotations

from typing import Final

from heartprobe.evaluation.audit.sentence import Sentence
from heartprobe.evaluation.wording import Report, listed, metric_short, number, question

#: From here on the site is as good as written on a recording: nine of ten are put where they were made.
READABLE: Final = 0.9


def place_sentences(report: Report) -> list[Sentence]:
    """Name the sites where the ranking is upside down, and say so where the site can be read off the features."""
    return [*_below_chance(report), *_readable(report)]


def _below_chance(report: Report) -> list[Sentence]:
    """Name the sites at which the whole interval of the AUROC lies below one half."""
    misled: dict[str, list[str]] = {}
    for site, found in report.get("sites", {}).items():
        for label, metrics in found["levels"]["patient"]["labels"].items():
            auroc = metrics["auroc"]
            if auroc["value"] is not None and auroc["high"] is not None and auroc["high"] < 0.5:
                misled.setdefault(label, []).append(f"{metric_short(auroc)} at {site}")
    return [
        Sentence(
            "warning",
            "place",
            f"Below chance: the AUROC for {question(label)} is {listed(sites)}. What the model goes by elsewhere "
            "points the wrong way there.",
        )
        for label, sites in misled.items()
    ]


def _readable(report: Report) -> list[Sentence]:
    probe = report.get("audit", {}).get("site_probe", {})
    accuracy = probe.get("balanced_accuracy")
    if accuracy is None or accuracy["value"] is None or (accuracy["low"] or accuracy["value"]) <= probe["chance"]:
        return []
    normals = probe.get("normals_alone", {}).get("balanced_accuracy")
    alone = ""
    if normals is not None and normals["value"] is not None:
        chance = number(probe["normals_alone"]["chance"])
        alone = f"; among normal hearts alone {number(normals['value'])}, where it is {chance}"
    numbers = (
        f"balanced accuracy {metric_short(accuracy)} over {len(probe['sites'])} sites, "
        f"where chance is {number(probe['chance'])}{alone}"
    )
    if accuracy["value"] < READABLE:
        text = f"The recording site can partly be read off the features ({numbers})."
        return [Sentence("note", "place", text)]
    text = (
        f"The recording site can be read off the features ({numbers}): a model of several sites can go by the place "
        "instead of the heart. Believe results within a site, and at sites that were left out."
    )
    return [Sentence("warning", "place", text)]
