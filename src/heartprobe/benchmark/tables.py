"""The tables of a leaderboard."""

from __future__ import annotations

from typing import Final

from heartprobe.benchmark.reading import difference, quality, ranks_nobody, signed
from heartprobe.benchmark.sites import ALL_SITES
from heartprobe.evaluation.comparison.compare import COMPARED
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.metrics.formulas import METRIC_NAMES
from heartprobe.evaluation.report.cells import metric_cell, metric_notes, missing_notes
from heartprobe.evaluation.report.content import Cell, Row, Table

#: What the row is called that hears nothing.
ALONE: Final = "demographics alone"

_COST_HEADER: Final = ("ms for 20 s of sound", "Weights")


def ranking(board: JSONObject, task: JSONObject, costs: JSONObject) -> Table:
    """Return the table that is sorted: the score, each label, the difference to the baseline, the cost."""
    metric = board["sort_by"]
    labels = task["labels"] if len(task["labels"]) > 1 else []
    rows, missing = [], []
    for row in _with_demographics(task):
        entries = {quality(board, task): row["macro"][metric]} | {
            label: row["labels"][label][metric] for label in labels
        }
        paired = difference(board, task, row)
        cells = (*map(metric_cell, entries.values()), _difference_cell(paired), *_cost_cells(costs, row))
        rows.append(Row((_name(row), *cells), is_muted=row["entry"] == ALONE))
        missing += [(row["entry"], *named) for named in (entries | {"Difference": paired}).items()]
    header = ("Model", quality(board, task), *labels, "Difference", *_COST_HEADER)
    caption = f"{METRIC_NAMES[metric]} per patient, best first, and its difference to {board['baseline']}"
    return Table(header, tuple(rows), caption, missing=missing_notes(missing))


def other_metrics(board: JSONObject, task: JSONObject) -> Table:
    """Return the metrics by which the table is not sorted, as their mean over the labels."""
    shown = [metric for metric in COMPARED if metric != board["sort_by"]]
    named = [(row["entry"], row["macro"]) for row in _with_demographics(task)]
    rows = [
        Row((Cell(name), *(metric_cell(macro[metric]) for metric in shown)), is_muted=name == ALONE)
        for name, macro in named
    ]
    of = f"of {task['labels'][0]}" if len(task["labels"]) == 1 else "mean over labels"
    header = ("Model", *(METRIC_NAMES[metric] for metric in shown))
    return Table(
        header, tuple(rows), f"Other metrics per patient, {of}", missing=metric_notes(named, shown), is_folded=True
    )


def at_each_site(task: JSONObject) -> Table:
    """Return the means over groups of sites and every site, side by side.

    Demographics that rank nobody, because the other sites do not know them, have no row.
    """
    columns = [(site, label) for site in task["groups"][ALL_SITES] for label in task["labels"]]
    titles = [f"{site} {label}" if len(task["labels"]) > 1 else site for site, label in columns]
    header = ("Model", *_group_titles(task), *titles)
    rows, missing = [], []
    for row in _with_demographics(task):
        entries = [_at(row, *column) for column in columns]
        cells = [*(row["site_means"][group] for group in task["groups"]), *entries]
        rows.append(Row((_name(row), *map(metric_cell, cells)), is_muted=row["entry"] == ALONE))
        missing += [(row["entry"], title, cell) for title, cell in zip(header[1:], cells, strict=True)]
    return Table(header, tuple(rows), "AUROC per patient at each site, best mean first", missing=missing_notes(missing))


def site_differences(board: JSONObject, task: JSONObject, costs: JSONObject) -> Table:
    """Return how far the means over groups of sites lie from those of the baseline, and the cost."""
    titles = _group_titles(task)
    rows, missing = [], []
    for row in task["rows"]:
        found = row.get("difference", {}).get("site_means", {})
        entries = [found.get(group) for group in task["groups"]]
        rows.append(Row((Cell(row["entry"]), *map(_difference_cell, entries), *_cost_cells(costs, row))))
        missing += [(row["entry"], title, entry) for title, entry in zip(titles, entries, strict=True)]
    caption = f"Differences of the means to {board['baseline']}, and cost"
    return Table(("Model", *titles, *_COST_HEADER), tuple(rows), caption, missing=missing_notes(missing))


def _with_demographics(task: JSONObject) -> list[JSONObject]:
    if ranks_nobody(task):
        return list(task["rows"])
    return [*task["rows"], {"entry": ALONE, **task["demographics_alone"]}]


def _at(row: JSONObject, site: str, label: str) -> JSONObject:
    absent = {"value": None, "reason": "the label is not known there"}
    entry: JSONObject = row["sites"].get(site, {"labels": {}})["labels"].get(label, absent)
    return entry


def _group_titles(task: JSONObject) -> list[str]:
    return [
        f"Mean of {len(members)} {'sites' if group == ALL_SITES else group}"
        for group, members in task["groups"].items()
    ]


def _name(row: JSONObject) -> Cell:
    """Return the name, and what was chosen most often where splits chose differently."""
    details = []
    for what, counts in row.get("chosen", {}).items():
        if len(counts) > 1:
            value, often = next(iter(counts.items()))
            details.append(f"{what.replace('_', ' ')} {value} in {often} of {sum(counts.values())} splits")
    return Cell(row["entry"], f"({'; '.join(details)})" if details else "")


def _difference_cell(entry: JSONObject | None) -> Cell:
    """Return a difference with its interval and p-value; blank for the baseline itself."""
    if entry is None:
        return Cell("")
    if entry["value"] is None:
        return Cell("–")
    if entry["low"] is None:
        return Cell(f"{signed(entry['value'])}*")
    p = "p < 0.001" if entry["p"] < 0.001 else f"p {entry['p']:.3f}"
    return Cell(f"{signed(entry['value'])}, {p}", f"({signed(entry['low'])} to {signed(entry['high'])})")


def _cost_cells(costs: JSONObject, row: JSONObject) -> tuple[Cell, Cell]:
    cost = costs["ways"].get(row.get("way"))
    if cost is None:
        return Cell(""), Cell("")
    times = cost["milliseconds"]
    weights = Cell("none")
    if cost["parameters"]:
        weights = Cell(f"{cost['parameters'] / 1e6:.1f} M", f"({_short(cost['megabytes'])} MB)")
    return Cell(_short(times["median"]), f"({_short(times['low'])}–{_short(times['high'])})"), weights


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
