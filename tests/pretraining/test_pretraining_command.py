"""`heartprobe pretrain`, as it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from heartprobe.cli.app import app
from heartprobe.data.recordings import RecordingSet
from heartprobe.encoders.load import load_encoder
from heartprobe.errors import ConfigError

SMALL = """
[architecture]
channels = 2
width = 6
[material]
synthetic_patients = 2
[schedule]
steps = 2
labelled = 4
synthetic = 2
unlabelled = 0
crop_frames = 64
"""


@pytest.fixture
def _same_threads() -> Iterator[None]:
    """Put back the number of threads that the command sets."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_same_threads")
def test_it_writes_an_encoder_and_says_where(recordings: RecordingSet, tmp_path: Path) -> None:
    """With the settings of a file and of --set; a second time the folder is refused before anything is read."""
    (tmp_path / "small.toml").write_text(SMALL)
    data, out = recordings.recordings[0].path.parents[1], tmp_path / "mine"
    arguments = ["pretrain", "--data", str(data), "--out", str(out), "--config", str(tmp_path / "small.toml")]
    result = CliRunner().invoke(app, [*arguments, "--set", "schedule.seed=9"], catch_exceptions=False)
    assert result.exit_code == 0
    assert f"Encoder: {out} (use it with --model-name {out})" in result.stdout
    assert load_encoder(str(out)).info.rate_hz == 2000
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, ConfigError)
    assert "is there already" in str(again.exception)
