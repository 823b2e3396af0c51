"""The reader of BMD-HS: nothing is lost silently, nothing unlabelled slips in, wrong cells are named."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tiny_dataset import TinyDataset

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs import position_of
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.recordings import Demographics, Position, RecordingSet
from heartprobe.errors import ConfigError, DataError, DatasetNotFoundError, HeartprobeError, TableError

SETTINGS = DatasetConfig(recording_columns=("recording_1", "recording_2"))


def read(folder: Path, **settings: object) -> RecordingSet:
    return read_dataset("bmd-hs", folder, SETTINGS.model_copy(update=settings))


def found(recordings: RecordingSet) -> list[tuple[str, str, bool]]:
    return [(finding.kind, finding.subject, finding.is_problem) for finding in recordings.findings]


def test_a_data_set_is_read_from_its_tables(tiny: TinyDataset) -> None:
    """Labels, demographics and positions, by patient and in the order of the table."""
    tiny.rows.reverse()
    recordings = read(tiny.write())
    assert recordings.name == "bmd-hs"
    assert [(r.recording_id, r.patient_id, str(r.position)) for r in recordings.recordings] == [
        ("N_1_sup_Mit", "p1", "sup_Mit"),
        ("N_1_sit_Aor", "p1", "sit_Aor"),
        ("MD_2_sup_Mit", "p2", "sup_Mit"),
        ("MD_2_sit_Aor", "p2", "sit_Aor"),
    ]
    assert recordings.recordings[0].path == tiny.folder / "train" / "N_1_sup_Mit.wav"
    assert recordings.patients["p2"].labels == {"N": 0, "AS": 1, "AR": 0, "MR": 1, "MS": 0}
    assert recordings.patients["p2"].demographics == Demographics(age=54.0, sex="F", smoker=True, lives="R")
    assert recordings.patients["p1"].demographics == Demographics(age=21.0, sex="M", smoker=False, lives="U")
    assert recordings.findings == ()
    assert not recordings.is_synthetic


def test_the_published_archive_is_found_from_above(tiny: TinyDataset, tmp_path: Path) -> None:
    """Tables and recordings may lie in different folders, as `.flac` too, and with a marker as synthetic."""
    tiny.folder = tmp_path / "download" / "BMD-HS-Dataset-main"
    tiny.write(".flac")
    (tiny.folder / "train").rename(tmp_path / "download" / "audio_files")
    (tiny.folder / "synthetic.json").write_text("{}")
    recordings = read(tmp_path)
    assert [r.path.name for r in recordings.recordings][:2] == ["N_1_sup_Mit.flac", "N_1_sit_Aor.flac"]
    assert recordings.is_synthetic


def test_labels_and_patients_never_come_from_file_names(tiny: TinyDataset) -> None:
    """A recording that is called normal is what the table says."""
    tiny.rows = ["p1,0,0,0,1,0,N_1_sup_Mit,AS_9_sit_Aor"]
    tiny.demographics = None
    recordings = read(tiny.write())
    assert recordings.patients["p1"].labels["MS"] == 1
    assert {r.patient_id for r in recordings.recordings} == {"p1"}


def test_positions_are_parsed_from_the_end_of_a_name() -> None:
    """A name without a position has none."""
    assert position_of("MD_085_sit_Tri") == Position("sit", "Tri")
    assert position_of("x_sup_Pul") == Position("sup", "Pul")
    assert position_of("MD_085_sit_Tri6_06") is None
    assert position_of("sit_Tri") is None
    assert position_of("MD_085_lie_Tri") is None


def test_listed_names_may_carry_a_suffix_and_cells_may_be_empty(tiny: TinyDataset) -> None:
    """A recording that was not made has an empty cell."""
    tiny.rows[0] = "p1,0,0,0,0,1,N_1_sup_Mit.wav,"
    tiny.write_tables()
    tiny.write_sound("N_1_sup_Mit.wav")
    tiny.write_sound("MD_2_sup_Mit.wav")
    tiny.write_sound("MD_2_sit_Aor.wav")
    assert [r.recording_id for r in read(tiny.folder).recordings] == ["N_1_sup_Mit", "MD_2_sup_Mit", "MD_2_sit_Aor"]


def test_missing_files_are_found_and_the_rest_loads(tiny: TinyDataset) -> None:
    """A patient without any file is said to be lost."""
    tiny.write()
    for name in ("N_1_sup_Mit", "N_1_sit_Aor", "MD_2_sit_Aor"):
        (tiny.folder / "train" / f"{name}.wav").unlink()
    recordings = read(tiny.folder)
    assert [r.recording_id for r in recordings.recordings] == ["MD_2_sup_Mit"]
    assert list(recordings.patients) == ["p2"]
    assert found(recordings) == [
        ("missing", "N_1_sup_Mit", True),
        ("missing", "N_1_sit_Aor", True),
        ("missing", "MD_2_sit_Aor", True),
        ("missing", "p1", True),
    ]


def test_unlisted_files_are_found_and_never_loaded(tiny: TinyDataset) -> None:
    """A file without a label is not used, even where it looks like a listed one."""
    tiny.write()
    tiny.write_sound("MD_3_sup_Mit.wav")
    (tiny.folder / "train" / "N_1_sup_Mit.wav").rename(tiny.folder / "train" / "N_1_sup_Mit (2).wav")
    recordings = read(tiny.folder)
    assert [r.recording_id for r in recordings.recordings] == ["N_1_sit_Aor", "MD_2_sup_Mit", "MD_2_sit_Aor"]
    assert found(recordings) == [
        ("missing", "N_1_sup_Mit", True),
        ("unlisted", "train/MD_3_sup_Mit.wav", True),
        ("unlisted", "train/N_1_sup_Mit (2).wav", True),
    ]
    assert "Is it 'N_1_sup_Mit (2).wav'?" in recordings.findings[0].detail


def test_two_files_of_one_name_are_not_guessed_between(tiny: TinyDataset) -> None:
    """The recording is left out and both files are named."""
    tiny.write()
    tiny.write_sound("N_1_sup_Mit.flac", seed=9)
    recordings = read(tiny.folder)
    assert [r.recording_id for r in recordings.recordings] == ["N_1_sit_Aor", "MD_2_sup_Mit", "MD_2_sit_Aor"]
    assert found(recordings) == [("ambiguous", "N_1_sup_Mit", True)]
    assert "train/N_1_sup_Mit.flac, train/N_1_sup_Mit.wav" in recordings.findings[0].detail


def test_the_documented_correction_is_applied_and_told(tiny: TinyDataset) -> None:
    """`MD_085_sit_Tri6_06` stands for `MD_085_sit_Tri`; that is a note, not a problem."""
    tiny.rows = ["p1,1,0,0,1,0,MD_085_sit_Tri,MD_085_sit_Pul"]
    tiny.demographics = None
    tiny.write_tables()
    tiny.write_sound("MD_085_sit_Tri6_06.wav")
    tiny.write_sound("MD_085_sit_Pul.wav")
    recordings = read(tiny.folder)
    assert [(r.recording_id, r.path.stem, str(r.position)) for r in recordings.recordings] == [
        ("MD_085_sit_Tri", "MD_085_sit_Tri6_06", "sit_Tri"),
        ("MD_085_sit_Pul", "MD_085_sit_Pul", "sit_Pul"),
    ]
    assert ("misnamed", "MD_085_sit_Tri", False) in found(recordings)


def test_a_correction_gives_way_to_a_file_of_the_right_name(tiny: TinyDataset) -> None:
    """With both files there, the misnamed one is unlisted."""
    tiny.rows = ["p1,1,0,0,1,0,MD_085_sit_Tri,"]
    tiny.demographics = None
    tiny.write_tables()
    tiny.write_sound("MD_085_sit_Tri6_06.wav")
    tiny.write_sound("MD_085_sit_Tri.wav")
    recordings = read(tiny.folder)
    assert [r.path.stem for r in recordings.recordings] == ["MD_085_sit_Tri"]
    assert ("unlisted", "train/MD_085_sit_Tri6_06.wav", True) in found(recordings)


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("p2,1,0,1,0,1,MD_2_sup_Mit,MD_2_sit_Aor", "N is 1 (a normal heart) although AS, MR is 1."),
        ("p2,0,0,0,0,0,MD_2_sup_Mit,MD_2_sit_Aor", "N is 0 (not a normal heart) although AS, AR, MR, MS are all 0."),
    ],
)
def test_contradicting_labels_leave_the_patient_out(tiny: TinyDataset, row: str, detail: str) -> None:
    """Neither reading is guessed, and the finding names the line."""
    tiny.rows[1] = row
    recordings = read(tiny.write())
    assert list(recordings.patients) == ["p1"]
    assert found(recordings) == [("contradicting", "p2", True)]
    assert recordings.findings[0].detail == f"train.csv, line 3: {detail} p2 and 2 recordings are left out."


def test_a_patient_without_known_labels_is_left_out(tiny: TinyDataset) -> None:
    """The later tables list patient_022 with N/A everywhere, without demographics at first."""
    tiny.rows.append("p3,N/A,N/A,n/a,N/A,N/A,MD_3_sup_Mit,MD_3_sit_Aor")
    recordings = read(tiny.write())
    assert list(recordings.patients) == ["p1", "p2"]
    assert found(recordings) == [("unlabelled", "p3", False)]
    assert tiny.demographics is not None
    tiny.demographics.append("p3,30-39,M,1,U")
    assert found(read(tiny.write())) == [
        ("unlabelled", "p3", False),
        ("age-band", "additional_metadata.csv", False),
    ]


def test_a_single_unknown_label_stays_unknown(tiny: TinyDataset) -> None:
    """It is neither 0 nor 1, and no contradiction is read into it."""
    tiny.rows = ["p1,0,0,N/A,0,0,N_1_sup_Mit,", "p2,1,0,0,0,0.0,MD_2_sup_Mit,"]
    recordings = read(tiny.write())
    assert recordings.patients["p1"].labels == {"AS": 0, "AR": 0, "MR": None, "MS": 0, "N": 0}
    assert recordings.patients["p2"].labels["N"] == 0
    assert recordings.findings == ()


def test_only_the_configured_labels_must_be_columns(tiny: TinyDataset) -> None:
    """A table of normal against abnormal needs no lesion; a further label is read, too."""
    tiny.heading = "patient_id,N,PDA,recording_1,recording_2"
    tiny.rows = ["p1,1,0,N_1_sup_Mit,N_1_sit_Aor", "p2,0,0,MD_2_sup_Mit,MD_2_sit_Aor"]
    recordings = read(tiny.write(), disease_classes=("N",))
    assert recordings.patients["p2"].labels == {"N": 0}
    recordings = read(tiny.folder, disease_classes=("N", "PDA"))
    assert recordings.patients["p2"].labels == {"N": 0, "PDA": 0}
    assert recordings.findings == ()


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("disease_classes", ("N", "ASS"), "dataset.disease_classes names 'ASS', which is not a column of"),
        ("disease_classes", ("N", "ASS"), "Did you mean 'AS'?"),
        ("normal_class", "Normal", "dataset.normal_class names 'Normal'"),
        ("recording_columns", ("recording1",), "Did you mean 'recording_1'?"),
    ],
)
def test_a_misspelt_setting_names_the_closest_column(tiny: TinyDataset, setting: str, value: object, text: str) -> None:
    """The message says which setting, and what the table has."""
    tiny.write()
    with pytest.raises(ConfigError) as caught:
        read(tiny.folder, **{setting: value})
    assert text in str(caught.value)
    assert "Its columns are patient_id, AS, AR, MR, MS, N, recording_1, recording_2." in str(caught.value)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("p2,2,0,1,0,0,a,b", "line 3, column 'AS': found '2', expected 0 or 1, or N/A where it is unknown."),
        ("p2,1,0,,0,0,a,b", "line 3, column 'MR': found '', expected 0 or 1"),
        ("p1,1,0,1,0,0,a,b", "line 3, column 'patient_id': found 'p1', expected every value once, but line 2 has it"),
        (",1,0,1,0,0,a,b", "line 3, column 'patient_id': found ''"),
        ("p2,1,0,1,0,0,a,N_1_sup_Mit", "line 3, column 'recording_2': found 'N_1_sup_Mit', expected every recording"),
        ("p2,1,0,1,0,0,a,a", "line 3, column 'recording_2': found 'a', expected every recording once, but line 3"),
        ("p2,1,0,1", "line 3: found 4 values, expected 8"),
    ],
)
def test_a_wrong_cell_of_the_first_table_is_named(tiny: TinyDataset, line: str, text: str) -> None:
    """File, line, column, value and expectation."""
    tiny.rows[1] = line
    tiny.write_tables()
    with pytest.raises(TableError) as caught:
        read(tiny.folder)
    assert f"{tiny.table}, {text}" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("p2,old,F,1,R", "column 'Age': found 'old', expected years from 0 to 120, or a band of years such as 30-39."),
        ("p2,121,F,1,R", "column 'Age': found '121'"),
        ("p2,-3,F,1,R", "column 'Age': found '-3'"),
        ("p2,nan,F,1,R", "column 'Age': found 'nan'"),
        ("p2,5_4,F,1,R", "column 'Age': found '5_4'"),
        ("p2,39-30,F,1,R", "column 'Age': found '39-30'"),
        ("p2,100-200,F,1,R", "column 'Age': found '100-200'"),
        ("p2,54,X,1,R", "column 'Gender': found 'X', expected M or F, or nothing where it is unknown."),
        ("p2,54,F,yes,R", "column 'Smoker': found 'yes', expected 0 or 1"),
        ("p2,54,F,1,F", "column 'Lives': found 'F', expected U or R"),
        ("p1,54,F,1,R", "column 'patient_id': found 'p1', expected every value once"),
    ],
)
def test_a_wrong_cell_of_the_second_table_is_named(tiny: TinyDataset, line: str, text: str) -> None:
    """Also where the settings use no demographics: the audit does."""
    tiny.demographics = ["p1,21,M,0,U", line]
    tiny.write()
    with pytest.raises(TableError) as caught:
        read(tiny.folder)
    assert f"{tiny.demographics_table}, line 3, {text}" in str(caught.value)


def test_ages_may_be_bands_and_cells_may_be_empty(tiny: TinyDataset) -> None:
    """The middle of 30-39 is 34.5; what is not given is unknown, and told."""
    tiny.demographics = ["p1,30-39,,0,U", "p2,61.5,F,,"]
    recordings = read(tiny.write())
    assert recordings.patients["p1"].demographics == Demographics(age=34.5, sex=None, smoker=False, lives="U")
    assert recordings.patients["p2"].demographics == Demographics(age=61.5, sex="F", smoker=None, lives=None)
    assert found(recordings) == [
        ("no-demographics", "p1", False),
        ("no-demographics", "p2", False),
        ("age-band", "additional_metadata.csv", False),
    ]
    assert "Smoker, Lives is not given" in recordings.findings[1].detail


def test_demographics_are_needed_only_where_the_settings_use_them(tiny: TinyDataset) -> None:
    """Without the second table they are unknown, with a note; used, it is an error."""
    tiny.demographics = None
    recordings = read(tiny.write())
    assert recordings.patients["p1"].demographics == Demographics()
    assert found(recordings) == [("no-demographics", "additional_metadata.csv", False)]
    with pytest.raises(DatasetNotFoundError, match=r"dataset\.demographics uses age, but there is no table"):
        read(tiny.folder, demographics=("age",))


def test_a_patient_without_demographics_is_a_finding_or_an_error(tiny: TinyDataset) -> None:
    """Both tables are named."""
    tiny.demographics = ["p1,21,M,0,U"]
    tiny.write()
    assert found(read(tiny.folder)) == [("no-demographics", "p2", True)]
    with pytest.raises(TableError) as caught:
        read(tiny.folder, demographics=("age", "sex"))
    assert str(caught.value) == (
        f"{tiny.table}, line 3, column 'patient_id': found 'p2', expected a patient with a row in "
        "additional_metadata.csv; dataset.demographics uses age, sex."
    )


def test_a_patient_with_nothing_but_demographics_is_not_used(tiny: TinyDataset) -> None:
    """Who has no label does not slip in; a cut-down first table can be used with the whole second one."""
    assert tiny.demographics is not None
    tiny.demographics.append("p9,54,F,1,R")
    recordings = read(tiny.write())
    assert list(recordings.patients) == ["p1", "p2"]
    assert found(recordings) == [("unlisted", "p9", True)]


def test_a_missing_column_of_the_second_table_is_named(tiny: TinyDataset) -> None:
    """With the closest name that is there."""
    tiny.demographics_heading = "patient_id,age,Gender,Smoker,Lives"
    tiny.write()
    with pytest.raises(TableError, match=r"additional_metadata.csv has no column 'Age'. Did you mean 'age'\?"):
        read(tiny.folder)


def test_without_a_table_the_folder_is_no_data_set(tiny: TinyDataset) -> None:
    """A table of nearly the same name is pointed at."""
    tiny.write()
    tiny.table.rename(tiny.folder / "Train.csv")
    with pytest.raises(DatasetNotFoundError) as caught:
        read(tiny.folder)
    assert f"there is no table 'train.csv' in or below {tiny.folder}. Did you mean 'Train.csv'?" in str(caught.value)
    assert "--data-dir" in str(caught.value)


def test_without_any_sound_the_folder_is_no_data_set(tiny: TinyDataset) -> None:
    """The first reason is given."""
    tiny.write_tables()
    with pytest.raises(DatasetNotFoundError) as caught:
        read(tiny.folder)
    assert f"{tiny.table} lists 4 recordings with labels, of which none can be used." in str(caught.value)
    assert "N_1_sup_Mit: There is no file of this name." in str(caught.value)


def test_a_table_with_a_heading_alone_has_no_sound(tiny: TinyDataset) -> None:
    """No patient is no data set."""
    tiny.rows = []
    with pytest.raises(DatasetNotFoundError, match="lists 0 recordings with labels"):
        read(tiny.write())


def test_the_table_twice_is_an_error(tiny: TinyDataset) -> None:
    """Both places are named."""
    tiny.write()
    (tiny.folder / "copy").mkdir()
    (tiny.folder / "copy" / "train.csv").write_text(tiny.table.read_text())
    with pytest.raises(DataError, match=r"There are 2 tables named 'train.csv'.*copy/train.csv, .*tiny/train.csv"):
        read(tiny.folder)


def test_the_spreadsheet_with_names_is_never_opened(tiny: TinyDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """`eco.xlsx` beside the tables is neither opened nor mentioned."""
    tiny.write()
    (tiny.folder / "eco.xlsx").write_bytes(b"PK\x03\x04")
    opened: list[str] = []
    open_path = Path.open

    def watch(path: Path, *args: object, **kwargs: object) -> object:
        opened.append(path.name)
        return open_path(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", watch)
    recordings = read(tiny.folder)
    assert sorted(opened) == ["additional_metadata.csv", "train.csv"]
    assert "eco.xlsx" not in str(recordings)


def test_mutated_tables_never_end_in_a_traceback(tiny: TinyDataset) -> None:
    """A hundred and fifty tables with random bytes changed, cut or doubled: read, or refused in a sentence."""
    tiny.write()
    original = {path: path.read_bytes() for path in (tiny.table, tiny.demographics_table)}
    chance = random.Random(7)
    refused: list[HeartprobeError] = []
    for _ in range(150):
        path = chance.choice(list(original))
        content = bytearray(original[path])
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(content))
            piece = bytes(chance.choice(b'\x00",;\n\r\xff01-N/A.') for _ in range(chance.randint(0, 3)))
            content[start : start + chance.randint(0, 3)] = piece
        path.write_bytes(content)
        try:
            read(tiny.folder)
        except HeartprobeError as error:
            refused.append(error)
        path.write_bytes(original[path])
    assert len(refused) > 50
    assert all(len(str(error)) > 20 for error in refused)
