"""Sound files as they are stored: reading them, and refusing those that cannot be believed."""

from __future__ import annotations

from heartprobe.audio.memory import SoundInMemory
from heartprobe.audio.reading import ACCEPTED_FORMATS, decode_audio, read_audio
from heartprobe.audio.sound import (
    AUDIO_ERROR_KINDS,
    MAX_DURATION_S,
    MAX_RATE_HZ,
    MIN_DURATION_S,
    MIN_RATE_HZ,
    Audio,
    AudioErrorKind,
)

__all__ = [
    "ACCEPTED_FORMATS",
    "AUDIO_ERROR_KINDS",
    "MAX_DURATION_S",
    "MAX_RATE_HZ",
    "MIN_DURATION_S",
    "MIN_RATE_HZ",
    "Audio",
    "AudioErrorKind",
    "SoundInMemory",
    "decode_audio",
    "read_audio",
]
