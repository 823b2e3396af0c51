"""What is decided, at which threshold, and what an answer means elsewhere."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from heartprobe.evaluation.report.cells import interval, metric_cell, missing_notes, percent, plain
from heartprobe.evaluation.report.content import Block, Cell, Group, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.benefit import benefit_group
from heartprobe.evaluation.report.sections.pooled import DECIDED, pooled_caution
from heartprobe.evaluation.report.sections.uncertain import uncertain_group
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Entry, Report, count, counted, number

_PREVALENCE: Final = (
    "PPV: of patients who are declared to have the finding, the share who have it. NPV: of the others, the share who "
    "do not. Both depend on how common the finding is; these take sensitivity and specificity as they are here, and "
    "ask what an answer would mean where the finding is as common as stated (Bayes)."
)
_ON_TESTED: Final = (
    "The sensitivity at this specificity is that of the ROC curve of the tested patients: what a threshold could "
    "reach, not what the chosen ones did."
)


def decisions_section(report: Report) -> Section:
    """Return the confusion counts, and thresholds, predictive values, net benefit and uncertainty where measured."""
    decisions = report.get("decisions") or {}
    labels: Mapping[str, Any] = decisions.get("labels", {})
    confusions = tuple(_confusion(level, values) for level, values in report["levels"].items())
    groups: list[Block | None] = [*pooled_caution(report, DECIDED), Group("Confusion", confusions)]
    if labels:
        largest_error = decisions.get("rule", {}).get("largest_error")
        groups += [
            _thresholds(decisions, report["selection"], has_roc=not has_model_per_site(report)),
            _at_prevalences(labels),
            benefit_group(labels),
            uncertain_group(labels, largest_error),
        ]
    return Section(titles.DECISIONS, tuple(group for group in groups if group is not None))


def _confusion(level: str, values: Mapping[str, Any]) -> Table:
    rows = [
        Row((Cell(label), *(Cell(count(metrics["confusion"][cell])) for cell in ("tp", "fn", "fp", "tn"))))
        for label, metrics in values["labels"].items()
    ]
    header = ("Finding", "found (TP)", "missed (FN)", "false alarm (FP)", "rightly free (TN)")
    note = "The finding of N is an abnormal heart. With several repeats, counts are means over them."
    return Table(header, tuple(rows), f"Decisions per {level}", (note,), is_folded=level != "patient")


def _thresholds(decisions: Mapping[str, Any], selection: Sequence[Mapping[str, Any]], *, has_roc: bool) -> Group:
    """Return the thresholds, beside what others could have reached where the patients have one ROC curve."""
    labels = decisions["labels"]
    reached = {label: found["sensitivity_at_specificity"] for label, found in labels.items()} if has_roc else {}
    rows = [
        Row(
            (
                Cell(label),
                _threshold_cell([fold["threshold"] for fold in found["thresholds"]]),
                *([metric_cell(reached[label])] if has_roc else []),
            )
        )
        for label, found in labels.items()
    ]
    names = [f"Sensitivity at a specificity of {entry['specificity']:g}" for entry in reached.values()][:1]
    missing = missing_notes((label, names[0].lower(), entry) for label, entry in reached.items())
    table = Table(
        ("", "Threshold: median (range over folds)", *names),
        tuple(rows),
        notes=(_ON_TESTED,) if has_roc else (),
        missing=(*missing, *_untold(selection)),
    )
    return Group("Thresholds", (Paragraph(_rule_words(decisions.get("rule", {}))), table))


def _rule_words(rule: Mapping[str, Any]) -> str:
    match rule.get("threshold_rule"):
        case "fixed":
            # A bundle does not keep what was asked for, but what came of it, which stands in the table.
            given = f"of {rule['threshold']:g}" if "threshold" in rule else "that was given"
            return f"A finding is declared from a probability {given} on."
        case "youden":
            return (
                "A finding is declared from the probability at which sensitivity plus specificity is highest on "
                "validation patients (Youden 1950)."
            )
        case "sensitivity":
            wanted = f"a sensitivity of {rule['sensitivity']:g}" if "sensitivity" in rule else "the wanted sensitivity"
            where = f"the highest probability at which {wanted} is reached on validation patients"
            return f"A finding is declared from {where}."
        case _:
            return f"Decided by: {plain(rule)}."


def _untold(selection: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what could not be chosen on validation patients, with the reason and in how many splits."""
    counts = Counter(
        (label, step, str(chosen["reason"]))
        for split in selection
        for label, steps in (split.get("decisions") or {}).get("labels", {}).items()
        for step, chosen in steps.get("patients", {}).items()
        if chosen.get("reason")
    )
    names = {"band": "uncertain answers"}
    return tuple(
        f"{label}, {names.get(step, step)}: {reason} ({n} of {counted(len(selection), 'split')})."
        for (label, step, reason), n in counts.items()
    )


def _threshold_cell(thresholds: Sequence[float | None]) -> Cell:
    known = [threshold for threshold in thresholds if threshold is not None]
    if not known:
        return Cell("not stated")
    middle = number(statistics.median(known))
    return Cell(middle) if len(set(known)) == 1 else Cell(middle, interval(min(known), max(known)))


def _at_prevalences(labels: Mapping[str, Any]) -> Group | None:
    prevalences = [at["prevalence"] for at in next(iter(labels.values()))["at_prevalence"]]
    if not prevalences:
        return None
    header = ("", *(f"{name} at {percent(p)}" for p in prevalences for name in ("PPV", "NPV")))
    rows = tuple(
        Row((Cell(label), *(metric_cell(at[key]) for at in found["at_prevalence"] for key in ("ppv", "npv"))))
        for label, found in labels.items()
    )
    table = Table(header, rows, missing=missing_notes(_named_values(labels)))
    return Group("Where the finding is rarer or commoner", (Paragraph(_PREVALENCE), table))


def _named_values(labels: Mapping[str, Any]) -> list[tuple[str, str, Entry]]:
    return [
        (label, f"{key.upper()} at {percent(at['prevalence'])}", at[key])
        for label, found in labels.items()
        for at in found["at_prevalence"]
        for key in ("ppv", "npv")
    ]
