"""What is wrong with the sound of a data set, found by listening to every recording once."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from heartprobe.audio import read_audio
from heartprobe.data.catalogue import DATASETS
from heartprobe.data.identical import identical_findings
from heartprobe.data.recordings import Finding, Recording, RecordingSet
from heartprobe.data.sound_checks import FLAT_S, clipped_samples, longest_flat_s
from heartprobe.errors import AudioError
from heartprobe.progress import Progress

#: A recording may be so much shorter than its data set's are without being called short. The recordings of
#: BMD-HS differ by a few hundred samples (0.2 %).
SHORT_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Sound:
    """What remains of a recording after it was read.

    Attributes:
        sha256: Identity of the sound.
        rate_hz: Sampling rate.
        duration_s: Length in seconds.
        n_clipped: Samples of cut-off peaks.
        flat_s: Longest stretch of equal samples, in seconds.
    """

    sha256: str
    rate_hz: int
    duration_s: float
    n_clipped: int
    flat_s: float


def listen_to_all(recordings: RecordingSet, progress: Progress) -> tuple[dict[str, Sound], list[Finding]]:
    """Read every recording, one after the other.

    Returns:
        What is known of every readable sound, by recording id; and what is wrong with them: sounds
        that cannot be read, `clipped`, `flat`, `identical` and `short` ones.
    """
    sounds: dict[str, Sound] = {}
    findings: list[Finding] = []
    with progress.task("Checking recordings", len(recordings.recordings), "recording") as advance:
        for recording in recordings.recordings:
            try:
                sound = _listen(recording)
            except AudioError as error:
                kind = "flat" if error.kind == "silent" else error.kind
                findings.append(Finding(kind, recording.recording_id, str(error)))
            else:
                sounds[recording.recording_id] = sound
                findings.extend(_faults(recording.recording_id, sound))
            advance(1)
    findings.extend(identical_findings(recordings, {name: sound.sha256 for name, sound in sounds.items()}))
    findings.extend(_short(sounds, _nominal_s(recordings, sounds)))
    return sounds, findings


def _listen(recording: Recording) -> Sound:
    audio = read_audio(recording.path)
    return Sound(audio.sha256(), audio.rate_hz, audio.duration_s, clipped_samples(audio.samples), longest_flat_s(audio))


def _faults(recording_id: str, sound: Sound) -> list[Finding]:
    faults = []
    if sound.n_clipped:
        share = sound.n_clipped / (sound.duration_s * sound.rate_hz)
        detail = f"{sound.n_clipped} samples ({share:.3%}) lie on cut-off peaks."
        faults.append(Finding("clipped", recording_id, detail))
    if sound.flat_s >= FLAT_S:
        detail = f"The sound does not move for {sound.flat_s:.1f} s of {sound.duration_s:.1f} s."
        faults.append(Finding("flat", recording_id, detail))
    return faults


def _nominal_s(recordings: RecordingSet, sounds: Mapping[str, Sound]) -> float:
    """Return how long a recording should be: as its data set declares (0 for any), else the median of all."""
    if recordings.name in DATASETS and not recordings.is_synthetic:
        return DATASETS[recordings.name].duration_s or 0.0
    return statistics.median(sound.duration_s for sound in sounds.values()) if sounds else 0.0


def _short(sounds: Mapping[str, Sound], nominal_s: float) -> list[Finding]:
    return [
        Finding("short", recording_id, f"It lasts {sound.duration_s:.2f} s; {nominal_s:g} s were expected.")
        for recording_id, sound in sounds.items()
        if sound.duration_s < nominal_s * (1 - SHORT_TOLERANCE)
    ]
