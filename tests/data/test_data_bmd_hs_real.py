"""The published BMD-HS data set, as it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.audit import Audit, audit
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.recordings import RecordingSet
from heartprobe.labels import LABELS

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def recordings(shared: Path) -> RecordingSet:
    return read_bmd_hs(shared / "data" / "bmd-hs", DatasetConfig(demographics=("age", "sex", "smoker", "lives")))


@pytest.fixture(scope="module")
def result(recordings: RecordingSet) -> Audit:
    return audit(recordings)


def test_all_labelled_recordings_load(recordings: RecordingSet) -> None:
    """864 recordings of 108 patients, eight positions each."""
    assert len(recordings.recordings) == 864
    assert len(recordings.patients) == len(recordings.patient_ids) == 108
    assert set(Counter(r.patient_id for r in recordings.recordings).values()) == {8}
    assert Counter(str(r.position) for r in recordings.recordings) == dict.fromkeys(
        [f"{posture}_{site}" for posture in ("sup", "sit") for site in ("Mit", "Tri", "Pul", "Aor")], 108
    )
    assert not recordings.is_synthetic


def test_labels_are_those_of_the_table(recordings: RecordingSet) -> None:
    """37 patients with one lesion, 50 with several; 15 combinations, the rarest of one patient."""
    targets = recordings.targets(recordings.patient_ids, LABELS)
    assert dict(zip(LABELS, targets.sum(axis=0).tolist(), strict=True)) == {
        "N": 21,
        "AS": 37,
        "AR": 43,
        "MR": 38,
        "MS": 38,
    }
    assert Counter(targets[:, 1:].sum(axis=1).clip(max=2).tolist()) == {0: 21, 1: 37, 2: 50}
    combinations = Counter(map(tuple, targets.tolist()))
    assert (len(combinations), min(combinations.values())) == (15, 1)


def test_every_normal_is_young_urban_and_no_smoker(recordings: RecordingSet) -> None:
    """The confound that a report must show."""
    normals = [p.demographics for p in recordings.patients.values() if p.labels["N"] == 1]
    assert {(n.smoker, n.lives) for n in normals} == {(False, "U")}
    assert (min(n.age or 0 for n in normals), max(n.age or 0 for n in normals)) == (20, 24)


def test_the_reader_tells_what_it_corrected_and_left_out(recordings: RecordingSet) -> None:
    """One misnamed file is used, eight without a label are not."""
    assert Counter((f.kind, f.is_problem) for f in recordings.findings) == {
        ("misnamed", False): 1,
        ("unlisted", True): 8,
    }
    assert all("MD_022_" in f.subject for f in recordings.findings if f.kind == "unlisted")
    corrected = next(r for r in recordings.recordings if r.recording_id == "MD_085_sit_Tri")
    assert (corrected.path.stem, corrected.patient_id) == ("MD_085_sit_Tri6_06", "patient_085")


def test_later_states_of_the_tables_are_read(shared: Path, tmp_path: Path) -> None:
    """Ages in bands of ten years, and patient_022 with N/A: the same recordings load."""
    published = shared / "data" / "bmd-hs"
    (tmp_path / "train").symlink_to(published / "train")
    listed = published.joinpath("train.csv").read_text().splitlines()
    names = [f"MD_022_{posture}_{site}" for posture in ("sup", "sit") for site in ("Mit", "Tri", "Pul", "Aor")]
    listed.insert(22, ",".join(["patient_022", *["N/A"] * 5, *names]))
    (tmp_path / "train.csv").write_text("\n".join(listed) + "\n")
    rows = [line.split(",") for line in published.joinpath("additional_metadata.csv").read_text().splitlines()]
    bands = [[p, f"{int(age) // 10}0-{int(age) // 10}9", *rest] for p, age, *rest in rows[1:]]
    (tmp_path / "additional_metadata.csv").write_text("\n".join(map(",".join, [rows[0], *bands])) + "\n")
    later = read_bmd_hs(tmp_path, DatasetConfig(demographics=("age",)))
    assert (len(later.recordings), len(later.patients)) == (864, 108)
    assert later.patients["patient_001"].demographics.age == 34.5
    assert [(f.kind, f.subject, f.is_problem) for f in later.findings] == [
        ("unlabelled", "patient_022", False),
        ("age-band", "additional_metadata.csv", False),
        ("misnamed", "MD_085_sit_Tri", False),
    ]


def test_the_audit_finds_what_is_known_and_nothing_else(result: Audit) -> None:
    """Five pairs of identical recordings and one short one; peak-normalised is not clipped."""
    pairs = {frozenset(f.subject.split(", ")) for f in result.findings if f.kind == "identical"}
    assert pairs == {
        frozenset(("MD_001_sit_Pul", "MD_001_sit_Tri")),
        frozenset(("MD_021_sup_Aor", "MD_021_sup_Pul")),
        frozenset(("MS_012_sit_Tri", "MS_012_sup_Aor")),
        frozenset(("MS_047_sit_Mit", "MS_047_sit_Tri")),
        frozenset(("MS_062_sit_Pul", "MS_062_sup_Tri")),
    }
    assert [(f.subject, f.detail) for f in result.findings if f.kind == "short"] == [
        ("MD_001_sup_Tri", "It lasts 15.00 s; 20 s were expected.")
    ]
    kinds = {"misnamed": 1, "unlisted": 8, "identical": 5, "short": 1, "confounded": 1}
    assert Counter(f.kind for f in result.findings) == kinds
    assert sum(f.is_problem for f in result.findings) == 14
    assert result.counts.rates_hz == {4000: 864}
    assert (result.counts.readable, result.counts.shortest_s) == (864, 15.0)


def test_demographics_alone_tell_normal_from_abnormal(result: Audit) -> None:
    """With an AUROC of about .95; for the lesions they are little better than chance."""
    scores = {label: score.value for label, score in result.demographics_auroc.items()}
    expected = {"N": 0.95, "AS": 0.68, "AR": 0.57, "MR": 0.58, "MS": 0.60}
    assert scores == pytest.approx(expected, abs=0.03)
