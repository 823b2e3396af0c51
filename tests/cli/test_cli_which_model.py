"""Which model answers `heartprobe predict`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from heart_like_sounds import RATE_HZ, beating
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, SHIPPED
from heartprobe.cli.which_model import model_and_files
from heartprobe.errors import BundleError, ConfigError
from heartprobe.progress import SilentProgress

HEARTPROBE = Path(sys.executable).with_name("heartprobe")
OURS = SHIPPED / NORMAL_ABNORMAL


class Told(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "somebody_sup_Mit.wav"
    soundfile.write(path, beating(72), RATE_HZ)
    return path


def test_without_a_model_ours_answers_and_says_so(wav: Path) -> None:
    """One line on stderr: which model, what it has learned from, where its card is."""
    done = subprocess.run(
        [HEARTPROBE, "predict", wav, "--json"], capture_output=True, text=True, timeout=100, cwd=wav.parent
    )
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["patient"]) == ["N"]
    (line,) = [line for line in done.stderr.splitlines() if "No model is named" in line]
    assert line.startswith("No model is named: normal-abnormal answers")
    assert "physionet-2016 (1790 recordings)" in line
    assert line.endswith(str(OURS / "MODEL_CARD.md"))


def test_the_card_is_named_as_seen_from_here(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the current folder or the home folder: a whole path is long and tells where everything is."""
    told = Told()
    monkeypatch.chdir(OURS.parent)
    model_and_files([wav], told)
    monkeypatch.chdir(wav.parent)
    monkeypatch.setenv("HOME", str(OURS.parents[1]))
    model_and_files([wav], told)
    here, home = (note.rpartition(": ")[2] for note in told.notes)
    assert (here, home) == ("normal-abnormal/MODEL_CARD.md", "~/shipped/normal-abnormal/MODEL_CARD.md")


def test_a_model_of_the_hub_and_one_of_a_folder_are_two(wav: Path, tmp_path: Path) -> None:
    """Told before the hub is asked, whichever folder it is: of a model, of a run, the name of ours."""
    (tmp_path / "run" / "bundle").mkdir(parents=True)
    (tmp_path / "run" / "bundle" / "bundle.json").write_text("{}")
    for given in (OURS, tmp_path / "run", NORMAL_ABNORMAL):
        done = subprocess.run(
            [HEARTPROBE, "predict", "--from-hub", "lab/heart", given, wav],
            capture_output=True,
            text=True,
            timeout=100,
            env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9"},
            cwd=tmp_path,
        )
        assert done.returncode == 2
        assert done.stderr == (
            f"heartprobe: {given} is a model folder, and --from-hub names a model as well; give one of them.\n"
        )


def test_a_named_model_is_taken_without_a_word(wav: Path, tmp_path: Path) -> None:
    """A folder, or the name of ours; also a damaged folder, which is then refused by name."""
    told = Told()
    assert model_and_files([OURS, wav], told) == (OURS, [wav])
    assert model_and_files([Path(NORMAL_ABNORMAL), wav], told) == (OURS, [wav])
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "model.safetensors").write_bytes(b"")
    assert model_and_files([damaged, wav], told) == (damaged, [wav])
    assert told.notes == []


@pytest.mark.parametrize("name", ["one.wav", "missing.flac", "table.csv", "folder"])
def test_anything_else_is_a_recording(name: str, tmp_path: Path) -> None:
    """A file that is missing, too: it is named as a recording that cannot be read."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "one.wav").touch()
    told = Told()
    assert model_and_files([tmp_path / name, tmp_path / "b.wav"], told) == (OURS, [tmp_path / name, tmp_path / "b.wav"])
    assert len(told.notes) == 1


def test_what_is_meant_as_a_model_is_not_taken_for_recordings(tmp_path: Path) -> None:
    """The folder of a run, a misspelt folder, and a model without recordings."""
    (tmp_path / "run" / "bundle").mkdir(parents=True)
    (tmp_path / "run" / "bundle" / "bundle.json").write_text("{}")
    with pytest.raises(BundleError, match=r"run is the folder of a run; its model lies in .*bundle\. Name that one"):
        model_and_files([tmp_path / "run", tmp_path / "a.wav"], Told())
    with pytest.raises(BundleError, match="nowhere is no model folder, nor a recording"):
        model_and_files([tmp_path / "nowhere", tmp_path / "a.wav"], Told())
    with pytest.raises(ConfigError, match="is a model folder, and no recording is given"):
        model_and_files([OURS], Told())
    with pytest.raises(ConfigError, match="is a model folder; name it first, before the recordings"):
        model_and_files([tmp_path / "a.wav", OURS], Told())
