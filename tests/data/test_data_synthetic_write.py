"""Synthetic patients: a whole data set in the layout of BMD-HS."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.synthetic import MARKER, synthetic_patient, write_synthetic
from heartprobe.errors import ConfigError, DataError
from heartprobe.progress import Advance

SHORT = {"duration_s": 2.0}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight patients with recordings of two seconds."""
    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", n_patients=8, seed=5, **SHORT)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_tables_have_the_columns_of_bmd_hs(written: Path) -> None:
    """Names and order of the columns are those of the published tables."""
    first = (written / "train.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == (
        "patient_id,AS,AR,MR,MS,N,recording_1,recording_2,recording_3,recording_4,"
        "recording_5,recording_6,recording_7,recording_8"
    )
    second = (written / "additional_metadata.csv").read_text(encoding="utf-8").splitlines()[0]
    assert second == "patient_id,Age,Gender,Smoker,Lives"


def test_the_tables_look_like_the_real_ones(shared: Path, written: Path) -> None:
    """The same header lines as the tables of the real data set."""
    for name in ("train.csv", "additional_metadata.csv"):
        real = (shared / "data" / "bmd-hs" / name).read_text(encoding="utf-8-sig").splitlines()[0]
        assert (written / name).read_text(encoding="utf-8").splitlines()[0] == real


def test_rows_name_patients_labels_and_files(written: Path) -> None:
    """Ids count from 001; the prefix of a name is the lesion, MD for several, N for none; all files are there."""
    rows = table(written / "train.csv")
    assert [row["patient_id"] for row in rows] == [f"patient_00{n}" for n in range(1, 9)]
    for number, row in enumerate(rows, start=1):
        found = [label for label in ("AS", "AR", "MR", "MS", "N") if row[label] == "1"]
        prefix = "MD" if len(found) > 1 else found[0]
        names = [row[f"recording_{i}"] for i in range(1, 9)]
        assert names[0] == f"{prefix}_00{number}_sup_Mit"
        assert names[7] == f"{prefix}_00{number}_sit_Aor"
        assert all((written / "train" / f"{name}.wav").is_file() for name in names)
    assert len(list((written / "train").iterdir())) == 64


def test_demographics_are_coded_as_in_bmd_hs(written: Path) -> None:
    """Whole years, M or F, 0 or 1, U or R."""
    for row in table(written / "additional_metadata.csv"):
        assert row["Age"].isdigit()
        assert row["Gender"] in {"M", "F"}
        assert row["Smoker"] in {"0", "1"}
        assert row["Lives"] in {"U", "R"}


def test_recordings_are_mono_16_bit(written: Path) -> None:
    """4 kHz, one channel, PCM 16, two seconds."""
    info = soundfile.info(next((written / "train").iterdir()))
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (4000, 1, "PCM_16", 8000)


def test_the_folder_says_that_it_is_synthetic(written: Path) -> None:
    """The README says so in words, the marker says how it was made and holds every patient."""
    readme = (written / "README.md").read_text(encoding="utf-8")
    assert "They are the sounds of no real person." in readme
    marker = json.loads((written / MARKER).read_text(encoding="utf-8"))
    assert marker["synthetic"] is True
    assert marker["generator_version"] == 2
    assert marker["request"] == {
        "n_patients": 8,
        "seed": 5,
        "duration_s": 2.0,
        "rate_hz": 4000,
        "audio_format": "wav",
        "grades": [1.0, 5.0],
    }
    rate = marker["patients"]["patient_003"]["rhythm"]["rate_bpm"]
    assert rate == synthetic_patient(2, 5).rhythm.rate_bpm


def test_the_reader_of_bmd_hs_reads_it(written: Path) -> None:
    """64 recordings of 8 patients, no problem found, marked synthetic, labels and demographics as drawn."""
    recordings = read_bmd_hs(written, DatasetConfig())
    assert recordings.is_synthetic
    assert len(recordings.recordings) == 64
    assert not [finding for finding in recordings.findings if finding.is_problem]
    for number, patient_id in enumerate(recordings.patient_ids):
        drawn = synthetic_patient(number, 5)
        assert dict(recordings.patients[patient_id].labels) == drawn.labels
        assert recordings.patients[patient_id].demographics == drawn.demographics
    assert str(recordings.recordings[0].position) == "sup_Mit"


def test_the_same_arguments_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    """Every file is byte-identical when it is written again."""
    again = write_synthetic(tmp_path / "again", n_patients=8, seed=5, **SHORT)
    assert digests(again) == digests(written)


