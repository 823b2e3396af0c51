"""What has to be known of an uploaded sound before, and beside, its prediction."""

from __future__ import annotations

import soundfile

from heartprobe.audio import SoundInMemory
from heartprobe.decisions.prediction import RecordingPrediction
from heartprobe.predict import GivenRecording
from heartprobe.server.errors import RequestError
from heartprobe.server.form_parts import Upload
from heartprobe.server.settings import Limits
from heartprobe.signal.beats import beat_times_s

#: libsndfile's number of frames where a flac file does not tell it; such a file is refused when it is read.
_UNKNOWN_FRAMES = 2**63 - 1


def refuse_too_long(upload: Upload, limits: Limits) -> None:
    """Refuse a recording whose header speaks of more sound than is taken, before any of it is decoded.

    What cannot be read is let through: why it cannot is found when it is read.

    Raises:
        RequestError: If it is too long (413).
    """
    try:
        with soundfile.SoundFile(SoundInMemory(upload.content)) as sound:
            frames, rate_hz = sound.frames, sound.samplerate
    # Without an ending, soundfile takes nothing for headerless sound, whatever the content.
    except (soundfile.SoundFileError, RuntimeError):
        return
    if frames == _UNKNOWN_FRAMES or rate_hz < 1:
        return
    if frames > min(limits.sound_s * rate_hz, limits.samples):
        raise RequestError(
            413,
            "too-long",
            f"{upload.name} lasts {frames / rate_hz:.0f} s at {rate_hz} Hz; at most {limits.sound_s:g} s and "
            f"{limits.samples} samples are taken. Cut it into shorter recordings.",
        )


def beats_of(given: GivenRecording, heard: RecordingPrediction) -> list[float]:
    """Return when the heart beats in a recording, in seconds; nothing where it could not be used."""
    if heard.problem is not None or heard.quality is None or heard.quality.heart_rate.bpm is None:
        return []
    return [round(float(beat), 4) for beat in beat_times_s(given.read(), heard.quality.heart_rate)]
