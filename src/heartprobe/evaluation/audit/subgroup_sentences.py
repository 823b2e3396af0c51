"""Whom the model serves worse than others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from heartprobe.evaluation.audit.partitions import UNKNOWN
from heartprobe.evaluation.audit.sentence import Sentence
from heartprobe.evaluation.metrics.entries import JSONObject, share_entry
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Entry, Report, listed, metric_short, number
from heartprobe.labels import NORMAL

#: A difference between postures is named below this p-value: it is asked for every label.
POSTURE_P: Final = 0.01

#: An AUROC that is lower by this among the ill is named.
WORTH_NAMING: Final = 0.05


def compared_rates(label: str) -> tuple[str, ...]:
    """Return the rates in which groups are compared.

    The specificity only where those without the finding are all healthy. Those without a certain
    lesion are healthy, or have another one, and more of the one in some groups: that alone makes
    their specificities differ.
    """
    return ("sensitivity", "specificity") if label == NORMAL else ("sensitivity",)


def subgroup_sentences(report: Report) -> list[Sentence]:
    """Name each group whose whole interval lies below that of all others together.

    Intervals that do not touch ask for more than a difference that is significant at 5 % (Schenker
    and Gentleman, Am Stat 2001; 55:182), which is wanted: a report makes dozens of such comparisons.
    """
    divided = [part for part in report.get("audit", {}).get("subgroups", ()) if part["level"] == "patient"]
    texts = [text for part in divided if "groups" in part for text in _weaker(part["title"], part["groups"])]
    return [Sentence("warning", "subgroups", text) for text in texts]


def posture_notes(report: Report) -> list[Sentence]:
    """Name the labels that one posture ranks better than the other on the same patients."""
    found = report.get("audit", {}).get("posture_difference", {})
    notes = []
    for label, entries in found.get("labels", {}).items():
        auroc = entries["auroc"]
        if auroc["value"] is None or auroc.get("p") is None or auroc["p"] >= POSTURE_P:
            continue
        better, worse = (found["of"], found["minus"]) if auroc["value"] > 0 else (found["minus"], found["of"])
        text = (
            f"{label}: single recordings of {better} patients rank better than those of the same patients {worse} "
            f"(AUROC {number(auroc['run'])} {found['of']}, {number(auroc['baseline'])} {found['minus']})."
        )
        notes.append(Sentence("note", "subgroups", text))
    return notes


def ill_alone_notes(report: Report) -> list[Sentence]:
    """Name the lesions that are told from each other worse than from health; not over sites with a model each."""
    if has_model_per_site(report):
        return []
    parts = {part["by"]: part for part in report.get("audit", {}).get("subgroups", ())}
    groups = {group["group"]: group for group in parts.get("heart", {}).get("groups", ())}
    if "abnormal" not in groups:
        return []
    of_all = report["levels"]["patient"]["labels"]
    aurocs = {
        label: (of_all[label]["auroc"]["value"], metrics["auroc"]["value"])
        for label, metrics in groups["abnormal"]["labels"].items()
    }
    fallen = [
        f"{label} {number(alone)} instead of {number(everybody)}"
        for label, (everybody, alone) in aurocs.items()
        if everybody is not None and alone is not None and everybody - alone >= WORTH_NAMING
    ]
    if not fallen:
        return []
    text = (
        f"Among the {groups['abnormal']['patients']} abnormal patients alone the AUROC is lower: {listed(fallen)}. The "
        "rest is telling the ill from the healthy."
    )
    return [Sentence("note", "subgroups", text)]


def _weaker(title: str, groups: Sequence[JSONObject]) -> Iterator[str]:
    known = [group for group in groups if group["group"] != UNKNOWN]
    for group in known:
        others = [other for other in known if other is not group]
        for label, metrics in group["labels"].items():
            for rate in compared_rates(label):
                of_group, of_others = metrics[rate], _pooled([other["labels"] for other in others], label, rate)
                if _is_below(of_group, of_others):
                    yield (
                        f"{title}, {group['group']}: the {rate} for {label} is {metric_short(of_group)}, that of all "
                        f"others {metric_short(of_others)}."
                    )


def _pooled(labels: Sequence[Mapping[str, Any]], label: str, rate: str) -> JSONObject:
    """Return the rate of several groups together: the groups share no patient, so that counts add up."""
    entries = [of_group[label][rate] for of_group in labels if label in of_group]
    counted = [entry for entry in entries if entry["value"] is not None]
    n = sum(entry["n"] for entry in counted)
    share = sum(entry["value"] * entry["n"] for entry in counted) / n if n else float("nan")
    return share_entry(share, n, "no other group has such patients")


def _is_below(group: Entry, others: Entry) -> bool:
    return group["value"] is not None and others["value"] is not None and bool(group["high"] < others["low"])
