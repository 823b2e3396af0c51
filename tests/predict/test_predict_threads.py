"""A predictor that several threads ask, that is closed, forgotten or interrupted."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from heart_like_sounds import beating
from heartprobe.audio import Audio
from heartprobe.data.recordings import Demographics
from heartprobe.predict import GivenPatient, GivenRecording, Predictor
from heartprobe.predict.opening import Opened
from trained_model import files_of


def test_several_threads_get_what_each_would_get_alone(predictor: Predictor, synthetic: Path) -> None:
    """Eight patients at once, on all of a machine's cores, to the last bit."""
    patients = [
        GivenPatient(f"{number}", tuple(GivenRecording(file, file.name) for file in files_of(synthetic, name)[:3]))
        for number, name in enumerate(f"patient_00{i}" for i in range(1, 9))
    ]
    alone = [prediction.as_dict() for prediction in predictor.predict_each(patients)]
    with ThreadPoolExecutor(8) as threads:
        at_once = list(threads.map(lambda one: next(predictor.predict_each([one])).as_dict(), patients))
    assert at_once == alone


def test_torch_threads_of_the_program_are_left_alone(run: Path) -> None:
    """While a predictor is open, for this thread and for later ones; a window is encoded by one thread."""
    was = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with Predictor.open(run / "bundle", device="cpu") as predictor:
            predictor.recording_probabilities(Audio(beating(70, 6.0).astype(np.float32), 4000))
            with ThreadPoolExecutor(1) as later:
                assert (torch.get_num_threads(), later.submit(torch.get_num_threads).result()) == (2, 2)
    finally:
        torch.set_num_threads(was)


def test_a_closed_predictor_leaves_no_thread(run: Path) -> None:
    before = threading.active_count()
    with Predictor.open(run / "bundle", device="cpu", workers=3) as predictor:
        predictor.recording_probabilities(Audio(beating(70, 6.0).astype(np.float32), 4000))
        assert threading.active_count() == before + 3
    assert threading.active_count() == before
    with pytest.raises(CancelledError):
        predictor.recording_probabilities(Audio(beating(70, 6.0).astype(np.float32), 4000))


def test_a_forgotten_predictor_leaves_no_thread(run: Path) -> None:
    before = threading.active_count()
    predictor = Predictor.open(run / "bundle", device="cpu", workers=3)
    assert threading.active_count() == before + 3
    del predictor
    gc.collect()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_program_ends_quietly_with_an_open_predictor(run: Path, synthetic: Path) -> None:
    """And at once, with warnings as errors."""
    code = (
        "import sys; from pathlib import Path; from heartprobe.predict import Predictor\n"
        "predictor = Predictor.open(Path(sys.argv[1]), device='cpu')\n"
        "print(predictor.predict([Path(sys.argv[2])], uses_poor=True).recordings[0].name)"
    )
    file = files_of(synthetic, "patient_001")[0]
    command = [sys.executable, "-W", "error", "-c", code, str(run / "bundle"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file.name}\n", "")


class Slow:
    """Takes a tenth of a second for whatever it is given, and counts the windows."""

    def __init__(self) -> None:
        self.windows: list[int] = []
        self.is_asked = threading.Event()

    def probabilities(self, windows: NDArray[np.float32], demographics: Demographics) -> NDArray[np.float64]:  # noqa: ARG002
        self.windows.append(len(windows))
        self.is_asked.set()
        time.sleep(0.1)
        return np.full((len(windows), 5), 0.5)


def test_an_interrupted_prediction_ends_in_the_middle_of_a_recording(predictor: Predictor) -> None:
    """Ten minutes are 120 windows, two at a time: 6 s of work, of which a few tenths are done."""
    slow = Slow()
    interrupted = Predictor(predictor.bundle, predictor.front_end, Opened(slow, 2, lambda: None))
    sound = Audio(np.tile(beating(60, 10.0), 60).astype(np.float32), 4000)

    def patients() -> Iterator[GivenPatient]:
        yield GivenPatient("x", (GivenRecording(sound, "x"),))
        slow.is_asked.wait(20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(interrupted.predict_each(patients()))
    assert set(slow.windows) == {2}
    assert len(slow.windows) < 20
