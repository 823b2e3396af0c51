"""A leaderboard as a document, which becomes Markdown and HTML, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from heartprobe.benchmark.picture import Panel, Point, draw
from heartprobe.benchmark.reading import quality, ranks_nobody, score, sentences
from heartprobe.benchmark.tables import at_each_site, other_metrics, ranking, site_differences
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.report import content
from heartprobe.evaluation.report.content import Block, Document, Paragraph, Picture, Section
from heartprobe.evaluation.report.sections.opening import NO_DEVICE, SYNTHETIC

_COST: Final = "milliseconds for 20 s of sound"

_INTERVALS: Final = (
    "In brackets: 95 % intervals over patients. A difference is that of a model to the baseline on the same patients; "
    "p is two-sided and not adjusted for the number of comparisons."
)
_SITES: Final = (
    "A mean over sites counts every site the same and has no interval: a handful of sites does not tell how far others "
    "would lie from it, and sites may mean different things by abnormal, so it is to be quoted with the sites beside "
    "it. Intervals of differences between means are about other patients of these sites, not about other sites."
)
_NOBODY: Final = (
    "Demographics alone rank nobody here: they are not known both where models are trained and where they are tested."
)
#: Waiting for the processor so much longer than using it means that others used it.
_BUSY: Final = 1.2

_PICTURE: Final = "Quality against cost. {} Hollow: the baseline. Dashed: the best that each cost buys."
_LINES: Final = "Vertical lines: 95 % intervals over patients."
_STROKES: Final = "Short strokes: the sites, of which the dot is the mean."


def compose(board: JSONObject, costs: JSONObject) -> Document:
    """Return the whole leaderboard.

    Args:
        board: As it stands in `leaderboard.json`.
        costs: As they stand in `cost.json`.
    """
    tasks = board["tasks"].values()
    opening: list[Block] = []
    if any(task["data"] and task["data"]["is_synthetic"] for task in tasks):
        opening.append(Paragraph(SYNTHETIC, "alert"))
    opening += [Paragraph(text, "lead") for text in (board["about"],) if text]
    opening.append(Paragraph(NO_DEVICE, "note"))
    sections = [_section(board, task, costs) for task in tasks]
    return Document(board["title"], tuple(opening), (*sections, _method(board, costs)))


def panels(board: JSONObject, costs: JSONObject) -> tuple[Panel, ...]:
    """Return a picture for each task of which a model has both quality and cost."""
    found = (_panel(board, task, costs) for task in board["tasks"].values())
    return tuple(panel for panel in found if panel is not None)


def _section(board: JSONObject, task: JSONObject, costs: JSONObject) -> Section:
    blocks: list[Block] = [Paragraph(text) for text in (task["about"], _population(task)) if text]
    blocks += [
        Paragraph(f"{failure['entry']} is not in the table: {failure['reason']}", "alert") for failure in task["failed"]
    ]
    if task["rows"]:
        blocks += [Paragraph(text) for text in sentences(board, task)]
        if task["groups"]:
            blocks += [Paragraph(_NOBODY)] if ranks_nobody(task) else []
            blocks += [at_each_site(task), site_differences(board, task, costs)]
        else:
            blocks += [ranking(board, task, costs), other_metrics(board, task)]
    if (panel := _panel(board, task, costs)) is not None:
        blocks.append(
            Picture(
                (content.Panel(draw(panel)),), _PICTURE.format(_STROKES if task["groups"] else _LINES), is_large=True
            )
        )
    return Section(task["title"], tuple(blocks))


def _method(board: JSONObject, costs: JSONObject) -> Section:
    """Say what the numbers are and how the time was taken."""
    has_sites = any(task["groups"] for task in board["tasks"].values())
    time = (
        f"Time: one recording of {costs['recording_s']:g} s, from the file to the answer, on one thread of "
        f"{costs['machine']['processor']}; the median of {costs['rounds']} rounds in which all models took turns, in "
        "brackets the fastest and the slowest. Weights: parameters of the encoder, and their megabytes in memory."
    )
    texts = [_INTERVALS, *([_SITES] if has_sites else []), time]
    ways = costs["ways"].values()
    share = max((cost["milliseconds"]["median"] / cost["processor_milliseconds"] for cost in ways), default=0.0)
    if share > _BUSY:
        texts.append(
            f"The machine was busy with other work: by the clock it took up to {share:.1f} times as long as the "
            "processor was at it."
        )
    return Section("How it was measured", tuple(Paragraph(text) for text in texts))


def _population(task: JSONObject) -> str:
    """Say who was tested, and how."""
    if task["data"] is None:
        return "No model has a result."
    data = task["data"]
    ways = {
        "cv": f"{task['folds']}-fold cross-validation over patients",
        "leave-site-out": "each site tested by a model of the others",
        "external": "tested on other data sets than it was developed on",
        "splits": "with published splits",
        "holdout": "one split",
    }
    often = f", {task['repeats']} times over" if task["protocol"] == "cv" and task["repeats"] > 1 else ""
    return (
        f"{data['name'].replace('+', ' and ')}: {data['patients']} patients, {data['recordings']} recordings; "
        f"{ways[task['protocol']]}{often}. Whatever is chosen is chosen on validation patients; those who are "
        "tested decide nothing."
    )


def _panel(board: JSONObject, task: JSONObject, costs: JSONObject) -> Panel | None:
    points = tuple(_points(board, task, costs["ways"]))
    if not points:
        return None
    return Panel(
        title=task["title"],
        quality=quality(board, task),
        cost=_COST,
        points=points,
        floor=None if ranks_nobody(task) else score(board, task, task["demographics_alone"])["value"],
        is_lower_better=board["sort_by"] == "brier",
    )


def _points(board: JSONObject, task: JSONObject, ways: Mapping[str, JSONObject]) -> Iterator[Point]:
    for row in task["rows"]:
        entry = score(board, task, row)
        if entry["value"] is not None and row["way"] in ways:
            yield Point(
                name=row["entry"],
                milliseconds=ways[row["way"]]["milliseconds"]["median"],
                value=entry["value"],
                low=entry.get("low"),
                high=entry.get("high"),
                parts=tuple(_at_sites(row)),
                is_baseline=row["entry"] == board["baseline"],
            )


def _at_sites(row: JSONObject) -> Iterator[float]:
    for found in row.get("sites", {}).values():
        yield from (entry["value"] for entry in found["labels"].values() if entry["value"] is not None)
