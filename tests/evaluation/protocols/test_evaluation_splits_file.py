"""Splits from a table: what is leaky or unknown is refused by name, what is missing is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heartprobe.config.schema import Config
from heartprobe.data.split import Split
from heartprobe.errors import ConfigError, SplitError, TableError
from heartprobe.evaluation.protocols.plan import Plan, make_splits, plan_splits
from heartprobe.run_folder import RunFolder


@pytest.fixture
def patients(recordings_with):
    return recordings_with({f"p{i}": {"N": i % 2} for i in range(8)})


@pytest.fixture
def plan(tmp_path, patients):
    """What the table with these lines plans."""

    def read(lines: list[str], header: str = "repeat,fold,patient_id,part", recordings=patients) -> Plan:
        path = tmp_path / "splits.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return plan_splits(recordings, at(path))

    return read


def at(path: Path) -> Config:
    return Config.model_validate({"evaluation": {"protocol": "splits", "splits_file": str(path), "selection_folds": 2}})


def rows(parts: dict[str, str], repeat: int = 0, fold: int = 0) -> list[str]:
    """The digits of the patients of each part."""
    return [f"{repeat},{fold},p{digit},{part}" for part, digits in parts.items() for digit in digits]


def test_a_table_of_three_parts_is_taken_as_it_is(plan):
    found = plan(rows({"test": "10", "validation": "2", "train": "34567"}))
    assert found == Plan([Split(0, 0, ("p3", "p4", "p5", "p6", "p7"), (("p2",),), ("p0", "p1"))])


def test_the_table_of_a_run_gives_the_splits_of_that_run(patients, tmp_path):
    """Written, read, and the same: nested cross-validation in two repeats."""
    evaluation = {"protocol": "cv", "folds": 2, "repeats": 2, "selection_folds": 3}
    splits = make_splits(patients, Config.model_validate({"evaluation": evaluation}))
    RunFolder(tmp_path).write_splits(splits)
    assert plan_splits(patients, at(tmp_path / "splits.csv")) == Plan(splits)


def test_a_published_split_without_validation_gets_validation_folds(plan):
    """They are made of the training patients, and the report says so."""
    found = plan(["p0,test", "p1,test", *(f"p{i},train" for i in range(2, 8))], header="patient_id,part")
    (split,) = found.splits
    assert split.test == ("p0", "p1")
    assert split.train_only == ()
    assert [len(fold) for fold in split.validation_folds] == [3, 3]
    (note,) = found.notes
    assert "names no validation patients" in note


def test_a_leaky_table_is_refused_with_the_shared_ids(plan):
    with pytest.raises(SplitError) as caught:
        plan([*rows({"test": "0123", "validation": "45", "train": "67"}), "0,0,p3,train", "0,0,p1,train"])
    text = str(caught.value)
    assert "leaks: in repeat 0, fold 0, 2 patient(s) stand in two parts (test and train): p1, p3." in text


def test_unknown_patients_are_named(plan):
    with pytest.raises(SplitError, match=r"names 2 patient\(s\) whom made-up does not have: p9, patient_1\. .*'p0'"):
        plan([*rows({"test": "0", "validation": "1", "train": "29"}), "0,0,patient_1,train"])


def test_forgotten_patients_are_said(plan):
    found = plan(rows({"test": "0", "validation": "1", "train": "234"}))
    assert found.notes[0].endswith("leaves out 3 of 8 patients with recordings: p5, p6, p7.")


def test_patients_whose_recordings_cannot_be_used_are_left_out_and_said(plan, patients):
    silent = replace(patients, recordings=patients.recordings[1:])
    found = plan(rows({"test": "01", "validation": "2", "train": "34567"}), recordings=silent)
    assert found.splits[0].test == ("p1",)
    assert found.notes[0].endswith("names 1 patient(s) without a usable recording, who are left out: p0.")


def test_nobody_is_tested_twice_in_a_repeat(plan):
    lines = [*rows({"test": "0", "validation": "1", "train": "2"}), *rows({"test": "0", "train": "12"}, fold=1)]
    with pytest.raises(SplitError, match="repeat 0 tests p0 in more than one fold"):
        plan(lines)


@pytest.mark.parametrize(
    ("lines", "header", "error", "text"),
    [
        (["0,0,p0,tset"], "repeat,fold,patient_id,part", TableError, "line 2: part is 'tset'"),
        (["a,0,p0,test"], "repeat,fold,patient_id,part", TableError, "line 2: repeat is 'a', not a whole number"),
        (["p0"], "patient_id", SplitError, "has no column part"),
        ([], "repeat,fold,patient_id,part", SplitError, "has no rows"),
        (["p0,train", "p1,train"], "patient_id,part", SplitError, "no patient of the part 'test'"),
        (
            ["p0,test", "p1,train"],
            "patient_id,part",
            SplitError,
            "At least 2 patients are needed to train and validate",
        ),
    ],
)
def test_a_wrong_table_is_one_sentence(plan, lines, header, error, text):
    with pytest.raises(error, match=text):
        plan(lines, header)


def test_a_table_that_parts_a_group_is_refused(plan, patients):
    """p0 and p1 may be one person, so p1 says nothing about others after training on p0."""
    grouped = {**patients.patients, **{p: replace(patients.patients[p], group="g") for p in ("p0", "p1")}}
    with pytest.raises(SplitError, match=r"parts the group 'g': p0 and p1"):
        plan(rows({"test": "1", "validation": "2", "train": "034567"}), recordings=replace(patients, patients=grouped))


def test_no_table(patients, tmp_path):
    with pytest.raises(SplitError, match="There is no table of splits"):
        plan_splits(patients, at(tmp_path / "nowhere.csv"))
    with pytest.raises(ConfigError, match="name it with --splits FILE"):
        plan_splits(patients, Config.model_validate({"evaluation": {"protocol": "splits"}}))
