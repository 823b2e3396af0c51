"""The reader of CirCor: outcome and murmur apart, one person under two numbers, segmentations."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset_copies import write_circor, write_lines, write_sound
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.recordings import Demographics, Position, RecordingSet
from heartprobe.data.segmentation import read_segmentation
from heartprobe.errors import DataError, DatasetNotFoundError, TableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_circor(tmp_path / "circor")
    return tmp_path / "circor"


def read(folder: Path, **settings: object) -> RecordingSet:
    return read_dataset("circor", folder, DatasetConfig().model_copy(update=settings))


def describe(folder: Path, patient: str, *facts: str) -> None:
    """Write a patient with one recording."""
    lines = [f"{patient} 1 4000", f"AV {patient}_AV.hea {patient}_AV.wav {patient}_AV.tsv", *facts]
    write_lines(folder / "training_data" / f"{patient}.txt", lines)
    write_sound(folder / "training_data" / f"{patient}_AV.wav", rate_hz=4000)


def test_murmur_and_outcome_do_not_imply_each_other(folder: Path) -> None:
    """An innocent murmur is in a normal heart, and an abnormal heart may have none."""
    patients = read(folder).patients
    assert patients["9979"].labels == {"N": 1, "murmur": 1}
    assert patients["2530"].labels == {"N": 0, "murmur": 0}


def test_positions_are_valve_areas_without_posture(folder: Path) -> None:
    """A place that is no valve area is no position; two recordings of one place are two recordings."""
    positions = {r.recording_id: r.position for r in read(folder).recordings}
    assert positions == {
        "13918_TV": Position(None, "Tri"),
        "2530_AV": Position(None, "Aor"),
        "2530_PV": Position(None, "Pul"),
        "2530_MV_1": Position(None, "Mit"),
        "2530_MV_2": Position(None, "Mit"),
        "50001_AV": Position(None, "Aor"),
        "9979_AV": Position(None, "Aor"),
        "9979_Phc": None,
    }
    assert str(positions["2530_MV_1"]) == "Mit"


def test_age_is_the_middle_of_its_category(folder: Path) -> None:
    """In years, as the example code of the challenge has it in months; `nan` is unknown."""
    demographics = {
        p: patient.demographics for p, patient in read(folder, demographics=("age", "sex")).patients.items()
    }
    assert demographics == {
        "13918": Demographics(age=None, sex="F"),
        "2530": Demographics(age=6.0, sex="F"),
        "50001": Demographics(age=15.0, sex="F"),
        "9979": Demographics(age=20.0, sex="M"),
    }
    for category, years in (("Neonate", 0.5 / 12), ("Infant", 0.5), ("Young adult", 20.0)):
        describe(folder, "7", f"#Age: {category}", "#Outcome: Normal")
        assert read(folder).patients["7"].demographics.age == years


def test_two_numbers_of_one_person_are_a_group(folder: Path) -> None:
    """Only one of the two names the other; a number of the hidden data leads to nobody."""
    describe(folder, "7", "#Outcome: Normal", "#Additional ID: 99999")
    describe(folder, "8", "#Outcome: Normal", "#Additional ID: 9979.0")
    groups = {p: patient.group for p, patient in read(folder).patients.items()}
    assert groups == {
        "13918": None,
        "2530": "circor-2530",
        "50001": "circor-2530",
        "7": None,
        "8": "circor-8",
        "9979": "circor-8",
    }


def test_numbers_in_a_chain_are_one_group(folder: Path) -> None:
    """Whichever is met first."""
    for patient, other in (("31", "33"), ("32", "34"), ("33", "34")):
        describe(folder, patient, "#Outcome: Normal", f"#Additional ID: {other}")
    describe(folder, "34", "#Outcome: Normal")
    patients = read(folder).patients
    assert {patients[p].group for p in ("31", "32", "33", "34")} == {"circor-31"}


def test_segmentations_come_with_the_recordings(folder: Path) -> None:
    """A recording without one says so in a note."""
    recordings = read(folder)
    segmentations = {r.recording_id: r.segmentation for r in recordings.recordings}
    assert segmentations["2530_AV"] == folder / "training_data" / "2530_AV.tsv"
    assert [segment.phase for segment in read_segmentation(segmentations["2530_AV"])] == [None, "S1", "systole", "S2"]
    assert segmentations["13918_TV"] is None
    assert [f.subject for f in recordings.findings if f.kind == "no-segmentation"] == ["13918_TV"]
    (folder / "training_data" / "2530_AV.tsv").unlink()
    assert read(folder).recordings[1].segmentation is None


def test_a_patient_of_whom_nothing_is_known_is_left_out(folder: Path) -> None:
    """With its recording, which is then no surprise; an outcome that is not there at all is unknown."""
    recordings = read(folder)
    assert (recordings.findings[0].kind, recordings.findings[0].subject) == ("unlabelled", "60000")
    describe(folder, "7", "#Murmur: Absent")
    assert read(folder).patients["7"].labels == {"N": None, "murmur": 0}


def test_a_patient_without_any_recording_is_found(folder: Path) -> None:
    """The recording and the patient are missing."""
    (folder / "training_data" / "50001_AV.wav").unlink()
    findings = [(f.kind, f.subject) for f in read(folder).findings if f.is_problem]
    assert findings == [("missing", "50001_AV"), ("missing", "50001")]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["8 1 4000"], "7.txt, line 1: found '8 1 4000', expected '7', the number of recordings, and"),
        (["7 one 4000"], "7.txt, line 1: found '7 one 4000'"),
        ([""], "7.txt, line 1: found ''"),
        (["7 2 4000", "AV 7_AV.hea 7_AV.wav 7_AV.tsv"], "7.txt, line 1: found 2 recordings announced, but 1 lines"),
        (["7 1 4000", "XX 7_XX.hea 7_XX.wav"], "7.txt, line 2: found 'XX 7_XX.hea 7_XX.wav', expected a place (AV, PV"),
        (["7 1 4000", "#Age: Child"], "7.txt, line 2: found '#Age: Child', expected a place"),
        (["7 0 4000", "Outcome: Normal"], "7.txt, line 2: found 'Outcome: Normal', expected #Name: value."),
        (
            ["7 0 4000", "#Outcome: Good"],
            "7.txt, line 2: found 'Good', expected Outcome: one of Normal, Abnormal, or nan",
        ),
        (
            ["7 0 4000", "", "#Murmur: Presant"],
            "line 3: found 'Presant', expected Murmur: one of Present, Absent, Unknown",
        ),
        (["7 0 4000", "#Murmur: Presant"], "Did you mean 'Present'?"),
        (["7 0 4000", "#Age: 6"], "found '6', expected Age: one of Neonate, Infant, Child, Adolescent, Young adult"),
        (["7 0 4000", "#Sex: W"], "found 'W', expected Sex: one of Female, Male, or nan"),
        (["7 0 4000", "#Additional ID: me"], "found 'me', expected Additional ID: the number of a patient, or nan."),
    ],
)
def test_a_wrong_line_is_named(folder: Path, lines: list[str], text: str) -> None:
    """File, line, content and expectation."""
    write_lines(folder / "training_data" / "7.txt", lines)
    with pytest.raises(TableError) as caught:
        read(folder)
    assert text in str(caught.value)


def test_a_patient_twice_is_an_error(folder: Path) -> None:
    """Both files are named."""
    shutil.copytree(folder / "training_data", folder / "copy")
    with pytest.raises(DataError, match=r"Two files describe the patient 13918: .*copy/13918.txt and .*training_data"):
        read(folder)


def test_a_recording_twice_is_an_error(folder: Path) -> None:
    """Whose it is cannot be told."""
    write_lines(folder / "training_data" / "7.txt", ["7 1 4000", "AV x.hea 2530_AV.wav", "#Outcome: Normal"])
    with pytest.raises(TableError, match=r"7\.txt: found '2530_AV', expected every .* but .*2530\.txt lists it too"):
        read(folder)


def test_without_descriptions_it_is_no_data_set(folder: Path) -> None:
    """The table alone does not tell which recordings there are."""
    for path in (folder / "training_data").glob("*.txt"):
        path.unlink()
    with pytest.raises(DatasetNotFoundError, match=r"there is no description of a patient, such as 1234\.txt, in or"):
        read(folder)
