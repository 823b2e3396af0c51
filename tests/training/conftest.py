"""What the tests of fine-tuning share: sounds on disk and tiny encoders with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.recordings import RecordingSet
from separable_sounds import make_patients, write_sounds
from tiny_encoders import TinyEncoder, save_tiny_encoder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> TinyEncoder:
    """A function from a kind of `TINY_ENCODERS` to its folder; tests must not change the folder."""
    root = tmp_path_factory.mktemp("tiny-encoders")

    def folder_of(kind: str) -> Path:
        folder = root / kind
        return folder if folder.exists() else save_tiny_encoder(kind, folder)

    return folder_of


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> RecordingSet:
    """Two recordings of two seconds of each of 24 patients, with a whistle for each label that is 1."""
    return write_sounds(tmp_path_factory.mktemp("sounds"), make_patients(24))
