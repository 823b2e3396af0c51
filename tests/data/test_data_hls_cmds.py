"""The reader of HLS-CMDS: the heart sounds of a manikin, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset_copies import write_hls_cmds, write_lines
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.recordings import Demographics, Position, RecordingSet
from heartprobe.errors import DatasetNotFoundError, TableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_hls_cmds(tmp_path / "hls")
    return tmp_path / "hls"


def read(folder: Path) -> RecordingSet:
    return read_dataset("hls-cmds", folder, DatasetConfig())


def test_landmarks_are_valve_areas(folder: Path) -> None:
    """Costal margins are none."""
    assert {r.recording_id: r.position for r in read(folder).recordings} == {
        "F_N_RC": None,
        "M_N_RUSB": Position(None, "Aor"),
        "F_MSM_A": Position(None, "Mit"),
        "M_LDM_LLSB": Position(None, "Tri"),
        "F_T_RC": None,
    }


def test_a_manikin_has_no_sex_and_is_one_group(folder: Path) -> None:
    """Its setting is no demographic."""
    patients = read(folder).patients.values()
    assert {patient.demographics for patient in patients} == {Demographics()}
    assert {(patient.site, patient.group) for patient in patients} == {("hls-cmds", "hls-cmds")}


def test_lungs_and_mixtures_are_counted_and_left_out(folder: Path) -> None:
    """Also the parts of a mixture, which only its table lists."""
    notes = [(f.subject, f.detail) for f in read(folder).findings if f.kind == "left-out"]
    assert notes == [
        ("LS.csv, Mix.csv", "4 recordings of lung sounds, and of heart and lung together, are not used."),
    ]


def test_the_first_version_of_the_tables_is_read(folder: Path) -> None:
    """It calls all columns of names alike."""
    for table in ("HS.csv", "LS.csv"):
        path = folder / table
        path.write_text(path.read_text().replace("Heart Sound ID", "Sound ID").replace("Lung Sound ID", "Sound ID"))
    write_lines(
        folder / "Mix.csv", ["Gender,Heart Sound Type,Lung Sound Type,Location,Sound ID", "F,S3,Normal,RLA, M0001"]
    )
    recordings = read(folder)
    assert len(recordings.recordings) == 5
    assert [f.subject for f in recordings.findings if f.kind == "unlisted"] == ["Mix/H0001.wav", "Mix/L0001.wav"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "F,Click,Apex,F_C_A",
            "line 7, column 'Heart Sound Type': found 'Click', expected one of Normal, Early Systolic",
        ),
        (
            "F,Normal,Foot,F_N_F",
            "line 7, column 'Location': found 'Foot', expected one of RUSB, LUSB, LLSB, Apex, RC, LC",
        ),
        ("F,Normal,Apex,F_N_RC", "line 7, column 'Heart Sound ID': found 'F_N_RC', expected every value once"),
        ("F,Normal,Apex,", "line 7, column 'Heart Sound ID': found '', expected a value in every line"),
    ],
)
def test_a_wrong_cell_is_named(folder: Path, line: str, text: str) -> None:
    """File, line, column, value and expectation."""
    path = folder / "HS.csv"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(TableError) as caught:
        read(folder)
    assert text in str(caught.value)


def test_a_missing_column_is_named(folder: Path) -> None:
    """In the words of the newer tables."""
    write_lines(folder / "HS.csv", ["Gender,Heart Sound Type,Location,Heart SoundID"])
    with pytest.raises(TableError, match=r"has no column 'Heart Sound ID'\. Did you mean 'Heart SoundID'\?"):
        read(folder)


def test_without_the_table_it_is_no_data_set(folder: Path) -> None:
    """The others list no heart sound."""
    (folder / "HS.csv").unlink()
    with pytest.raises(DatasetNotFoundError, match=r"there is no table 'HS\.csv' in or below"):
        read(folder)
