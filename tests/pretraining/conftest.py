"""A pre-training that takes a second or two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.recordings import RecordingSet
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.pretraining.settings import MaterialSettings, PretrainingSettings, ScheduleSettings

SETTINGS = PretrainingSettings(
    architecture=Architecture(channels=2, width=6),
    material=MaterialSettings(synthetic_patients=3),
    schedule=ScheduleSettings(
        steps=6, labelled=6, synthetic=4, unlabelled=3, crop_frames=64, checkpoint_every=2, seed=1
    ),
)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> RecordingSet:
    """Two normal and two abnormal recordings of noise from each of three sites; `a0004` is called too noisy."""
    folder = tmp_path_factory.mktemp("cinc16")
    rng = np.random.default_rng(0)
    for site in "abf":
        here = folder / f"training-{site}"
        here.mkdir()
        names = [f"{site}000{n}" for n in range(1, 5)]
        for name in names:
            soundfile.write(here / f"{name}.wav", 0.1 * rng.standard_normal(3000), 2000, subtype="PCM_16")
        labels = (1, 1, -1, -1)
        lines = [f"{name},{label}" for name, label in zip(names, labels, strict=True)]
        (here / "REFERENCE.csv").write_text("\n".join(lines) + "\n")
        quality = [f"{line},{int(line[:5] != 'a0004')}" for line in lines]
        (here / "REFERENCE-SQI.csv").write_text("\n".join(quality) + "\n")
    return read_physionet(folder)


def read_physionet(folder: Path) -> RecordingSet:
    name = "physionet-2016"
    return read_dataset(name, folder, DatasetConfig(name=name))


@pytest.fixture
def settings() -> PretrainingSettings:
    return SETTINGS
