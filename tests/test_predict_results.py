"""The results file that a later run goes on from."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.errors import ConfigError
from heartprobe.predict import GivenPatient, GivenRecording
from heartprobe.predict.results import open_results, result_key


@pytest.fixture
def given(tmp_path: Path) -> GivenPatient:
    (tmp_path / "x.wav").write_bytes(b"sound")
    return GivenPatient("x", (GivenRecording(tmp_path / "x.wav", "x.wav"),))


def test_key_covers_content_model_and_settings(given: GivenPatient, tmp_path: Path) -> None:
    first = result_key(given, "model", {"uses_poor": False})
    assert result_key(given, "model", {"uses_poor": False}) == first
    others = {result_key(given, "another", {"uses_poor": False}), result_key(given, "model", {"uses_poor": True})}
    (tmp_path / "x.wav").write_bytes(b"Sound")
    others.add(result_key(given, "model", {"uses_poor": False}))
    (tmp_path / "x.wav").unlink()
    others.add(result_key(given, "model", {"uses_poor": False}))
    assert len(others) == 4
    assert first not in others


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