def test_a_patient_does_not_depend_on_how_many_there_are(written: Path, tmp_path: Path) -> None:
    """The first three of eight are the three of three, to the byte."""
    fewer = write_synthetic(tmp_path / "fewer", n_patients=3, seed=5, **SHORT)
    sounds = {name: digest for name, digest in digests(fewer).items() if name.startswith("train/")}
    assert len(sounds) == 24
    assert sounds.items() <= digests(written).items()
    assert table(fewer / "train.csv") == table(written / "train.csv")[:3]
    assert table(fewer / "additional_metadata.csv") == table(written / "additional_metadata.csv")[:3]


def test_another_seed_gives_other_sounds(written: Path, tmp_path: Path) -> None:
    """No recording of another seed is the same."""
    other = write_synthetic(tmp_path / "other", n_patients=2, seed=6, **SHORT)
    sounds = {digest for name, digest in digests(other).items() if name.startswith("train/")}
    assert not sounds & set(digests(written).values())


def test_flac_holds_the_same_samples(written: Path, tmp_path: Path) -> None:
    """The format changes the file, not the sound."""
    folder = write_synthetic(tmp_path / "flac", n_patients=1, seed=5, audio_format="flac", **SHORT)
    files = sorted((folder / "train").iterdir())
    assert {path.suffix for path in files} == {".flac"}
    for path in files:
        flac, _ = soundfile.read(path, dtype="int16")
        wav, _ = soundfile.read(written / "train" / f"{path.stem}.wav", dtype="int16")
        np.testing.assert_array_equal(flac, wav)


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    """The message names the folder; what lay there is untouched."""
    (tmp_path / "precious.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(DataError, match=r"is not empty; a synthetic data set is only written to a new or an empty"):
        write_synthetic(tmp_path, n_patients=1, **SHORT)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """The message says that it is a file."""
    (tmp_path / "data").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="is a file; a synthetic data set needs a folder"):
        write_synthetic(tmp_path / "data", n_patients=1, **SHORT)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """A path below a file cannot be created; the error is ours."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be written to"):
        write_synthetic(tmp_path / "file" / "data", n_patients=1, **SHORT)


def test_an_empty_folder_is_filled_in_place(written: Path, tmp_path: Path) -> None:
    """A folder that exists (a mounted volume, say) is kept; nothing temporary stays in it."""
    target = tmp_path / "empty"
    target.mkdir()
    before = target.stat().st_ino
    write_synthetic(target, n_patients=8, seed=5, **SHORT)
    assert target.stat().st_ino == before
    assert digests(target) == digests(written)


class Interrupted:
    """A listener that stops the work after the second patient."""

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:  # noqa: ARG002
        done = 0

        def advance(n: int) -> None:
            nonlocal done
            done += n
            if done == 2:
                raise KeyboardInterrupt

        yield advance

    def note(self, text: str) -> None:
        raise AssertionError(text)


@pytest.mark.parametrize("exists", [False, True])
def test_an_interruption_leaves_nothing(tmp_path: Path, exists: bool) -> None:
    """Neither the folder nor a temporary one is left behind."""
    target = tmp_path / "data"
    if exists:
        target.mkdir()
    with pytest.raises(KeyboardInterrupt):
        write_synthetic(target, n_patients=4, progress=Interrupted(), **SHORT)
    assert [path for path in tmp_path.rglob("*") if path != target] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_patients": 0}, "n_patients of a synthetic data set must be at least 1, not 0"),
        ({"seed": -1}, "seed of a synthetic data set must be 0 or more, not -1"),
        ({"duration_s": 0.5}, "duration_s of a synthetic data set must be from 2 to 600 seconds, not 0.5"),
        ({"duration_s": float("nan")}, "duration_s .* not nan"),
        ({"rate_hz": 100}, "rate_hz of a synthetic data set must be from 1000 to 48000 Hz, not 100"),
        ({"audio_format": "mp3"}, "audio_format of a synthetic data set must be 'wav' or 'flac', not 'mp3'"),
        ({"grades": (5, 2)}, "grades of a synthetic data set must be two grades from 1 to 6, the softer one first"),
    ],
)
def test_an_impossible_request_is_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    """Each argument has its range; the message names the argument, the range and the value."""
    with pytest.raises(ConfigError, match=message):
        write_synthetic(tmp_path / "data", **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
