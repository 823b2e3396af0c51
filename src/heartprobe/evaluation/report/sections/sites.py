"""The results site by site, and how the sites differ in their patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.report.cells import metric_cell, missing_notes, percent
from heartprobe.evaluation.report.content import Block, Cell, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.wording import Entry, Report, count, number, question

#: Level, label and metric.
_Place = tuple[str, str, str]

_METRICS: Final = {"auroc": "AUROC", "sensitivity": "Sensitivity", "specificity": "Specificity"}

#: What is counted of each field of the demographics.
_FIELDS: Final = {"sex": "women", "smoking": "smokers", "residence": "rural"}

_MEAN: Final = (
    "The mean counts every site the same. It has no interval: a handful of sites does not tell how far others would "
    "lie from it. Sites may mean different things by abnormal, so quote them one by one beside it."
)
_ONE_TESTED: Final = "All tested patients are of one site, so nothing can be said of how results differ between sites."
_UNKNOWN: Final = "An unknown label or fact counts neither as absent nor as present: shares are of those who are known."


def sites_section(report: Report) -> Section | None:
    """Return the results of each site, and who was recorded there."""
    described: Mapping[str, Any] = (report.get("audit") or {}).get("sites") or {}
    blocks: list[Block] = []
    if "sites" in report:
        blocks += _results(report, report["sites"])
    elif len(described) > 1:
        blocks.append(Paragraph(_ONE_TESTED))
    if len(described) > 1:
        blocks.append(_patients(described))
    return Section(titles.SITES, tuple(blocks)) if blocks else None


def _results(report: Report, sites: Mapping[str, Any]) -> list[Table]:
    """Return one table with all metrics of one label, or one per metric with a column per label."""
    labels = list(report["levels"]["patient"]["labels"])
    if len(labels) > 1:
        by_label = {
            metric: {f"{title} {label}": ("patient", label, metric) for label in labels}
            for metric, title in _METRICS.items()
        }
        return [
            _table(report, sites, columns, f"{_METRICS[metric]} of the patients tested at each site", metric != "auroc")
            for metric, columns in by_label.items()
        ]
    (label,) = labels
    columns = {title: ("patient", label, metric) for metric, title in _METRICS.items()}
    if "recording" in report["levels"]:
        columns["AUROC per recording"] = ("recording", label, "auroc")
    return [_table(report, sites, columns, "Patients tested at each site", is_folded=False)]


def _table(
    report: Report, sites: Mapping[str, Any], columns: Mapping[str, _Place], caption: str, is_folded: bool
) -> Table:
    """Return a row for each site, and below them their mean where the columns hold an AUROC."""
    entries: dict[str, dict[str, Entry]] = {
        site: {
            title: found["levels"][level]["labels"][label][metric] for title, (level, label, metric) in columns.items()
        }
        for site, found in sites.items()
    }
    rows = [
        Row((Cell(site), Cell(count(sites[site]["levels"]["patient"]["patients"])), *map(metric_cell, found.values())))
        for site, found in entries.items()
    ]
    missing = missing_notes((site, title, entry) for site, found in entries.items() for title, entry in found.items())
    header = ("", "Patients", *columns)
    if all(metric != "auroc" for _, _, metric in columns.values()):
        return Table(header, tuple(rows), caption, missing=missing, is_folded=is_folded)
    means = (_mean_cell(report, *where) for where in columns.values())
    rows.append(Row((Cell("mean over sites"), Cell(""), *means)))
    return Table(header, tuple(rows), caption, (_MEAN,), missing, is_folded)


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
