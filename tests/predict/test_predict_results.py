"""The results file that a later run goes on from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heartprobe.audio import Audio
from heartprobe.errors import ConfigError
from heartprobe.predict import GivenPatient, GivenRecording
from heartprobe.predict.results import open_results, result_key


@pytest.fixture
def given(tmp_path: Path) -> GivenPatient:
    (tmp_path / "x.wav").write_bytes(b"sound")
    return GivenPatient("x", (GivenRecording(tmp_path / "x.wav", "x.wav"),))


def test_key_covers_content_model_and_settings(given: GivenPatient, tmp_path: Path) -> None:
    first = result_key(given, "model", {"uses_poor": False})
    assert result_key(replace(given, is_guessed=True), "model", {"uses_poor": False}) != first
    assert result_key(given, "model", {"uses_poor": False}) == first
    others = {result_key(given, "another", {"uses_poor": False}), result_key(given, "model", {"uses_poor": True})}
    (tmp_path / "x.wav").write_bytes(b"Sound")
    others.add(result_key(given, "model", {"uses_poor": False}))
    (tmp_path / "x.wav").unlink()
    others.add(result_key(given, "model", {"uses_poor": False}))
    assert len(others) == 4
    assert first not in others


def test_results_of_another_heartprobe_are_not_taken_over(given: GivenPatient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hear or decide differently."""
    first = result_key(given, "model", {})
    monkeypatch.setattr("heartprobe.predict.results.__version__", "0.0.0")
    assert result_key(given, "model", {}) != first


def test_key_covers_content_in_memory(given: GivenPatient) -> None:
    """Of bytes and of samples; where a file lies counts as well as what it holds."""
    sounds = [Audio(np.sin(np.arange(4000) * pitch).astype(np.float32), 4000) for pitch in (0.1, 0.2)]
    sources = [b"sound", b"Sound", *sounds]
    keys = [
        result_key(GivenPatient("x", (GivenRecording(source, "x.wav"),)), "model", {})
        for source in (*sources, *(replace(sound, name="same") for sound in sounds))
    ]
    assert len({*keys[:4], result_key(given, "model", {})}) == 5
    assert keys[4:] == keys[2:4]


def test_results_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.jsonl"
    with open_results(path) as results:
        results.add("a", {"patient": 1})
        results.add("b", {"patient": 2})
    path.write_bytes(path.read_bytes() + b'{"key": "c", "pat')
    with open_results(path) as results:
        assert "c" not in results
        assert results.find("b") == {"key": "b", "patient": 2}
        assert results.find("c") is None
        results.add("c", {"patient": 3})
        results.finish(["c", "a"])
    assert path.read_text() == '{"key": "c", "patient": 3}\n{"key": "a", "patient": 1}\n'


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with open_results(path), pytest.raises(ConfigError, match="Another process writes to"), open_results(path):
        pass
