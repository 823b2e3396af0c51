"""What sounds that stand under several names do to the result."""

from __future__ import annotations

from typing import Final

from heartprobe.evaluation.audit.sentence import Sentence
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Entry, Report, counted, metric_short, number

#: A change of the AUROC that is no chance, but smaller than this alters no conclusion.
WORTH_A_WARNING: Final = 0.01


def sound_sentences(report: Report) -> list[Sentence]:
    """Warn of sounds that several patients share, and of those that change the result."""
    return [*_shared(_identical(report)), *_effect(report, is_warning=True)]


def sound_notes(report: Report) -> list[Sentence]:
    """Say how little the result depends on them, where it does not."""
    return _effect(report, is_warning=False)


def _identical(report: Report) -> Entry:
    found: Entry = report.get("audit", {}).get("identical", {})
    return found


def _shared(found: Entry) -> list[Sentence]:
    if not found.get("across_patients"):
        return []
    places = [(found["across_data_sets"], "data sets"), (found["across_sites"] - found["across_data_sets"], "sites")]
    where = "".join(f", {n} across {place}" for n, place in places if n)
    doubt = f" The labels of {found['contradicting']} contradict each other." if found["contradicting"] else ""
    text = (
        f"Patients share sounds ({counted(found['across_patients'], 'sound')}{where}): what is learned under one name "
        f"can be tested under another.{doubt}"
    )
    return [Sentence("warning", "identical", text)]


def _effect(report: Report, *, is_warning: bool) -> list[Sentence]:
    """Return the sentence on the effect, if it is a warning or, other than that, if it is none.

    It is measured on the AUROC of all patients together, which is nothing to go by where each site had another model.
    """
    if has_model_per_site(report):
        return []
    found = _identical(report)
    difference = found.get("difference", {}).get("macro")
    if difference is None or difference["value"] is None:
        return []
    is_sure = difference["low"] is not None and not difference["low"] <= 0 <= difference["high"]
    if (is_sure and abs(difference["value"]) >= WORTH_A_WARNING) != is_warning:
        return []
    who = f"Without the {counted(found['without']['patients'], 'patient')} whose sound stands under several names, "
    if is_warning:
        return [Sentence("warning", "identical", f"{who}the AUROC changes by {metric_short(difference)}.")]
    entries = found["difference"]["labels"].values()
    largest = max(abs(entry["value"]) for entry in entries if entry["value"] is not None)
    return [Sentence("note", "identical", f"{who}no AUROC changes by more than {number(largest)}.")]
