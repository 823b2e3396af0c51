"""The checklists: every item has an answer, or says that it has none."""

from __future__ import annotations

import re

import pytest

from heartprobe.evaluation.report.checklists.item import Item
from heartprobe.evaluation.report.checklists.section import checklists_section
from heartprobe.evaluation.report.checklists.stard_ai import STARD_AI
from heartprobe.evaluation.report.checklists.tripod_ai import TRIPOD_AI
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.sections.titles import ALL_TITLES


def test_tripod_ai_is_complete():
    """27 items with their parts, 52 in all, in order, each once."""
    numbers = [item.number for item in TRIPOD_AI]
    assert len(numbers) == len(set(numbers)) == 52
    assert list(dict.fromkeys(int(re.sub(r"\D", "", number)) for number in numbers)) == list(range(1, 28))
    assert numbers == sorted(numbers, key=lambda number: (int(re.sub(r"\D", "", number)), number))


def test_stard_ai_has_what_is_new():
    """The fourteen new and four changed items are among ours."""
    new = {"6", "11", "12", "13", "14", "15b", "15d", "23", "28", "29", "35", "39", "40a", "40b"}
    numbers = [item.number for item in STARD_AI]
    assert new | {"1", "3", "7", "25"} <= set(numbers)
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("item", [*TRIPOD_AI, *STARD_AI], ids=lambda item: item.number)
def test_items_point_to_sections_that_exist(item):
    """And are asked in words."""
    assert set(item.sections) <= set(ALL_TITLES)
    assert len(item.asked) > 10


@pytest.mark.parametrize("present", [ALL_TITLES, ALL_TITLES[:2], ()], ids=["all", "two", "none"])
def test_every_item_is_answered_or_says_that_it_is_not(present):
    """No empty cell, whatever a report has, and no link to what is not there."""
    _, tripod, stard = checklists_section(present).blocks
    for table in (tripod, stard):
        for row in table.rows:
            answer = row.cells[2]
            assert set(answer.see) <= set(present)
            assert bool(answer.see) != answer.text.startswith("Not answered: ")
        answered = sum(bool(row.cells[2].see) for row in table.rows)
        assert f"{answered} of {len(table.rows)} items" in table.caption


def test_an_answer_in_words():
    """In full, in part, or not at all."""
    item = Item("1", "What?", ("Limits", "Positions"), "the rest is yours")
    assert str(item.row(["Limits"]).cells[2]) == "In part; the rest is yours."
    assert item.row(["Limits"]).cells[2].see == ("Limits",)
    assert str(item.row([]).cells[2]) == "Not answered: for the authors to say."


def test_a_model_that_was_made_before_leaves_its_making_to_its_own_report(full_report):
    """How it was built and on whom, a report that only tests it cannot say, whatever sections it has."""
    made, tested = (
        {str(row.cells[0]): str(row.cells[2]) for row in compose(report).sections[-1].blocks[1].rows}
        for report in (full_report, {**full_report, "selection": []})
    )
    elsewhere = {number for number, answer in tested.items() if "the report of the run that made the model" in answer}
    assert elsewhere == {"9a", "12a", "12c", "13", "16", "20c", "21"}
    assert not any("the report of the run" in answer for answer in made.values())


def test_titles_are_those_of_the_sections(full_report):
    """In the order of the report."""
    titles = [section.title for section in compose(full_report).sections]
    assert titles == [title for title in ALL_TITLES if title in titles]
