"""The results site by site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.report.content import Block, Cell, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.wording import Entry, Report, count, metric_cell, metric_notes, number, question

_OF_ONE_LABEL: Final = {"auroc": "AUROC", "sensitivity": "Sensitivity", "specificity": "Specificity"}

_MEAN: Final = (
    "The mean counts every site the same. It has no interval: a handful of sites does not tell how far others would "
    "lie from it. Sites may mean different things by abnormal, so quote them one by one beside it."
)


def sites_section(report: Report) -> Section:
    """Return a table with a row for each site, and a sentence on each where the model is misled."""
    sites: Mapping[str, Any] = report["sites"]
    blocks: list[Block] = [_table(report, sites), *(Paragraph(text, "alert") for text in _misled(sites))]
    return Section("Site by site", tuple(blocks))


def _table(report: Report, sites: Mapping[str, Any]) -> Table:
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
    notes = metric_notes(
        (
            (site + title.removeprefix("AUROC"), {"auroc": entry})
            for site, by_title in entries.items()
            for title, entry in by_title.items()
            if "AUROC" in title
        ),
        ("auroc",),
    )
    header = ("", "Patients", *(title for title, _ in columns))
    return Table(header, tuple(rows), "Patients tested at each site", (_MEAN, *notes))


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


def _misled(sites: Mapping[str, Any]) -> list[str]:
    """Say where the whole interval lies below chance."""
    return [
        f"{site}: the AUROC for {question(label)} is {number(auroc['value'])} (95 % interval {number(auroc['low'])} to "
        f"{number(auroc['high'])}), below chance. What the model goes by elsewhere points the wrong way here."
        for site, found in sites.items()
        for label, metrics in found["levels"]["patient"]["labels"].items()
        if (auroc := metrics["auroc"])["value"] is not None and auroc["high"] is not None and auroc["high"] < 0.5
    ]
