"""How numbers and lists read."""

from __future__ import annotations

import pytest

from heartprobe.evaluation.wording import count, counted, listed, metric_short, metric_text, number, question


def test_numbers_have_three_digits_and_a_real_minus() -> None:
    assert number(0.12345) == "0.123"
    assert number(-0.5) == "−0.500"


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (3.0, "3"), (2.4, "2.4")])
def test_counts_are_whole_where_they_are(value, text) -> None:
    """A mean over repeats may not be."""
    assert count(value) == text


def test_what_is_counted_stands_in_the_plural_unless_it_is_one() -> None:
    assert [counted(n, "patient") for n in (0, 1, 2)] == ["0 patients", "1 patient", "2 patients"]


def test_entries_say_why_something_is_missing() -> None:
    entry = {"value": 0.9, "low": 0.8, "high": 0.95}
    assert metric_text(entry) == "0.900 (95 % interval 0.800 to 0.950)"
    assert metric_short(entry) == "0.900 (0.800 to 0.950)"
    assert metric_short(entry, ", ", "") == "0.900, 0.800 to 0.950"
    assert metric_text({"value": 1.0, "low": None, "high": None, "reason": "all agree"}) == (
        "1.000 (no interval: all agree)"
    )
    assert metric_short({"value": 1.0, "low": None, "high": None}) == "1.000"
    assert metric_text({"value": None, "reason": "nobody is ill"}) == "undefined (nobody is ill)"


def test_lists_end_with_and_or_another_word() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(iter(["a", "b"]), "or") == "a or b"


def test_labels_are_asked_about_in_words() -> None:
    assert question("N") == "N (abnormal or normal)"
    assert question("AS") == "AS (aortic stenosis)"
    assert question("XY") == "XY"
