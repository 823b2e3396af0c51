"""The windows of many recordings as a torch `Dataset`, for fine-tuning and for people's own loops."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from heartprobe.audio import read_audio
from heartprobe.data.recordings import Finding, Recording, RecordingSet, unusable
from heartprobe.errors import AudioError
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import usable_cores
from heartprobe.signal.front_end import FrontEnd, Windows


class WindowItem(TypedDict):
    """One window and what is known of it.

    Attributes:
        samples: `(window_samples,)`, float32.
        labels: `(labels,)`, float32: 1, 0, or NaN where unknown.
        demographics: `(fields,)`, float32; empty where none are used.
        patient_id: Whose window it is.
        recording_id: Which recording it was cut from.
        start_s: Where it starts, in seconds of the recording.
    """

    samples: Tensor
    labels: Tensor
    demographics: Tensor
    patient_id: str
    recording_id: str
    start_s: float


class WindowDataset(Dataset[WindowItem]):
    """All windows of the recordings of a set that can be used.

    Making it reads every recording once, to count its windows and to leave out, by name, what
    cannot be read. Samples are not kept: an item reads its recording again, except for the one
    that was read last.

    Args:
        recordings: The recordings; their labels and demographics are those of their patients.
        front_end: How a recording becomes windows.
        labels: Labels of an item, in this order.
        demographics: Encoder fitted on training patients; `None` for none.

    Attributes:
        findings: One for each recording that cannot be used.
        sounds: SHA-256 of the sound of each recording that can.
        recording_ids: The recording of each window.
        patient_ids: The patient of each window.
        targets: `(windows, labels)`, float64: 1, 0 or NaN.
        sites: Where the patient of each window was recorded.

    Example:
        >>> windows = WindowDataset(recordings, front_end, ["N"])  # doctest: +SKIP
        >>> torch.utils.data.DataLoader(windows, batch_size=16, shuffle=True)  # doctest: +SKIP
    """

    def __init__(
        self,
        recordings: RecordingSet,
        front_end: FrontEnd,
        labels: Sequence[str],
        demographics: DemographicsEncoder | None = None,
    ) -> None:
        self.front_end = front_end
        self.labels = tuple(labels)
        with ThreadPoolExecutor(usable_cores()) as threads:
            scanned = list(threads.map(self._scan, recordings.recordings))
        self.findings = tuple(scan.finding for scan in scanned if scan.finding is not None)
        self.sounds = {scan.recording.recording_id: scan.sound for scan in scanned if scan.finding is None}
        self._windows = [(scan.recording, i) for scan in scanned for i in range(scan.n_windows)]
        self.recording_ids = [recording.recording_id for recording, _ in self._windows]
        self.patient_ids = [recording.patient_id for recording, _ in self._windows]
        self.targets = recordings.targets(self.patient_ids, self.labels).astype(np.float64)
        self.sites = [recordings.site_of(patient) for patient in self.patient_ids]
        self._demographics = _rows_by_patient(recordings, demographics)
        self._last: tuple[str, Windows] | None = None

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self._windows)

    def __getitem__(self, index: int) -> WindowItem:
        """Return one window.

        Raises:
            AudioError: If its file was changed or removed since the data set was made.
        """
        recording, i = self._windows[index]
        windows = self._read(recording)
        return {
            "samples": torch.from_numpy(windows.samples[i]),
            "labels": torch.from_numpy(self.targets[index].astype(np.float32)),
            "demographics": self._demographics[recording.patient_id],
            "patient_id": recording.patient_id,
            "recording_id": recording.recording_id,
            "start_s": float(windows.starts_s[i]),
        }

    def _read(self, recording: Recording) -> Windows:
        if self._last is None or self._last[0] != recording.recording_id:
            self._last = (recording.recording_id, self.front_end.cut(read_audio(recording.path)))
        return self._last[1]

    def _scan(self, recording: Recording) -> _Scan:
        try:
            audio = read_audio(recording.path)
            return _Scan(recording, audio.sha256(), len(self.front_end.cut(audio).starts_s))
        except AudioError as error:
            return _Scan(recording, "", 0, unusable(recording, error))


@dataclass(frozen=True, slots=True)
class _Scan:
    recording: Recording
    sound: str
    n_windows: int
    finding: Finding | None = None


def _rows_by_patient(recordings: RecordingSet, encoder: DemographicsEncoder | None) -> dict[str, Tensor]:
    ids = recordings.patient_ids
    if encoder is None:
        return dict.fromkeys(ids, torch.zeros(0))
    rows = torch.from_numpy(encoder.transform([recordings.patients[patient] for patient in ids]))
    return dict(zip(ids, rows, strict=True))
