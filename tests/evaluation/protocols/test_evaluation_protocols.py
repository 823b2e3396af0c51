from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartprobe.config.schema import Config
from heartprobe.errors import SplitError
from heartprobe.evaluation.protocols.plan import final_split, make_splits
from heartprobe.labels import LABELS


def config(*, seed: int = 42, test_ratio: float = 0.2, validation_ratio: float = 0.2, **evaluation: object) -> Config:
    training = {"random_seed": seed, "test_ratio": test_ratio, "validation_ratio": validation_ratio}
    return Config.model_validate({"training": training, "evaluation": evaluation})


@pytest.fixture
def few(recordings_with):
    """So many patients, every fourth of them normal."""
    return lambda n: recordings_with({f"p{i}": {"N": int(i % 4 == 0)} for i in range(n)})


def test_holdout_sizes(like_bmd_hs):
    """0.2 of 108 patients are tested, 0.2 of the remaining 86 validate, 69 train."""
    (split,) = make_splits(like_bmd_hs, config())
    assert [len(split.test), len(split.validation), len(split.train)] == [22, 17, 69]
    assert len(split.validation_folds) == 1
    assert split.train == split.train_only
    assert {*split.test, *split.development} == set(like_bmd_hs.patient_ids)


def test_holdout_gives_every_part_its_share_of_the_normals(like_bmd_hs):
    """Of 21 normals, 4 or 5 are tested and 3 or 4 validate, whatever the seed."""
    for seed in range(20):
        (split,) = make_splits(like_bmd_hs, config(seed=seed))
        normal = [
            sum(like_bmd_hs.patients[p].labels["N"] == 1 for p in part) for part in (split.test, split.validation)
        ]
        assert normal[0] in (4, 5)
        assert normal[1] in (3, 4)


def test_cross_validation_tests_everybody_once_per_repeat(like_bmd_hs):
    """5 folds x 3 repeats: every patient is in the test part of exactly one split of each repeat."""
    splits = make_splits(like_bmd_hs, config(protocol="cv", repeats=3))
    assert [(split.repeat, split.fold) for split in splits] == [(r, f) for r in range(3) for f in range(5)]
    for repeat in range(3):
        tests = [split.test for split in splits if split.repeat == repeat]
        assert sorted(p for test in tests for p in test) == list(like_bmd_hs.patient_ids)
        assert sorted(len(test) for test in tests) == [21, 21, 22, 22, 22]
    assert splits[0].test != splits[5].test


def test_cross_validation_gives_every_fold_its_share_of_each_label(like_bmd_hs):
    """21 normals are tested 4 or 5 at a time; lesions, in 14 combinations, come out at 8 give or take 2."""
    counts = [
        [sum(like_bmd_hs.patients[p].labels[label] == 1 for p in split.test) for label in LABELS]
        for split in make_splits(like_bmd_hs, config(protocol="cv"))
    ]
    assert sorted(row[0] for row in counts) == [4, 4, 4, 4, 5]
    lesions = [count for row in counts for count in row[1:]]
    assert min(lesions) >= 6
    assert max(lesions) <= 10


def test_development_patients_validate_once_each(like_bmd_hs):
    """Nested selection: the validation folds share out the development part, normals included."""
    for split in make_splits(like_bmd_hs, config(protocol="cv", selection_folds=4)):
        assert split.train_only == ()
        assert len(split.validation_folds) == 4
        assert sorted([*split.development, *split.test]) == list(like_bmd_hs.patient_ids)
        for fold in split.validation_folds:
            assert sum(like_bmd_hs.patients[p].labels["N"] == 1 for p in fold) in (4, 5)


@pytest.mark.parametrize("protocol", ["holdout", "cv"])
def test_the_order_of_the_recordings_does_not_matter(like_bmd_hs, protocol, rng):
    """A reader that lists recordings otherwise, or patients otherwise, changes no split."""
    settings = config(protocol=protocol)
    order = rng.permutation(len(like_bmd_hs.recordings))
    shuffled = replace(
        like_bmd_hs,
        recordings=tuple(like_bmd_hs.recordings[i] for i in order),
        patients=dict(reversed(like_bmd_hs.patients.items())),
    )
    assert make_splits(shuffled, settings) == make_splits(like_bmd_hs, settings)


def test_binary_and_multi_label_runs_test_the_same_patients(like_bmd_hs):
    """What is predicted does not change who is tested, so the two can be compared."""
    multi = Config.model_validate({"training": {"multi_label": True}, "evaluation": {"protocol": "cv"}})
    assert make_splits(like_bmd_hs, multi) == make_splits(like_bmd_hs, config(protocol="cv"))


