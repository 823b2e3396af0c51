"""Tables that say which files are whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.recordings import Demographics, Position
from heartprobe.errors import TableError
from heartprobe.predict.listed import read_listed


def test_patients_of_a_table(tmp_path: Path) -> None:
    """In the order of their first line; a file without a patient is one of its own."""
    (tmp_path / "who.csv").write_text(
        "file,patient_id,position,age,sex,smoker,lives\n"
        "a/1.wav,Ada,sit_Aor,36,F,0,U\n2_sup_Mit.flac,,,,,,\n/3.wav,Ada,Pul,36,F,0,U\n"
    )
    listed = read_listed(tmp_path / "who.csv", Demographics(age=50))
    ada, other = listed.patients()
    assert [(r.source, r.name, r.position) for r in ada.recordings] == [
        (tmp_path / "a/1.wav", "a/1.wav", Position("sit", "Aor")),
        (Path("/3.wav"), "/3.wav", Position(None, "Pul")),
    ]
    assert ada.demographics == Demographics(age=36, sex="F", smoker=False, lives="U")
    assert (other.patient_id, other.demographics) == ("2_sup_Mit.flac", Demographics())
    assert other.recordings[0].position == Position("sup", "Mit")
    assert listed.n_recordings() == 3


def test_options_fill_in_for_columns_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text("file,sex\nx.wav,M\n")
    (patient,) = read_listed(tmp_path / "who.csv", Demographics(age=50)).patients()
    assert patient.demographics == Demographics(age=50, sex="M")


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("patient_id\nx\n", "has no column 'file'"),
        ("file,posision\nx.wav,Mit\n", "Did you mean 'position'?"),
        ("file,position\nx.wav,Mit_sup\n", "line 2, column 'position': found 'Mit_sup'"),
        ("file\nx.wav\nx.wav\n", "expected another file than line 2"),
        ("file,patient_id,age\nx.wav,A,30\ny.wav,A,40\n", "the same demographics as in the patient's first line"),
        ("file\n", "lists no file"),
    ],
)
def test_wrong_table_is_refused(tmp_path: Path, table: str, text: str) -> None:
    (tmp_path / "who.csv").write_text(table)
    with pytest.raises(TableError) as error:
        read_listed(tmp_path / "who.csv", Demographics())
    assert text in str(error.value)
