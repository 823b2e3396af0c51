"""A small benchmark on synthetic patients, and what it leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from two_models import heartprobe, write_file


@pytest.fixture(scope="session")
def finished(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished benchmark; not to be written to."""
    folder = tmp_path_factory.mktemp("benchmark")
    result = heartprobe(
        "benchmark", write_file(folder), f"--data=bmd-hs={synthetic}", "--device=cpu", "--out", folder / "out"
    )
    assert result.exit_code == 0, result.exception
    return folder / "out"


@pytest.fixture(scope="session")
def three_sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten recordings at each of three sites in the layout of PhysioNet 2016; the ill ones hiss."""
    folder = tmp_path_factory.mktemp("three-sites")
    rng = np.random.default_rng(11)
    beats = np.sin(2 * np.pi * 1.2 * np.arange(10_000) / 2000) > 0.9
    for site in "abc":
        (folder / f"training-{site}").mkdir()
        for i in range(10):
            hiss = rng.normal(0, 0.05 + 0.1 * (i % 2) * rng.uniform(), len(beats))
            sound = np.clip(0.3 * beats * rng.normal(0, 1, len(beats)) + hiss, -1, 1)
            soundfile.write(folder / f"training-{site}" / f"{site}000{i}.wav", sound, 2000)
        lines = [f"{site}000{i},{'1' if i % 2 else '-1'}" for i in range(10)]
        (folder / f"training-{site}" / "REFERENCE.csv").write_text("\n".join(lines) + "\n")
    return folder
