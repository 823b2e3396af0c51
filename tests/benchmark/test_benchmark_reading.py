"""The sentences of a leaderboard say what its numbers say."""

from __future__ import annotations

from typing import Any

import pytest

from heartprobe.benchmark.reading import quality, sentences, signed
from heartprobe.benchmark.tables import at_each_site

JSON = dict[str, Any]


def entry(value: float, half: float = 0.05) -> JSON:
    return {"value": value, "low": value - half, "high": value + half, "n": 50}


def difference(low: float, high: float) -> JSON:
    return {"value": (low + high) / 2, "low": low, "high": high, "p": 0.1}


BOARD: JSON = {"baseline": "levels", "sort_by": "auroc"}


def pooled(differences: dict[str, JSON], alone: float = 0.6) -> JSON:
    rows: list[JSON] = [{"entry": "levels", "macro": {"auroc": entry(0.9)}}]
    rows += [
        {"entry": name, "macro": {"auroc": entry(0.8)}, "difference": {"macro": {"auroc": found}}}
        for name, found in differences.items()
    ]
    labels = {"N": {"auroc": entry(alone)}, "AS": {"auroc": entry(0.6)}}
    return {"labels": ["N", "AS"], "groups": None, "rows": rows, "demographics_alone": {"labels": labels}}


def sites(values: dict[str, JSON]) -> JSON:
    row = {
        "entry": "levels",
        "sites": {site: {"labels": {"N": found}} for site, found in values.items()},
        "site_means": {"all sites": {"value": 0.7, "n": 3}, "valve sites": {"value": 0.75, "n": 2}},
    }
    return {"labels": ["N"], "groups": {"all sites": list("abc"), "valve sites": list("ab")}, "rows": [row]}


def test_differences_are_sorted_by_where_their_interval_lies() -> None:
    task = pooled({"up": difference(0.01, 0.03), "down": difference(-0.3, -0.1), "level": difference(-0.02, 0.02)})
    text = " ".join(sentences(BOARD, task))
    assert "Highest macro AUROC: levels, 0.900 (95 % interval 0.850 to 0.950)." in text
    assert (
        "Higher than levels on the same patients, with the whole interval above 0: up (+0.020, +0.010 to +0.030)."
        in text
    )
    assert "with the whole interval below 0: down (−0.200, −0.300 to −0.100)." in text
    assert "because the interval of the difference holds 0: level (0.000, −0.020 to +0.020)." in text


def test_shortcut_is_named_where_demographics_find_a_label() -> None:
    assert not any("without hearing" in text for text in sentences(BOARD, pooled({})))
    (sentence,) = [text for text in sentences(BOARD, pooled({}, alone=0.95)) if "without hearing" in text]
    assert sentence.startswith("N: age, sex, smoking and residence alone reach an AUROC of 0.950")


def test_mean_over_sites_never_stands_alone() -> None:
    task = sites({"a": entry(0.9), "b": entry(0.8), "c": entry(0.52)})
    (sentence,) = sentences(BOARD, task)
    assert sentence == (
        "levels: AUROC from 0.520 (c) to 0.900 (a); "
        "in the mean 0.700 over all 3 sites and 0.750 over the 2 valve sites."
    )


def test_mean_names_the_sites_that_it_leaves_out() -> None:
    """A mean of two of three sites is none over all of them."""
    task = sites({"a": entry(0.9), "b": entry(0.8), "c": {"value": None, "reason": "nobody is normal"}})
    task["rows"][0]["site_means"]["all sites"] |= {"n": 2, "left_out": ["N at c"]}
    (sentence,) = sentences(BOARD, task)
    assert "in the mean 0.700 over all 3 sites without N at c, where it is undefined and 0.750 over" in sentence
    table = at_each_site({**task, "demographics_alone": {"sites": {}}})
    assert "levels: Mean of 3 sites (without N at c, where it is undefined)." in table.missing
    assert not table.notes


def test_below_chance_is_said_only_where_the_whole_interval_is() -> None:
    task = sites({"a": entry(0.9), "b": entry(0.48), "c": entry(0.4)})
    (sentence,) = [text for text in sentences(BOARD, task) if text.startswith("Below chance")]
    assert "levels at c (N (abnormal or normal): 0.400, at most 0.450)" in sentence
    assert "b (" not in sentence


def test_nothing_is_said_of_an_empty_table() -> None:
    assert list(sentences(BOARD, pooled({}) | {"rows": []})) == []


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ({"labels": ["N", "AS"], "groups": None}, "macro AUROC"),
        ({"labels": ["N"], "groups": None}, "AUROC N"),
        ({"labels": ["N"], "groups": {"all sites": ["a", "b"]}}, "AUROC, mean of 2 sites"),
    ],
)
def test_score_has_a_name(task: JSON, name: str) -> None:
    assert quality(BOARD, task) == name


def test_signs() -> None:
    assert [signed(value) for value in (0.0123, -0.0123, -0.0001)] == ["+0.012", "−0.012", "0.000"]


def test_absent_baseline_is_said() -> None:
    task = pooled({})
    task["rows"][0]["entry"] = "another"
    assert "The baseline, levels, has no result here, so nothing is compared with it." in list(sentences(BOARD, task))
