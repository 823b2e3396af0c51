"""What every reader of a data set keeps. A new data set needs a copy of its layout; the last test sees to it."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from dataset_copies import COPIES, Copy, write_sound
from heartprobe.cli.app import app
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.audit import audit
from heartprobe.data.catalogue import DATASETS, read_dataset
from heartprobe.data.finding_kinds import FINDING_KINDS
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, DatasetNotFoundError, HeartprobeError, TableError
from heartprobe.labels import LESIONS, NORMAL

TEXT_SUFFIXES = (".csv", ".txt", ".tsv")


def read(copy: Copy, folder: Path) -> RecordingSet:
    return read_dataset(copy.name, folder, DatasetConfig())


def kinds(recordings: RecordingSet) -> Counter[str]:
    return Counter(finding.kind for finding in recordings.findings)


@pytest.fixture(params=COPIES)
def copy(request: pytest.FixtureRequest) -> Copy:
    return COPIES[request.param]


@pytest.fixture
def folder(copy: Copy, tmp_path: Path) -> Path:
    copy.write(tmp_path / "data")
    return tmp_path / "data"


def test_everything_is_read_with_its_labels(copy: Copy, folder: Path) -> None:
    """All recordings, all patients, 0 and 1 where they are told and `None` where not, and every oddity a finding."""
    recordings = read(copy, folder)
    assert recordings.name == copy.name
    assert {p: dict(patient.labels) for p, patient in recordings.patients.items()} == copy.labels
    assert len(recordings.recordings) == copy.n_recordings
    assert kinds(recordings) == copy.kinds
    assert not any(finding.is_problem for finding in recordings.findings)
    assert not recordings.is_synthetic


def test_recordings_and_patients_belong_together(copy: Copy, folder: Path) -> None:
    """Ids are unique, no patient is without a recording, and patients come in order."""
    recordings = read(copy, folder)
    ids = [recording.recording_id for recording in recordings.recordings]
    owners = [recording.patient_id for recording in recordings.recordings]
    assert len(set(ids)) == len(ids)
    assert len({recording.path for recording in recordings.recordings}) == len(ids)
    assert owners == sorted(owners)
    assert set(owners) == set(recordings.patients)
    assert all(p == patient.patient_id for p, patient in recordings.patients.items())


def test_only_declared_labels_are_told(copy: Copy, folder: Path) -> None:
    """A label that the data set does not know is in no patient, so that normals are no negatives of it."""
    facts = DATASETS[copy.name]
    for patient in read(copy, folder).patients.values():
        assert set(patient.labels) <= set(facts.labels)
        assert copy.name == "folder" or set(patient.labels) == set(facts.labels)
        assert set(patient.labels.values()) <= {0, 1, None}
        assert any(value is not None for value in patient.labels.values())


def test_a_normal_heart_has_no_lesion(copy: Copy, folder: Path) -> None:
    """As in the table of BMD-HS: every lesion that a data set knows is absent in its normals."""
    patients = read(copy, folder).patients.values()
    normals = [patient for patient in patients if patient.labels[NORMAL] == 1]
    assert normals
    assert {value for patient in normals for label, value in patient.labels.items() if label in LESIONS} <= {0}


def test_unknown_is_apart_from_absent(copy: Copy, folder: Path) -> None:
    """In the targets an unknown label is NaN, and so is every label that the data set does not have."""
    recordings = read(copy, folder)
    labels = (*DATASETS[copy.name].labels, "another")
    targets = recordings.targets(recordings.patient_ids, labels)
    for row, patient_id in zip(targets, recordings.patient_ids, strict=True):
        expected = [copy.labels[patient_id].get(label) for label in labels]
        assert [None if np.isnan(value) else int(value) for value in row] == expected
    assert np.isnan(targets[:, -1]).all()


def test_places_and_groups_are_declared(copy: Copy, folder: Path) -> None:
    """Everybody has a site, and no group reaches over two of them: leaving a site out parts no person."""
    patients = read(copy, folder).patients.values()
    assert all(patient.site for patient in patients)
    sites = {(patient.group, patient.site) for patient in patients if patient.group is not None}
    assert len({group for group, _ in sites}) == len(sites)


def test_a_data_set_without_people_says_so(copy: Copy, folder: Path) -> None:
    """Where every recording is a patient, there is a note; published ones are kept together in groups."""
    recordings = read(copy, folder)
    is_told = all(recording.patient_id != recording.recording_id for recording in recordings.recordings)
    assert is_told == ("no-patients" not in kinds(recordings))
    if not is_told and copy.name != "folder":
        assert all(patient.group for patient in recordings.patients.values())


def test_sounds_are_as_declared(copy: Copy, folder: Path) -> None:
    """The rate of every recording is one of the facts (any for one's own)."""
    facts = DATASETS[copy.name]
    rates = {soundfile.info(recording.path).samplerate for recording in read(copy, folder).recordings}
    assert rates == set(facts.rates_hz) or not facts.rates_hz


def test_the_same_is_read_twice_and_from_above(copy: Copy, folder: Path) -> None:
    """It does not matter how deep the data set lies, but that the names of one's own files begin at the folder."""
    recordings = read(copy, folder)
    assert read(copy, folder) == recordings
    above = read(copy, folder.parent)
    if copy.name != "folder" or copy.is_listed:
        assert above.recordings == recordings.recordings
        assert above.patients == recordings.patients


def test_a_lost_recording_is_found_and_the_rest_loads(copy: Copy, folder: Path) -> None:
    """Where nothing lists the recordings, nothing can be missed."""
    before = read(copy, folder)
    (folder / copy.recording).unlink()
    after = read(copy, folder)
    assert len(after.recordings) == copy.n_recordings - 1
    assert set(after.patients) <= set(before.patients)
    assert bool(kinds(after)["missing"]) == copy.is_listed


def test_an_unknown_recording_is_found_and_not_loaded(copy: Copy, folder: Path) -> None:
    """Whatever its name looks like."""
    before = read(copy, folder)
    write_sound(folder / copy.stray, rate_hz=4000)
    after = read(copy, folder)
    assert after.recordings == before.recordings
    assert [(f.subject, f.is_problem) for f in after.findings if f.kind == "unlisted"] == [(copy.stray, True)]


def test_two_files_for_one_recording_are_not_guessed_between(copy: Copy, folder: Path) -> None:
    """The recording is left out, the others load."""
    file = folder / copy.recording
    other = file.with_suffix(".flac" if file.suffix == ".wav" else ".wav")
    write_sound(other, rate_hz=4000)
    recordings = read(copy, folder)
    assert len(recordings.recordings) == copy.n_recordings - 1
    assert kinds(recordings)["ambiguous"] == 1


def test_two_copies_in_one_folder_are_not_read_as_one(copy: Copy, folder: Path) -> None:
    """Every recording would be there twice; only the paths of one's own class folders tell two copies apart."""
    shutil.copytree(folder, folder.parent / "both" / "first")
    shutil.copytree(folder, folder.parent / "both" / "second")
    if copy.name == "folder" and not copy.is_listed:
        recordings = read(copy, folder.parent / "both")
        assert len(recordings.recordings) == 2 * copy.n_recordings
        assert sum(finding.kind == "identical" for finding in audit(recordings).findings) == copy.n_recordings
        return
    with pytest.raises(HeartprobeError):
        read(copy, folder.parent / "both")


def test_a_recording_of_an_odd_rate_is_read_and_counted(copy: Copy, folder: Path) -> None:
    """Two channels of 24 bit at 11 025 Hz are as good as any."""
    file = folder / copy.recording
    samples = np.random.default_rng(5).normal(0, 0.1, (11_025 * 2, 2))
    soundfile.write(file, samples, 11_025, subtype="PCM_24", format=file.suffix[1:].upper())
    counts = audit(read(copy, folder)).counts
    assert counts.rates_hz[11_025] == 1
    assert counts.readable == copy.n_recordings


def test_nothing_is_left_when_every_sound_is_gone(copy: Copy, folder: Path) -> None:
    """That is an error with the ways out, and no empty data set."""
    for recording in read(copy, folder).recordings:
        recording.path.unlink()
    with pytest.raises(DatasetNotFoundError, match=copy.name) as caught:
        read(copy, folder)
    assert "--data-dir" in str(caught.value)


def test_a_class_may_be_missing(copy: Copy, folder: Path) -> None:
    """Without any normal heart the rest loads, and says the same as before."""
    before = read(copy, folder)
    for recording in before.recordings:
        if before.patients[recording.patient_id].labels[NORMAL] == 1:
            recording.path.unlink()
    after = read(copy, folder)
    labels = {p: dict(patient.labels) for p, patient in after.patients.items()}
    assert all(value[NORMAL] != 1 for value in labels.values())
    assert labels == {p: value for p, value in copy.labels.items() if value[NORMAL] != 1}


def test_demographics_are_those_declared(copy: Copy, folder: Path) -> None:
    """A field outside the facts is unknown in everybody, and an error where the settings use it."""
    facts = DATASETS[copy.name]
    for field in ("age", "sex", "smoker", "lives"):
        if field in facts.demographics:
            continue
        assert all(getattr(p.demographics, field) is None for p in read(copy, folder).patients.values())
        with pytest.raises(
            ConfigError, match=rf"dataset\.demographics names '{field}', but the data set '{copy.name}'"
        ):
            read_dataset(copy.name, folder, DatasetConfig(demographics=(field,)))  # type: ignore[arg-type]


def test_only_texts_and_sounds_are_opened(copy: Copy, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader reads no sound, and no file of another kind: spreadsheets can hold names."""
    (folder / "names.xlsx").write_bytes(b"PK\x03\x04")
    opened: list[Path] = []
    open_path = Path.open

    def watch(path: Path, *args: object, **kwargs: object) -> object:
        opened.append(path)
        return open_path(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", watch)
    recordings = read(copy, folder)
    assert {path.suffix for path in opened} <= set(TEXT_SUFFIXES)
    assert bool(opened) == any(path.suffix in TEXT_SUFFIXES for path in folder.rglob("*"))
    assert "names.xlsx" not in str(recordings)


def test_mutated_texts_never_end_in_a_traceback(copy: Copy, folder: Path) -> None:
    """Random bytes changed, cut or doubled: read, or refused in a sentence."""
    texts = sorted(path for path in folder.rglob("*") if path.suffix in TEXT_SUFFIXES)
    if not texts:
        pytest.skip("folders hold no text")
    original = {path: path.read_bytes() for path in texts}
    chance = random.Random(11)
    refused: list[HeartprobeError] = []
    for _ in range(80):
        path = chance.choice(texts)
        content = bytearray(original[path])
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(content))
            piece = bytes(chance.choice(b'\x00",;\n\r\xff01-N/A.#: ') for _ in range(chance.randint(0, 3)))
            content[start : start + chance.randint(0, 3)] = piece
        path.write_bytes(content)
        try:
            assert kinds(read(copy, folder)).keys() <= FINDING_KINDS.keys()
        except HeartprobeError as error:
            refused.append(error)
        path.write_bytes(original[path])
    assert len(refused) > 10
    assert all(str(folder) in str(error) for error in refused)


def test_everything_impossible_is_told_at_once(copy: Copy, folder: Path) -> None:
    """`data check` lists every cell that cannot be believed and goes on; to learn from the data set is refused."""
    if not copy.is_listed:
        pytest.skip("folders hold no text")
    for damage in copy.damages:
        text = (folder / damage.file).read_text()
        assert damage.before in text
        (folder / damage.file).write_text(text.replace(damage.before, damage.after))
    expected = [f"{damage.file}, {place}" for damage in copy.damages for place in damage.places]
    result = CliRunner().invoke(app, ["data", "check", str(folder), "--set", f"dataset.name={copy.name}", "--json"])
    assert result.exit_code == 1
    findings = json.loads(result.stdout)["findings"]
    faults = [finding["subject"] for finding in findings if finding["kind"] == "impossible"]
    assert len(faults) == len(expected)
    assert all(any(fault.startswith(place) for fault in faults) for place in expected)
    with pytest.raises(TableError, match=f"{len(expected) - 1} more cannot be believed") as caught:
        read(copy, folder)
    assert str(caught.value).startswith(f"{folder}/{faults[0]}: found ")


def test_the_audit_has_nothing_against_it(copy: Copy, folder: Path) -> None:
    """Every kind is known, no recording is too short for its data set, and the result is JSON."""
    recordings = read(copy, folder)
    if copy.name == "bmd-hs":  # Twenty seconds are declared; the copy has less.
        recordings = replace(recordings, name="copy")
    result = audit(recordings)
    assert {f.kind for f in result.findings} <= FINDING_KINDS.keys()
    assert [f for f in result.findings if f.is_problem] == []
    assert result.counts.readable == copy.n_recordings
    json.dumps(result.as_dict(), allow_nan=False)


def test_it_can_be_checked_from_the_command_line(copy: Copy, folder: Path) -> None:
    """`heartprobe data check DIR --set dataset.name=NAME`."""
    arguments = ["data", "check", str(folder), "--set", f"dataset.name={copy.name}", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == (1 if copy.name == "bmd-hs" else 0)
    counts = json.loads(result.stdout)["counts"]
    assert (counts["recordings"], counts["patients"]) == (copy.n_recordings, len(copy.labels))


def test_every_data_set_has_a_copy() -> None:
    """A data set without one fails here until it is added to `dataset_copies.COPIES`."""
    assert {copy.name for copy in COPIES.values()} == set(DATASETS)
    assert all(len(copy.damages) >= 3 for copy in COPIES.values() if copy.is_listed)


def test_the_copies_hold_what_is_odd() -> None:
    """Several rates, unknown labels, noisy recordings: were there none, nothing would be tested."""
    told = [value for copy in COPIES.values() for labels in copy.labels.values() for value in labels.values()]
    assert {0, 1, None} <= set(told)
    assert {"noisy", "left-out", "unlabelled", "no-patients"} <= {
        kind for copy in COPIES.values() for kind in copy.kinds
    }
    assert any(len(facts.rates_hz) > 1 for facts in DATASETS.values())
