"""What has to be known of an uploaded sound before, and beside, its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import soundfile

from heartprobe.audio import Audio, SoundInMemory
from heartprobe.decisions.prediction import RecordingPrediction
from heartprobe.predict import GivenRecording
from heartprobe.server.errors import RequestError
from heartprobe.server.form_parts import Upload
from heartprobe.server.settings import Limits
from heartprobe.signal.beats import beat_times_s

#: libsndfile's number of frames where a flac file does not tell it; such a file is refused when it is read.
_UNKNOWN_FRAMES = 2**63 - 1


@dataclass(frozen=True, slots=True)
class UploadedRecording(GivenRecording):
    """A recording whose file is decoded once, however often its sound is asked for."""

    _decoded: list[Audio] = field(default_factory=list, init=False, repr=False, compare=False)

    def read(self) -> Audio:
        """Return its sound, which is kept until `forget`.

        Raises:
            AudioError: If there is no sound to be believed.
        """
        if not self._decoded:
            self._decoded.append(GivenRecording.read(self))
        return self._decoded[0]

    def forget(self) -> None:
        """Keep the sound no longer."""
        self._decoded.clear()


def declared_samples(upload: Upload, limits: Limits) -> int:
    """Return how many samples a recording has by its header, before any of it is decoded.

    No more are ever decoded. What cannot be read has none: why it cannot is found when it is read.

    Raises:
        RequestError: If it is longer than is taken (413).
    """
    try:
        with soundfile.SoundFile(SoundInMemory(upload.content)) as sound:
            frames, rate_hz = sound.frames, sound.samplerate
    # Without an ending, soundfile takes nothing for headerless sound, whatever the content.
    except (soundfile.SoundFileError, RuntimeError):
        return 0
    if frames == _UNKNOWN_FRAMES or rate_hz < 1:
        return 0
    if frames > min(limits.sound_s * rate_hz, limits.samples):
        raise RequestError(
            413,
            "too-long",
            f"{upload.name} lasts {frames / rate_hz:.0f} s at {rate_hz} Hz; at most {limits.sound_s:g} s and "
            f"{limits.samples} samples are taken. Cut it into shorter recordings.",
        )
    return int(frames)


def declared_samples_together(uploads: Sequence[Upload], limits: Limits) -> int:
    """Return how many samples the recordings of a request have by their headers.

    Raises:
        RequestError: If one of them, or all together, are longer than is taken (413).
    """
    samples = sum(declared_samples(upload, limits) for upload in uploads)
    if samples > limits.decoded_samples:
        raise RequestError(
            413,
            "too-long",
            f"The recordings have {samples} samples together; at most {limits.decoded_samples} are taken at once. "
            "Send fewer of them, shorter ones, or ones at a lower rate.",
        )
    return samples


def is_no_audio(kind: str | None, upload: Upload) -> bool:
    """Whether a file holds something else than sound, or nothing at all.

    Args:
        kind: Why it cannot be used, or `None`.
        upload: The file.
    """
    return kind == "unreadable" or not upload.content


def beats_of(given: GivenRecording, heard: RecordingPrediction) -> list[float]:
    """Return when the heart beats in a recording, in seconds; nothing where it could not be used."""
    if heard.problem is not None or heard.quality is None or heard.quality.heart_rate.bpm is None:
        return []
    return [round(float(beat), 4) for beat in beat_times_s(given.read(), heard.quality.heart_rate)]
