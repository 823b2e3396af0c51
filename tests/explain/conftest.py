"""A trained model and a loud murmur that the tests of explanations share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from heartprobe.audio import Audio
from heartprobe.data.recordings import Demographics, Position
from heartprobe.data.synthetic.chest import Chest
from heartprobe.data.synthetic.cycle import Rhythm
from heartprobe.data.synthetic.murmurs import Murmur
from heartprobe.data.synthetic.patient import SyntheticPatient, Valves
from heartprobe.data.synthetic.recording import synthesise
from heartprobe.data.synthetic.sensor import Sensor
from heartprobe.predict import Predictor
from trained_model import trained


@pytest.fixture(scope="session")
def explained_run(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with the shipped encoder; not to be written to."""
    folder = tmp_path_factory.mktemp("runs") / "pcg"
    return trained(synthetic, folder, "models.default_model=heartprobe-pcg", "audio.windows=whole")


@pytest.fixture(scope="session")
def explained_model(explained_run: Path) -> Iterator[Predictor]:
    with Predictor.open(explained_run / "bundle", device="cpu") as opened:
        yield opened


@pytest.fixture(scope="session")
def stenosis() -> Audio:
    """Ten seconds of an aortic stenosis of grade 3 at 70 beats per minute."""
    patient = SyntheticPatient(
        lesions=("AS",),
        demographics=Demographics(),
        rhythm=Rhythm(70),
        valves=Valves(),
        murmurs=(Murmur("AS", 3.0, 0.7),),
        chest=Chest(),
        sensor=Sensor(),
    )
    samples = synthesise(patient, Position("sup", "Aor"), np.random.default_rng(4), duration_s=10.0)
    return Audio(samples, 4000, "stenosis.wav")
