"""Sound files in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broken_audio import broken_audio
from heartprobe.audio import SoundInMemory, decode_audio, read_audio
from heartprobe.errors import AudioError


def test_seeking_before_the_beginning_stays_in_place() -> None:
    """As a file on disk does."""
    file = SoundInMemory(b"0123456789")
    assert file.seek(4) == 4
    assert file.seek(-1) == 4
    assert file.read(2) == b"45"
    assert file.seek(-2, os.SEEK_END) == 8
    assert file.seek(1, os.SEEK_CUR) == 9


def test_no_damaged_file_makes_the_decoder_print(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As soundfile does with the errors of a file-like object; and what is found is what is found on disk."""
    for name, content, _ in broken_audio():
        if content is None:
            continue
        path = tmp_path / name
        path.write_bytes(content)
        found = []
        for read in (lambda p=path: read_audio(p), lambda c=content, n=name: decode_audio(c, n)):
            try:
                found.append(read().sha256())
            except AudioError as error:
                found.append(error.kind)
        assert found[0] == found[1], name
    # libmpg123 has its own words about broken mp3 files, wherever they are.
    assert "Traceback" not in capfd.readouterr().err