def test_the_seed_decides(like_bmd_hs):
    """The same seed gives the same split, another one another."""
    assert make_splits(like_bmd_hs, config(seed=1)) == make_splits(like_bmd_hs, config(seed=1))
    assert make_splits(like_bmd_hs, config(seed=1)) != make_splits(like_bmd_hs, config(seed=2))


def test_the_hash_seed_of_the_process_does_not_matter():
    """Splits are the same in every process (sets of strings are not, and published code relied on them)."""
    program = """
from pathlib import Path
from heartprobe.config.schema import Config
from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.evaluation.protocols.plan import make_splits
names = [f"p{i}" for i in range(30)]
patients = {n: Patient(n, {"N": i % 3 == 0}) for i, n in enumerate(names)}
recordings = RecordingSet("x", tuple(Recording(n, n, Path(n)) for n in names), patients)
print(make_splits(recordings, Config()))
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert "p7" in said[0]


def test_patients_with_unknown_labels_are_shared_out(recordings_with):
    """Ten patients of whom nothing is known: two in each of five test folds."""
    known = {f"k{i}": {"N": i % 2, "AS": 1 - i % 2} for i in range(20)}
    unknown = {f"u{i}": {"N": None} for i in range(10)}
    for split in make_splits(recordings_with(known | unknown), config(protocol="cv")):
        assert sum(patient.startswith("u") for patient in split.test) == 2


def test_a_patient_without_recordings_is_in_no_part(few):
    """Nothing can be trained or tested on somebody who was never recorded."""
    recordings = few(10)
    silent = replace(recordings, recordings=recordings.recordings[:-1])
    (split,) = make_splits(silent, config())
    assert "p9" not in {*split.development, *split.test}


@given(n=st.integers(1, 12), folds=st.integers(2, 6), selection_folds=st.integers(2, 6))
def test_cross_validation_of_few_patients_works_or_says_what_would(recordings_with, n, folds, selection_folds):
    """Either all parts are filled, or the error names a setting, and that setting works."""
    recordings = recordings_with({f"p{i}": {"N": i % 2} for i in range(n)})
    try:
        splits = make_splits(recordings, config(protocol="cv", folds=folds, selection_folds=selection_folds))
    except SplitError as error:
        text = str(error)
        assert ("there is 1 patient" if n == 1 else f"there are {n} patients") in text
        if n < 3:
            assert "at least 3 patients" in text
            return
        advice = text.split("Set ")[1].split(", or")[0].split(" and ")
        works = {key.removeprefix("evaluation."): int(value) for key, value in (a.split("=") for a in advice)}
        splits = make_splits(recordings, config(protocol="cv", **works))
    assert all(split.test for split in splits)


def test_too_few_patients_for_cross_validation(few):
    """The message counts the patients and names the settings that they allow."""
    with pytest.raises(SplitError) as caught:
        make_splits(few(6), config(protocol="cv"))
    assert str(caught.value) == (
        "evaluation.folds=5 with evaluation.selection_folds=5 asks for more patients than there are: "
        "there are 6 patients with recordings. "
        "Set evaluation.folds=5 and evaluation.selection_folds=4, or add patients."
    )


def test_too_few_patients_for_a_holdout(few):
    """Two patients cannot fill three parts; three can."""
    with pytest.raises(SplitError, match=r"there are 2 patients with recordings\. At least 3 patients are needed"):
        make_splits(few(2), config())
    (split,) = make_splits(few(3), config())
    assert [len(split.test), len(split.validation), len(split.train)] == [1, 1, 1]


def test_ratios_that_leave_nobody_to_train_on(few):
    """The ratios are named, not silently changed."""
    with pytest.raises(SplitError, match=r"test_ratio=0\.6 .* take 2 .* Lower training\.test_ratio"):
        make_splits(few(3), config(test_ratio=0.6))


def test_the_final_fit_develops_on_everybody(like_bmd_hs):
    """No test part, five validation folds."""
    split = final_split(like_bmd_hs, config())
    assert split.test == ()
    assert split.development == like_bmd_hs.patient_ids
    assert [len(fold) for fold in split.validation_folds] == [22, 22, 22, 21, 21]


def test_the_final_fit_of_few_patients(few):
    """Three patients validate one at a time; one patient is too few."""
    assert [len(fold) for fold in final_split(few(3), config()).validation_folds] == [1, 1, 1]
    with pytest.raises(SplitError, match=r"at least 2 patients.*there is 1 patient"):
        final_split(few(1), config())
