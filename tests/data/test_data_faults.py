"""Faults are collected, and refuse a data set that is to be learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.faults import Faults, refuse_faults
from heartprobe.data.recordings import Finding
from heartprobe.errors import TableError


def test_a_long_value_is_not_repeated_in_full() -> None:
    """A message stays one sentence whatever stands in the cell."""
    faults = Faults()
    faults.add_text("t.csv, line 2", "z" * 5000, "0 or 1")
    assert faults.findings[0].detail == f"found '{'z' * 40}...', expected 0 or 1."


def test_a_data_set_without_faults_is_not_refused() -> None:
    """Other problems are no reason."""
    refuse_faults(Path("here"), [Finding("missing", "a", "There is no file of this name.")])


def test_the_first_fault_is_named_with_the_number_of_the_others() -> None:
    """One is a sentence; of several the command that lists them is told."""
    faults = Faults()
    faults.add_text("a.csv, line 2, column 'N'", "x", "0 or 1")
    with pytest.raises(TableError) as caught:
        refuse_faults(Path("here"), faults.findings)
    assert str(caught.value) == "here/a.csv, line 2, column 'N': found 'x', expected 0 or 1."
    faults.add("b.csv, line 9", "found 1 values, expected 2.")
    faults.add("b.csv, line 10", "found 1 values, expected 2.")
    with pytest.raises(TableError) as caught:
        refuse_faults(Path("here"), faults.findings)
    assert str(caught.value).endswith(
        "expected 0 or 1. 2 more cannot be believed, either; `heartprobe data check` lists all of them."
    )
