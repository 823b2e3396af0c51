"""What the tests of fine-tuning share: sounds on disk."""

from __future__ import annotations

import pytest

from heartprobe.data.recordings import RecordingSet
from separable_sounds import make_patients, write_sounds


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> RecordingSet:
    """Two recordings of two seconds of each of 24 patients, with a whistle for each label that is 1."""
    return write_sounds(tmp_path_factory.mktemp("sounds"), make_patients(24))
