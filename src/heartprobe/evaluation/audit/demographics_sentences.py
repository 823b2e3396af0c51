"""What age, sex, smoking and residence alone reach, beside the model: the shortcut that a report must name first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.audit.sentence import Sentence
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Entry, Report, listed, metric_short

#: From here on a ranking is usually called excellent (Hosmer, Lemeshow, Sturdivant, Applied Logistic Regression, 2013,
#: section 5.2.4): when demographics get there, a label is confounded, whatever the model adds.
SHORTCUT_AUROC: Final = 0.8


def demographics_sentences(report: Report) -> list[Sentence]:
    """Return a sentence for each of three verdicts, the gravest first, with the labels that it is about."""
    alone = demographics_metrics(report)
    if alone is None or why_not_compared(report) is not None:
        return []
    verdicts: dict[str, dict[str, str]] = {_AS_WELL: {}, _MAY_EXPLAIN: {}, _TELL: {}}
    for label, metrics in report["levels"]["patient"]["labels"].items():
        of_demographics = alone["labels"].get(label, {}).get("auroc", {"value": None})
        verdict = _verdict(metrics["auroc"], of_demographics, _difference(report, label))
        if verdict is not None:
            template, numbers = verdict
            verdicts[template][label] = numbers
    return [_sentence(template, by_label) for template, by_label in verdicts.items() if by_label]


def demographics_notes(report: Report) -> list[Sentence]:
    """Say what the model is told beside the sound, and why nothing is known of demographics alone."""
    notes = []
    if told := report["task"].get("demographics"):
        notes.append(f"The model is told {listed(told)} beside the sound.")
    if demographics_metrics(report) is None:
        reason = (report.get("demographics_only") or {}).get("reason", "this run did not measure it")
        notes.append(f"What demographics alone would reach is not known: {reason}.")
    return [*(Sentence("note", "demographics", text) for text in notes), *_gain(report)]


def demographics_metrics(report: Report) -> dict[str, Any] | None:
    """Return the patient level of demographics alone, or `None` where it was not measured."""
    levels = (report.get("demographics_only") or {}).get("levels") or {}
    patient: dict[str, Any] | None = levels.get("patient")
    return patient


def why_not_compared(report: Report) -> str | None:
    """Return why demographics alone cannot be held against the model, or `None` where they can."""
    if demographics_metrics(report) is None:
        return "this run did not measure what they reach"
    # Pooled over sites, demographics alone are several models as well, and where a data set knows none
    # they give a whole site one probability: a comparison of the pooled AUROCs would say nothing.
    if has_model_per_site(report):
        return "each site was tested by another model"
    sites = report.get("audit", {}).get("sites")
    if sites and all("reason" in site["demographics"] for site in sites.values()):
        return "they are unknown for everybody"
    return None


_AS_WELL: Final = (
    "{labels}: demographics alone predict {it} as well as the model does ({numbers}). "
    "Nothing here shows that the sound adds anything."
)
_MAY_EXPLAIN: Final = (
    "{labels}: demographics alone may explain {it} ({numbers}): chance could make such a difference, so this run does "
    "not settle that the model hears more than who the patient is."
)
_TELL: Final = (
    "{labels}: age, sex, smoking and residence alone reach {numbers}: in these data the label can be told without "
    "hearing the heart, and a good result on {it} says little."
)


def _verdict(model: Entry, alone: Entry, difference: Entry | None) -> tuple[str, str] | None:
    """Return which sentence a label belongs to, with its numbers; `None` where it needs none."""
    if alone["value"] is None:
        return None
    if model["value"] is not None:
        both = f"AUROC {metric_short(alone)} against {metric_short(model)} of the model"
        if alone["value"] >= model["value"]:
            return _AS_WELL, both
        if _may_be_chance(model, alone, difference):
            paired = "" if difference is None else f"; difference on the same patients {metric_short(difference)}"
            return _MAY_EXPLAIN, both + paired
    if alone["value"] >= SHORTCUT_AUROC:
        return _TELL, f"an AUROC of {metric_short(alone)}"
    return None


def _sentence(template: str, numbers: Mapping[str, str]) -> Sentence:
    is_one = len(numbers) == 1
    said = listed(numbers.values()) if is_one else "; ".join(f"{label}: {text}" for label, text in numbers.items())
    text = template.format(labels=listed(numbers), it="it" if is_one else "them", numbers=said)
    return Sentence("warning", "demographics", text)


def _difference(report: Report, label: str) -> Entry | None:
    """Return the model's AUROC minus that of demographics alone; `None` where it has no interval."""
    compared = (report.get("demographics_only") or {}).get("difference") or {}
    entry: Entry | None = compared.get("labels", {}).get(label, {}).get("auroc")
    return None if entry is None or entry["value"] is None or entry["low"] is None else entry


def _may_be_chance(model: Entry, alone: Entry, difference: Entry | None) -> bool:
    """Whether the interval of the difference holds 0.

    Where the paired difference has none, it is pieced together from the two intervals (Zou and
    Donner, Statist Med 2008; 27:1693), as if the two were independent; that they were measured on
    the same patients makes the true interval narrower, so this errs towards a warning. Where the
    bootstrap cannot tell an interval, the value stands for its own limit.
    """
    if difference is not None:
        return bool(difference["low"] <= 0)
    below = 0.0 if model["low"] is None else model["value"] - model["low"]
    above = 0.0 if alone["high"] is None else alone["high"] - alone["value"]
    return bool(model["value"] - alone["value"] <= math.hypot(below, above))


def _gain(report: Report) -> list[Sentence]:
    """Say so where being told the demographics helps beyond chance; see `why_not_compared`."""
    if why_not_compared(report) is not None:
        return []
    difference = report.get("audit", {}).get("with_demographics", {}).get("difference", {}).get("macro")
    if difference is None or difference["value"] is None or (difference["low"] or 0.0) <= 0:
        return []
    text = (
        f"Told age, sex, smoking and residence as well, the model gains {metric_short(difference)} AUROC: the labels "
        "hang on who the patient is, beyond what is heard."
    )
    return [Sentence("note", "demographics", text)]
