"""The public torch data set of windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from heartprobe.audio import read_audio
from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.signal.front_end import FrontEnd
from heartprobe.training.window_dataset import WindowDataset
from separable_sounds import make_patients, write_sounds

FRONT_END = FrontEnd(
    rate_hz=4000,
    time_scale=1.0,
    duration_s=0.8,
    windows="all",
    normalise="standard",
    bandpass_hz=None,
    remove_spikes=False,
)


@pytest.fixture
def recordings(tmp_path: Path) -> RecordingSet:
    """Four patients, two recordings each, of two seconds: three windows, the last one shifted back."""
    return write_sounds(tmp_path / "sounds", make_patients(4))


def test_an_item_is_a_window_with_all_that_is_known_of_it(recordings: RecordingSet) -> None:
    patients = {**recordings.patients, "P001": Patient("P001", {"N": 1, "AS": None})}
    windows = WindowDataset(replace(recordings, patients=patients), FRONT_END, ["AS", "N"])
    assert len(windows) == 4 * 2 * 3
    item = windows[8]
    assert (item["patient_id"], item["recording_id"], item["start_s"]) == ("P001", "P001_0", 1.2)
    assert item["labels"].isnan().tolist() == [True, False]
    assert item["labels"][1] == 1.0
    assert item["demographics"].shape == (0,)
    expected = FRONT_END.cut(read_audio(recordings.recordings[2].path)).samples[2]
    assert (item["samples"].numpy() == expected).all()
    assert item["samples"].dtype == torch.float32


def test_demographics_are_those_of_the_patient(recordings: RecordingSet) -> None:
    """In the order of the fields, normalised by the encoder that is handed in."""
    encoder = DemographicsEncoder.fit(list(recordings.patients.values()), ["smoker", "age"], {})
    windows = WindowDataset(recordings, FRONT_END, ["N"], encoder)
    expected = encoder.transform([recordings.patients["P002"]])[0]
    assert windows[12]["patient_id"] == "P002"
    assert (windows[12]["demographics"].numpy() == expected).all()


def test_a_recording_that_cannot_be_read_is_left_out_by_name(recordings: RecordingSet) -> None:
    """And so is one that is not there; the others stay."""
    recordings.recordings[0].path.write_bytes(b"no sound")
    recordings.recordings[3].path.unlink()
    windows = WindowDataset(recordings, FRONT_END, ["N"])
    assert [(finding.kind, finding.subject) for finding in windows.findings] == [
        ("unreadable", "P000_0"),
        ("missing", "P001_1"),
    ]
    assert len(windows) == 6 * 3
    assert set(windows.sounds) == set(windows.recording_ids)
    assert "P000_0" not in windows.sounds


def test_a_data_loader_can_read_it_with_several_processes(recordings: RecordingSet) -> None:
    """In batches, with the same content as one by one."""
    windows = WindowDataset(recordings, FRONT_END, ["N", "AS"])
    batches = list(DataLoader(windows, batch_size=5, num_workers=2))
    samples = torch.cat([batch["samples"] for batch in batches])
    assert samples.shape == (24, 3200)
    assert all(torch.equal(samples[i], windows[i]["samples"]) for i in (0, 7, 23))
    assert [name for batch in batches for name in batch["recording_id"]] == windows.recording_ids


def test_windows_of_one_recording_are_read_once(recordings: RecordingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = WindowDataset(recordings, FRONT_END, ["N"])
    read: list[Path] = []

    def counted(path: Path) -> object:
        read.append(path)
        return read_audio(path)

    monkeypatch.setattr("heartprobe.training.window_dataset.read_audio", counted)
    for i in range(6):
        windows[i]
    assert [path.stem for path in read] == ["P000_0", "P000_1"]


def test_targets_stand_beside_the_items(recordings: RecordingSet) -> None:
    windows = WindowDataset(recordings, FRONT_END, ["N", "AS"])
    assert windows.targets.shape == (24, 2)
    assert all((windows.targets[i] == windows[i]["labels"].numpy()).all() for i in range(0, 24, 5))
    assert np.isin(windows.targets, [0.0, 1.0]).all()
