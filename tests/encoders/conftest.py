"""Tiny encoders on disk, written once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_encoders import TinyEncoder, save_tiny_encoder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> TinyEncoder:
    """A function from a kind of `TINY_ENCODERS` to its folder; tests must not change the folder."""
    root = tmp_path_factory.mktemp("tiny-encoders")

    def folder_of(kind: str) -> Path:
        folder = root / kind
        return folder if folder.exists() else save_tiny_encoder(kind, folder)

    return folder_of
