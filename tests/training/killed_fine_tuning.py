"""A process that fine-tunes and is killed after an epoch was measured and before it was stored.

python killed_fine_tuning.py SOUNDS ENCODER WORK_FOLDER EPOCH
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from heartprobe.progress import SilentProgress
from separable_sounds import fine_tune_tiny, make_patients, make_recordings


class Deadly(SilentProgress):
    """Kills the process when it hears of an epoch."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch

    def note(self, text: str) -> None:
        if f" epoch {self.epoch}:" in text:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sounds, encoder, work_folder, epoch = sys.argv[1:]
    recordings = make_recordings(make_patients(24), folder=Path(sounds))
    fine_tune_tiny(recordings, Path(encoder), Path(work_folder), Deadly(epoch))
