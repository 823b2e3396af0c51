"""What a table says, in sentences that are made from its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from heartprobe.benchmark.sites import ALL_SITES
from heartprobe.benchmark.specification import LOWER_IS_BETTER
from heartprobe.evaluation.audit.demographics_sentences import SHORTCUT_AUROC
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.metrics.formulas import METRIC_NAMES
from heartprobe.evaluation.wording import listed, metric_text, number, question


def sentences(board: JSONObject, task: JSONObject) -> Iterator[str]:
    """Yield what a reader should take from the table of a task; nothing where it has no rows.

    Args:
        board: The leaderboard.
        task: One of its tasks.
    """
    if not task["rows"]:
        return
    yield from _best_over_sites(task) if task["groups"] else _best(board, task)
    yield from _against_baseline(board, task)
    yield from _below_chance(task) if task["groups"] else _shortcuts(task)


def quality(board: JSONObject, task: JSONObject) -> str:
    """Return the name of what the table is sorted by."""
    metric = METRIC_NAMES[board["sort_by"]]
    if task["groups"]:
        return f"{metric}, mean of {len(task['groups'][ALL_SITES])} sites"
    return f"{metric} {task['labels'][0]}" if len(task["labels"]) == 1 else f"macro {metric}"


def score(board: JSONObject, task: JSONObject, row: JSONObject) -> JSONObject:
    """Return what a row, or demographics alone, is sorted by: an entry with its `value`."""
    entry: JSONObject = row["site_means"][ALL_SITES] if task["groups"] else row["macro"][board["sort_by"]]
    return entry


def difference(board: JSONObject, task: JSONObject, row: JSONObject) -> JSONObject | None:
    """Return the paired difference of the score to the baseline; `None` for the baseline and without it."""
    found: JSONObject | None = row.get("difference")
    if found is None:
        return None
    entry: JSONObject = found["site_means"][ALL_SITES] if task["groups"] else found["macro"][board["sort_by"]]
    return entry


def ranks_nobody(task: JSONObject) -> bool:
    """Whether demographics alone give everybody of a site the same, as where no other site knows them."""
    if not task["groups"]:
        return False
    at_sites = task["demographics_alone"]["sites"].values()
    return all(entry["value"] in (None, 0.5) for found in at_sites for entry in found["labels"].values())


def _best(board: JSONObject, task: JSONObject) -> Iterator[str]:
    first = task["rows"][0]
    best = "Lowest" if board["sort_by"] in LOWER_IS_BETTER else "Highest"
    yield f"{best} {quality(board, task)}: {first['entry']}, {metric_text(score(board, task, first))}."


def _best_over_sites(task: JSONObject) -> Iterator[str]:
    for row in task["rows"]:
        at = [
            (entry["value"], f"{site}" if len(task["labels"]) == 1 else f"{site}, {label}")
            for site, found in row["sites"].items()
            for label, entry in found["labels"].items()
            if entry["value"] is not None
        ]
        if not at:
            continue
        means = [
            f"{number(mean['value'])} over {_group(name, members, mean)}"
            for name, members in task["groups"].items()
            if (mean := row["site_means"][name])["value"] is not None
        ]
        (lowest, worst), (highest, best) = min(at), max(at)
        yield (
            f"{row['entry']}: AUROC from {number(lowest)} ({worst}) to {number(highest)} ({best}); in the mean "
            f"{listed(means)}."
        )


def _group(name: str, members: list[str], mean: JSONObject) -> str:
    group = f"all {len(members)} sites" if name == ALL_SITES else f"the {len(members)} {name}"
    left_out = mean.get("left_out")
    return f"{group} without {listed(left_out)}, where it is undefined" if left_out else group


def _against_baseline(board: JSONObject, task: JSONObject) -> Iterator[str]:
    """Say on which side of the baseline the others lie, as far as the patients tell."""
    if all(row["entry"] != board["baseline"] for row in task["rows"]):
        yield f"The baseline, {board['baseline']}, has no result here, so nothing is compared with it."
        return
    sides: dict[str, list[str]] = {"above": [], "below": [], "both": []}
    for row in task["rows"]:
        entry = difference(board, task, row)
        if entry is None or entry["value"] is None or entry["low"] is None:
            continue
        side = "above" if entry["low"] > 0 else "below" if entry["high"] < 0 else "both"
        text = f"({signed(entry['value'])}, {signed(entry['low'])} to {signed(entry['high'])})"
        sides[side].append(f"{row['entry']} {text}")
    texts = {
        "above": "Higher than {} on the same patients, with the whole interval above 0",
        "below": "Lower than {} on the same patients, with the whole interval below 0",
        "both": "Not settled against {}, because the interval of the difference holds 0",
    }
    for side, names in sides.items():
        if names:
            yield f"{texts[side].format(board['baseline'])}: {'; '.join(names)}."


def _shortcuts(task: JSONObject) -> Iterator[str]:
    alone: Mapping[str, JSONObject] = task["demographics_alone"]["labels"]
    for label, metrics in alone.items():
        if (metrics["auroc"]["value"] or 0) >= SHORTCUT_AUROC:
            yield (
                f"{label}: age, sex, smoking and residence alone reach an AUROC of {metric_text(metrics['auroc'])}; "
                "in these data the label can be told without hearing the heart, and a good result on it says little."
            )


def _below_chance(task: JSONObject) -> Iterator[str]:
    for row in task["rows"]:
        turned = [
            f"{site} ({question(label)}: {number(entry['value'])}, at most {number(entry['high'])})"
            for site, found in row["sites"].items()
            for label, entry in found["labels"].items()
            if entry["value"] is not None and entry["high"] is not None and entry["high"] < 0.5
        ]
        if turned:
            yield (
                f"Below chance with its whole interval: {row['entry']} at {listed(turned)}. What it goes by elsewhere "
                "points the wrong way there."
            )


def signed(value: float) -> str:
    """Return a difference with its sign; what rounds to nothing has none."""
    text = f"{value:+.3f}".replace("-", "−")
    return "0.000" if text[1:] == "0.000" else text
