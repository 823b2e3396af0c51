"""`heartprobe report` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.cli.app import app
from heartprobe.cli.report import report
from heartprobe.errors import ConfigError, DataError
from heartprobe.progress import SilentProgress


@pytest.fixture(scope="module")
def run(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run on synthetic patients."""
    from heartprobe.cli.data_sets import load_recordings
    from heartprobe.cli.options import build_config
    from heartprobe.experiment import run_experiment
    from heartprobe.machine import Machine

    settings = {
        "models.default_model": "logmel",
        "evaluation.protocol": "holdout",
        "evaluation.bootstrap_draws": 100,
        "evaluation.selection_folds": 2,
    }
    config = build_config(None, settings, None)
    progress = SilentProgress()
    folder = tmp_path_factory.mktemp("report") / "run"
    recordings = load_recordings(config, synthetic, progress)
    run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=progress)
    return folder


def test_a_run_has_spectrograms_and_no_sounds(run: Path) -> None:
    """Right after training."""
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in page
    assert "<audio" not in page


def test_the_report_is_made_again(run: Path, synthetic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the data, the same bytes; with audio, sounds; without the data, a page without pictures of patients."""
    first = (run / "report.html").read_bytes()
    markdown = (run / "report.md").read_bytes()
    (run / "report.html").unlink()
    report(run, data_dir=synthetic)
    assert (run / "report.html").read_bytes() == first
    assert (run / "report.md").read_bytes() == markdown
    assert capsys.readouterr().out == f"Written: {run / 'report.html'} and {run / 'report.md'}\n"
    report(run, data_dir=synthetic, with_audio=True)
    assert b"<audio" in (run / "report.html").read_bytes()
    report(run)
    page = (run / "report.html").read_bytes()
    assert b"<audio" not in page
    assert b"data:image/png" not in page
    assert b"heartprobe report RUN --data-dir DIR" in page


def test_wrong_use_is_refused(run: Path, tmp_path: Path) -> None:
    """Audio without recordings, and a folder without a report."""
    with pytest.raises(ConfigError, match="--with-audio needs the recordings"):
        report(run, with_audio=True)
    with pytest.raises(DataError, match=r"There is no report at .*report\.json"):
        report(tmp_path)


def test_an_evaluation_has_no_configuration(run: Path, synthetic: Path) -> None:
    """Its report tells the data set."""
    stored = (run / "config.json").read_text()
    (run / "config.json").unlink()
    try:
        report(run, data_dir=synthetic)
    finally:
        (run / "config.json").write_text(stored)
    assert "data:image/png;base64," in (run / "report.html").read_text(encoding="utf-8")


def test_the_command_is_registered() -> None:
    """Beside the others."""
    assert "report" in [command.name for command in app.registered_commands]
