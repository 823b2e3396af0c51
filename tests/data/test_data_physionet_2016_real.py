"""The published recordings of PhysioNet/CinC 2016; training-e is there in part."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.audit import audit
from heartprobe.data.physionet_2016 import read_physionet_2016
from heartprobe.data.recordings import RecordingSet

pytestmark = pytest.mark.real_data

NORMAL = {
    "training-a": (117, 409),
    "training-b": (386, 490),
    "training-c": (7, 31),
    "training-d": (27, 55),
    "training-e": (600, 691),
    "training-f": (80, 114),
}


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "physionet-2016"


@pytest.fixture(scope="module")
def recordings(folder: Path) -> RecordingSet:
    return read_physionet_2016(folder, DatasetConfig())


def test_every_recording_loads(recordings: RecordingSet) -> None:
    """409, 490, 31, 55, 691 and 114 recordings."""
    assert len(recordings.recordings) == len(recordings.patients) == 1790
    assert Counter(patient.site for patient in recordings.patients.values()) == {s: n for s, (_, n) in NORMAL.items()}
    assert all(patient.group == patient.site for patient in recordings.patients.values())


def test_labels_are_those_of_the_tables(recordings: RecordingSet, folder: Path) -> None:
    """As counted by hand, and line by line."""
    normals = Counter(patient.site for patient in recordings.patients.values() if patient.labels["N"] == 1)
    assert normals == {site: n for site, (n, _) in NORMAL.items()}
    for site in NORMAL:
        for line in (folder / site / "REFERENCE.csv").read_text().split():
            record, label = line.split(",")
            assert recordings.patients[record].labels == {"N": {"-1": 1, "1": 0}[label]}


def test_noisy_recordings_are_told(recordings: RecordingSet) -> None:
    """As many as have quality 0, and nothing else is odd in the tables."""
    assert Counter(finding.kind for finding in recordings.findings) == {"noisy": 228, "no-patients": 1}
    noisy = Counter(recordings.patients[f.subject].site for f in recordings.findings if f.kind == "noisy")
    assert noisy == {
        "training-a": 17,
        "training-b": 122,
        "training-c": 4,
        "training-d": 3,
        "training-e": 77,
        "training-f": 5,
    }


def test_every_sound_can_be_read(recordings: RecordingSet) -> None:
    """At 2 kHz, from 5 to 122 s; no length is declared, so that none is too short."""
    result = audit(recordings)
    assert (result.counts.readable, result.counts.rates_hz) == (1790, {2000: 1790})
    assert result.counts.shortest_s is not None
    assert result.counts.longest_s is not None
    assert 5 < result.counts.shortest_s < 6
    assert 120 < result.counts.longest_s < 123
    assert "short" not in {finding.kind for finding in result.findings}
    assert result.demographics_auroc["N"].value is None
