"""Several data sets as one: nothing is lost, nobody is mixed up, and what is unknown stays unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.combine import combine, dataset_names, dataset_of
from heartprobe.data.recordings import Finding, Patient, Recording, RecordingSet
from heartprobe.errors import ConfigError


def one(name: str, patients: list[Patient], findings: tuple[Finding, ...] = ()) -> RecordingSet:
    recordings = tuple(Recording(p.patient_id, p.patient_id, Path(f"{p.patient_id}.wav")) for p in patients)
    return RecordingSet(name, recordings, {p.patient_id: p for p in patients}, findings)


def test_equal_ids_of_two_data_sets_are_two_patients() -> None:
    both = combine([one("a", [Patient("p1", {"N": 1})]), one("b", [Patient("p1", {"N": 0})])])
    assert both.name == "a+b"
    assert both.patient_ids == ("a:p1", "b:p1")
    assert [r.recording_id for r in both.recordings] == ["a:p1", "b:p1"]
    assert [both.patients[p].labels["N"] for p in both.patient_ids] == [1, 0]
    assert dataset_names(both.name) == ("a", "b")
    assert [dataset_of(p) for p in both.patient_ids] == ["a", "b"]


def test_a_label_that_one_data_set_does_not_know_stays_unknown() -> None:
    both = combine([one("a", [Patient("p1", {"N": 0, "AS": 1})]), one("b", [Patient("p1", {"N": 0})])])
    assert np.array_equal(both.targets(both.patient_ids, ["N", "AS"]), [[0, 1], [0, np.nan]], equal_nan=True)


def test_sites_keep_their_names_unless_two_data_sets_have_them() -> None:
    """A data set without sites is one site of its own name."""
    both = combine(
        [
            one("a", [Patient("p1", {}), Patient("p2", {}, site="ward")]),
            one("b", [Patient("p1", {}, site="ward"), Patient("p2", {}, site="north")]),
        ]
    )
    assert {p: both.site_of(p) for p in both.patient_ids} == {
        "a:p1": "a",
        "a:p2": "a:ward",
        "b:p1": "b:ward",
        "b:p2": "north",
    }


def test_groups_of_equal_names_are_not_one_group() -> None:
    both = combine([one(name, [Patient("p1", {}, group="g"), Patient("p2", {})]) for name in ("a", "b")])
    assert [both.patients[p].group for p in both.patient_ids] == ["a:g", None, "b:g", None]


def test_findings_say_which_data_set_they_are_about() -> None:
    both = combine([one("a", [Patient("p1", {})], (Finding("missing", "p1", "gone"),)), one("b", [Patient("p", {})])])
    assert [finding.subject for finding in both.findings] == ["a:p1"]


def test_a_single_data_set_stays_as_it_is() -> None:
    alone = one("a", [Patient("p1", {"N": 1})])
    assert combine([alone]) is alone
    assert dataset_of("p1") == ""


def test_a_data_set_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="'a' is named twice"):
        combine([one("a", []), one("b", []), one("a", [])])
