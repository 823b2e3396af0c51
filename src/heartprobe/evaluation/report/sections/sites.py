"""The results site by site, and how the sites differ in their patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.report.cells import metric_cell, metric_notes, percent
from heartprobe.evaluation.report.content import Block, Cell, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.wording import Entry, Report, count, number, question

_OF_ONE_LABEL: Final = {"auroc": "AUROC", "sensitivity": "Sensitivity", "specificity": "Specificity"}

#: What is counted of each field of the demographics.
_FIELDS: Final = {"sex": "women", "smoking": "smokers", "residence": "rural"}

_MEAN: Final = (
    "The mean counts every site the same. It has no interval: a handful of sites does not tell how far others would "
    "lie from it. Sites may mean different things by abnormal, so quote them one by one beside it."
)
_UNKNOWN: Final = "An unknown label or fact counts neither as absent nor as present: shares are of those who are known."


def sites_section(report: Report) -> Section | None:
    """Return the results of each site, and who was recorded there."""
    described: Mapping[str, Any] = (report.get("audit") or {}).get("sites") or {}
    blocks: list[Block] = []
    if "sites" in report:
        blocks.append(_results(report, report["sites"]))
    if len(described) > 1:
        blocks.append(_patients(described))
    return Section(titles.SITES, tuple(blocks)) if blocks else None


def _results(report: Report, sites: Mapping[str, Any]) -> Table:
    columns = _columns(report)
    entries: dict[str, dict[str, Entry]] = {
        site: {title: found["levels"][level]["labels"][label][metric] for title, (level, label, metric) in columns}
        for site, found in sites.items()
    }
    rows = [
        Row(
            (
                Cell(site),
                Cell(count(sites[site]["levels"]["patient"]["patients"])),
                *(metric_cell(by_title[title]) for title, _ in columns),
            )
        )
        for site, by_title in entries.items()
    ]
    rows.append(Row((Cell("mean over sites"), Cell(""), *(_mean_cell(report, *where) for _, where in columns))))
    missing = metric_notes(
        (
            (site + title.removeprefix("AUROC"), {"auroc": entry})
            for site, by_title in entries.items()
            for title, entry in by_title.items()
            if "AUROC" in title
        ),
        ("auroc",),
    )
    header = ("", "Patients", *(title for title, _ in columns))
    return Table(header, tuple(rows), "Patients tested at each site", (_MEAN,), missing)


def _columns(report: Report) -> list[tuple[str, tuple[str, str, str]]]:
    """Return the titles with level, label and metric: the AUROC of each label, and more where there is one."""
    labels = report["levels"]["patient"]["labels"]
    if len(labels) > 1:
        return [(f"AUROC {label}", ("patient", label, "auroc")) for label in labels]
    (label,) = labels
    columns = [(title, ("patient", label, metric)) for metric, title in _OF_ONE_LABEL.items()]
    if "recording" in report["levels"]:
        columns.append(("AUROC per recording", ("recording", label, "auroc")))
    return columns


def _mean_cell(report: Report, level: str, label: str, metric: str) -> Cell:
    if metric != "auroc":
        return Cell("")
    entry = report["sites_mean"][level][label]["auroc"]
    return Cell("–") if entry["value"] is None else Cell(number(entry["value"]), f"({entry['n']} sites)")


def _patients(sites: Mapping[str, Any]) -> Table:
    labels = list(dict.fromkeys(label for site in sites.values() for label in site["labels"]))
    rows = tuple(
        Row(
            (
                Cell(name),
                Cell(count(site["patients"])),
                Cell(count(site["recordings"])),
                *(_share(site["labels"].get(label), "with_finding") for label in labels),
                *_demographics(site.get("demographics") or {}),
            )
        )
        for name, site in sites.items()
    )
    findings = (f"Finding of {question(label)}" for label in labels)
    header = ("", "Patients", "Recordings", *findings, "Age", "Women", "Smokers", "Rural")
    return Table(header, rows, "Who was recorded where", (_UNKNOWN,))


def _demographics(found: Mapping[str, Any]) -> tuple[Cell, ...]:
    age = found.get("age") or {}
    if age.get("known"):
        years = Cell(f"{age['mean']:.0f}", f"({age['youngest']:g}–{age['oldest']:g}, {age['known']} known)")
    else:
        years = Cell("unknown")
    shares = ((found.get(field), key) for field, key in _FIELDS.items())
    return (years, *(_share(counts, key) for counts, key in shares))


def _share(counts: Mapping[str, Any] | None, key: str) -> Cell:
    if not counts or not counts.get("known"):
        return Cell("unknown")
    return Cell(percent(round(counts[key] / counts["known"], 2)), f"({counts[key]} of {counts['known']})")
