"""How well the place can be read off the features: planted, absent, and where nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.training.site_probe import FOLDS, _folds, _Heard, site_probe
from separable_sounds import make_table

NOISE, PLANTED = 0, 1


def make_sites(sizes: Mapping[str, int], *, is_one_group: bool = False) -> RecordingSet:
    """Return so many patients per site, every second one normal, with two recordings each.

    The site stands among the labels as well, so that `make_table` can plant it.
    """
    patients = {
        f"{site}-{i:03d}": Patient(
            f"{site}-{i:03d}", {"N": i % 2, f"at {site}": 1}, site=site, group=site if is_one_group else None
        )
        for site, n in sizes.items()
        for i in range(n)
    }
    recordings = tuple(Recording(f"{p}_{k}", p, Path("none.wav")) for p in patients for k in range(2))
    return RecordingSet("made-up", recordings, patients)


def probe(recordings: RecordingSet, layer: int) -> dict:
    """Return the probe of features whose layer 0 is noise and whose layer 1 is the site with a little noise."""
    sites = sorted({recordings.site_of(patient) for patient in recordings.patient_ids})
    table = make_table(recordings, [f"at {site}" for site in sites], layers=(0.0, 50.0), width=8)
    return site_probe(table, layer, recordings, seed=3, draws=500)


THREE = make_sites({"a": 40, "b": 20, "c": 12})


def test_a_planted_site_is_read_without_a_mistake() -> None:
    """Among all recordings and among those of normal hearts alone."""
    found = probe(make_sites({"a": 40, "b": 20, "c": 24}), PLANTED)
    assert found["layer"] == PLANTED
    assert found["sites"] == ["a", "b", "c"]
    assert (found["patients"], found["recordings"]) == (84, 168)
    assert found["chance"] == pytest.approx(1 / 3)
    assert found["balanced_accuracy"]["value"] == 1.0
    assert found["confusion"] == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    normals = found["normals_alone"]
    assert (normals["patients"], normals["balanced_accuracy"]["value"]) == (42, 1.0)


def test_noise_is_at_chance_however_unequal_the_sites_are() -> None:
    """The largest site alone would be right for 56 % of the recordings; balanced, nothing is known."""
    found = probe(THREE, NOISE)
    accuracy = found["balanced_accuracy"]
    assert accuracy["low"] < found["chance"] < accuracy["high"]
    assert [sum(row) for row in found["confusion"]] == pytest.approx([1.0, 1.0, 1.0])


def test_the_same_seed_gives_the_same_numbers() -> None:
    assert probe(THREE, NOISE) == probe(THREE, NOISE)


def test_sites_with_few_patients_are_left_out_and_named() -> None:
    """Six of the twelve patients at `c` are normal: enough for everybody, too few among normals alone."""
    found = probe(THREE, PLANTED)
    assert found["left_out"] == {}
    assert found["normals_alone"]["left_out"] == {"c": "6 patients, 10 are needed"}
    assert found["normals_alone"]["chance"] == 0.5


def test_one_site_is_a_reason_and_no_number() -> None:
    assert probe(make_sites({"home": 30}), PLANTED) == {"reason": "all recordings are of one site, home"}


def test_two_sites_of_which_one_is_tiny_are_a_reason() -> None:
    found = probe(make_sites({"a": 30, "b": 3}), PLANTED)
    assert found == {"reason": "fewer than two sites have enough such patients (b: 3 patients, 10 are needed)"}


def test_without_normal_hearts_only_they_are_missing() -> None:
    """A data set that knows no normal heart is still probed as a whole."""
    patients = {p: replace(known, labels={**known.labels, "N": None}) for p, known in THREE.patients.items()}
    found = probe(replace(THREE, patients=patients), PLANTED)
    assert found["balanced_accuracy"]["value"] == 1.0
    assert "a: 0 patients" in found["normals_alone"]["reason"]


def test_recordings_of_a_patient_and_patients_of_a_group_share_a_fold() -> None:
    """Whoever is recognised must not be mistaken for a place."""
    grouped = {p: replace(known, group=f"{known.site} group {int(p[-3:]) // 2}") for p, known in THREE.patients.items()}
    recordings = replace(THREE, patients=grouped)
    heard = _Heard.of(make_table(recordings, ["N"]), 0, recordings)
    for site, n_groups in (("a", 20), ("b", 10)):
        here = heard.where(heard.sites == site)
        folds, notes = _folds(here, [site], np.random.default_rng(0))
        fold_of = {(person, fold) for person, fold in zip(here.persons.tolist(), folds.tolist(), strict=True)}
        assert notes == []
        assert len(fold_of) == n_groups
        assert set(folds.tolist()) == set(range(FOLDS))


def test_a_site_that_is_one_group_is_divided_all_the_same_and_named() -> None:
    """PhysioNet 2016 tells nobody apart within a folder; without this nothing could be probed there."""
    found = probe(make_sites({"a": 20, "b": 20}, is_one_group=True), PLANTED)
    assert found["balanced_accuracy"]["value"] == 1.0
    assert found["notes"] == [
        "a, b: nobody knows who was recorded, so one person may be in several folds and be recognised instead of the "
        "place."
    ]


def test_recordings_that_the_data_set_does_not_have_are_not_heard() -> None:
    """The table may hold more than what is audited."""
    table = make_table(THREE, ["N"], layers=(0.0, 50.0), width=8)
    kept = replace(THREE, recordings=tuple(r for r in THREE.recordings if not r.patient_id.startswith("c")))
    assert site_probe(table, NOISE, kept, seed=3, draws=100)["sites"] == ["a", "b"]
