"""What a benchmark looks at before it computes anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from two_models import TWO_MODELS, heartprobe, write_file

from heartprobe.benchmark.cell_runs import is_finished
from heartprobe.benchmark.cells import plan_cells
from heartprobe.benchmark.specification import read_specification
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.errors import ConfigError, EncoderError


def test_dry_run_names_an_encoder_that_is_not_there(tmp_path: Path) -> None:
    """A folder of FILE, one of --encoder, or a misspelt name; not after a night of other cells."""
    text = TWO_MODELS.replace('encoder = "modulation"', 'encoder = "./nowhere"')
    result = heartprobe("benchmark", write_file(tmp_path, text), "--dry-run")
    assert isinstance(result.exception, EncoderError)
    assert f"Unknown encoder '{tmp_path / 'nowhere'}': there is no such folder" in str(result.exception)
    given = heartprobe("benchmark", write_file(tmp_path), "--dry-run", f"--encoder=modulation={tmp_path / 'gone'}")
    assert isinstance(given.exception, EncoderError)
    misspelt = TWO_MODELS.replace('encoder = "modulation"', 'encoder = "modulatoin"')
    named = heartprobe("benchmark", write_file(tmp_path, misspelt), "--dry-run")
    assert "Did you mean 'modulation'?" in str(named.exception)


def test_a_cell_on_other_recordings_is_not_finished(synthetic: Path, finished: Path) -> None:
    """Labels and patients are the same, but one of the recordings has gone."""
    path = write_file(finished.parent)
    cell = plan_cells(read_specification(path), path).cells[0]
    recordings = read_bmd_hs(synthetic, cell.config.dataset)
    assert is_finished(cell, recordings, finished)
    n = len(recordings.recordings)
    fewer = replace(recordings, recordings=recordings.recordings[1:])
    with pytest.raises(
        ConfigError, match=rf"same settings on other recordings \({n} then, {n - 1} now\); name another"
    ):
        is_finished(cell, fewer, finished)
