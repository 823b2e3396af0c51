"""Judging recordings while they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from heartprobe.audio import Audio
from heartprobe.data.recordings import Recording
from heartprobe.errors import AudioError
from heartprobe.signal.quality import Quality, assess


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What was noticed in one recording."""

    duration_s: float
    quality: Quality


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """Keeps what was noticed in each recording until it is taken; called from several threads.

    Attributes:
        uses_poor: Whether recordings of disqualifying quality are let through.
    """

    uses_poor: bool
    _heard: dict[str, Heard] = field(default_factory=dict)

    def __call__(self, recording: Recording, audio: Audio) -> None:
        """Judge a recording.

        Raises:
            AudioError: If its quality disqualifies it.
        """
        quality = assess(audio)
        self._heard[recording.recording_id] = Heard(audio.duration_s, quality)
        wrong = quality.disqualifying
        if wrong is not None and not self.uses_poor:
            raise AudioError(f"{recording.path} {wrong.detail}", kind=wrong.kind)

    def take(self, recording: Recording) -> Heard | None:
        """Return what was noticed, and forget it; `None` where the recording could not be read."""
        return self._heard.pop(recording.recording_id, None)
