"""Protocols over sites and data sets, and patients who may be one person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartprobe.config.schema import Config
from heartprobe.data.combine import combine
from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import ConfigError, SplitError
from heartprobe.evaluation.protocols.groups import require_together
from heartprobe.evaluation.protocols.plan import final_split, make_splits


def config(**evaluation: object) -> Config:
    return Config.model_validate({"evaluation": evaluation})


def at_sites(sizes: dict[str, int], *, name: str = "made-up", is_grouped: bool = False) -> RecordingSet:
    """So many patients at each site, every other of them normal; grouped by site or not at all."""
    patients = {
        f"{site}{i}": Patient(f"{site}{i}", {"N": i % 2}, site=site, group=site if is_grouped else None)
        for site, size in sizes.items()
        for i in range(size)
    }
    return RecordingSet(name, tuple(Recording(p, p, Path(f"{p}.wav")) for p in patients), patients)


def test_every_site_is_tested_once_and_nothing_of_it_is_developed_on() -> None:
    splits = make_splits(at_sites({"b": 4, "a": 6, "c": 2, "d": 2}), config(protocol="leave-site-out"))
    assert [sorted({p[0] for p in split.test}) for split in splits] == [["a"], ["b"], ["c"], ["d"]]
    assert [len(split.test) for split in splits] == [6, 4, 2, 2]
    for split in splits:
        assert len(split.development) == 14 - len(split.test)
        assert not {p[0] for p in split.development} & {p[0] for p in split.test}


def test_with_three_sites_to_develop_on_each_validates_whole() -> None:
    """What is chosen is chosen for a site that was not trained on."""
    splits = make_splits(at_sites({"a": 6, "b": 4, "c": 2, "d": 2}), config(protocol="leave-site-out"))
    assert [[sorted({p[0] for p in fold}) for fold in split.validation_folds] for split in splits] == [
        [["b"], ["c"], ["d"]],
        [["a"], ["c"], ["d"]],
        [["a"], ["b"], ["d"]],
        [["a"], ["b"], ["c"]],
    ]
    everybody = final_split(at_sites({"a": 6, "b": 4, "c": 2}), config(protocol="leave-site-out"))
    assert [len(fold) for fold in everybody.validation_folds] == [6, 4, 2]
    assert everybody.test == ()


def test_with_two_sites_to_develop_on_patients_validate() -> None:
    """One site left to train on would be too little: both sites are in every fold."""
    splits = make_splits(at_sites({"a": 6, "b": 6, "c": 2}), config(protocol="leave-site-out", selection_folds=3))
    tested_c = splits[2]
    assert [len(fold) for fold in tested_c.validation_folds] == [4, 4, 4]


def test_a_single_site_cannot_be_left_out() -> None:
    with pytest.raises(SplitError, match=r"needs at least 2 sites; made-up has only a\. Add a data set with --data"):
        make_splits(at_sites({"a": 6}), config(protocol="leave-site-out"))


def test_an_external_data_set_is_tested_whole_and_by_nobody_else() -> None:
    both = combine([at_sites({"a": 8}, name="here"), at_sites({"b": 4, "c": 2}, name="there")])
    (split,) = make_splits(both, config(protocol="external", test_sets=("there",), selection_folds=4))
    assert split.test == ("there:b0", "there:b1", "there:b2", "there:b3", "there:c0", "there:c1")
    assert split.development == tuple(f"here:a{i}" for i in range(8))
    assert [len(fold) for fold in split.validation_folds] == [2, 2, 2, 2]


@pytest.mark.parametrize("test_sets", [(), ("elsewhere",)])
def test_an_external_data_set_has_to_be_given(test_sets: tuple[str, ...]) -> None:
    both = combine([at_sites({"a": 8}, name="here"), at_sites({"b": 4}, name="there")])
    with pytest.raises(ConfigError, match="--test-data NAME=DIR"):
        make_splits(both, config(protocol="external", test_sets=test_sets))


@pytest.mark.parametrize(("setting", "option"), [("test_sets", "--test-data"), ("splits_file", "--splits")])
def test_a_setting_of_another_protocol_is_refused(setting: str, option: str) -> None:
    """It would say something about the run that is not true."""
    value = ("there",) if setting == "test_sets" else "splits.csv"
    with pytest.raises(ConfigError, match=option):
        make_splits(at_sites({"a": 8}), config(protocol="cv", **{setting: value}))


@given(
    sizes=st.lists(st.integers(1, 5), min_size=5, max_size=12),
    protocol=st.sampled_from(["holdout", "cv"]),
    seed=st.integers(0, 99),
)
def test_no_split_parts_a_group(sizes: list[int], protocol: str, seed: int) -> None:
    """Whatever the sizes of the groups; patients without a group among them."""
    grouped = at_sites({chr(97 + i): size for i, size in enumerate(sizes)}, is_grouped=True)
    alone = {p: replace(patient, group=None) for p, patient in grouped.patients.items() if p.startswith("a")}
    recordings = replace(grouped, patients={**grouped.patients, **alone})
    settings = Config.model_validate(
        {"training": {"random_seed": seed}, "evaluation": {"protocol": protocol, "folds": 2, "selection_folds": 2}}
    )
    for split in [*make_splits(recordings, settings), final_split(recordings, settings)]:
        parts = [split.train_only, *split.validation_folds, split.test]
        for group in {patient.group for patient in recordings.patients.values()} - {None}:
            members = {p for p, patient in recordings.patients.items() if patient.group == group}
            assert [set(part) & members for part in parts if set(part) & members] == [members]
        assert sorted(p for part in parts for p in part) == list(recordings.patient_ids)


@pytest.mark.parametrize("protocol", ["holdout", "cv"])
def test_a_data_set_of_one_group_cannot_be_divided(protocol: str) -> None:
    """The message says why, and how such a data set can be used."""
    with pytest.raises(SplitError) as caught:
        make_splits(at_sites({"a": 50}, is_grouped=True), config(protocol=protocol))
    assert "The 50 patients of made-up that are there to train and test on are one group" in str(caught.value)
    assert "--test-data NAME=DIR" in str(caught.value)


def test_one_group_can_be_tested_but_not_developed_on() -> None:
    people, group = at_sites({"a": 8}, name="people"), at_sites({"b": 4}, name="group", is_grouped=True)
    both = combine([people, group])
    (split,) = make_splits(both, config(protocol="external", test_sets=("group",)))
    assert len(split.test) == 4
    with pytest.raises(SplitError, match="to train and validate on are one group"):
        make_splits(both, config(protocol="external", test_sets=("people",)))


def test_too_few_groups_are_counted_as_groups() -> None:
    with pytest.raises(SplitError, match=r"there are 12 patients with recordings in 3 group\(s\)"):
        make_splits(at_sites({"a": 4, "b": 4, "c": 4}, is_grouped=True), config(protocol="cv"))


def test_a_group_over_two_sites_cannot_be_parted_by_site() -> None:
    recordings = at_sites({"a": 2, "b": 2}, is_grouped=True)
    patients = {p: replace(patient, group="g") for p, patient in recordings.patients.items()}
    with pytest.raises(SplitError, match=r"parts the group 'g': (a0 and b0|b0 and a0)"):
        require_together(replace(recordings, patients=patients), Split(0, 0, ("a0",), (("b0",),), ()))
