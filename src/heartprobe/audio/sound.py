"""One sound in memory: usable by construction, and identified by its samples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from heartprobe.errors import AudioError

AudioErrorKind = Literal["missing", "unreadable", "truncated", "empty", "non-finite", "silent", "too-short", "too-long"]

#: Every word that `AudioError.kind` can be.
AUDIO_ERROR_KINDS: Final[tuple[AudioErrorKind, ...]] = get_args(AudioErrorKind)

#: Less than this holds hardly one heartbeat.
MIN_DURATION_S: Final = 1.0

#: The longest recording that is read; the front end holds a whole recording in memory.
MAX_DURATION_S: Final = 1800.0

#: Rates of sound cards and stethoscopes lie within these; a header with another one is damaged.
MIN_RATE_HZ: Final = 500
MAX_RATE_HZ: Final = 192_000


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """The sound of one recording, mono, as it is stored: not resampled, cleaned or normalised.

    Attributes:
        samples: `(n,)`, float32; full scale of an integer format is [-1, 1].
        rate_hz: Samples per second.
        name: What messages call it, such as the path of its file; no part of its identity.

    Raises:
        AudioError: of kind `"empty"`, `"non-finite"`, `"too-short"` or `"silent"`, so that
            whoever is handed an `Audio` need not ask again.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    name: str = "the recording"

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"samples must be float32 of shape (n,), not {self.samples.dtype} {self.samples.shape}")
        if self.rate_hz <= 0:
            raise ValueError(f"rate_hz must be positive, not {self.rate_hz}")
        self._refuse_unusable()

    def _refuse_unusable(self) -> None:
        if self.samples.size == 0:
            raise AudioError(
                f"{self.name} holds no samples, at least {MIN_DURATION_S:g} s of sound was expected; "
                "record it again or leave it out.",
                kind="empty",
            )
        if n_bad := self.samples.size - int(np.count_nonzero(np.isfinite(self.samples))):
            raise AudioError(
                f"{self.name} holds {n_bad} samples that are infinite or not a number, finite ones were expected; "
                "export it again from the program that wrote it.",
                kind="non-finite",
            )
        if self.duration_s < MIN_DURATION_S:
            raise AudioError(
                f"{self.name} lasts {self.duration_s:.3f} s, at least {MIN_DURATION_S:g} s was expected; "
                "record it again or leave it out.",
                kind="too-short",
            )
        if self.samples.min() == self.samples.max():
            raise AudioError(
                f"{self.name} is silent: all of its {self.samples.size} samples are {self.samples[0]:g}, "
                "a sound was expected; check the sensor and record it again, or leave it out.",
                kind="silent",
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / self.rate_hz

    def sha256(self) -> str:
        """Return the identity of the sound, as 64 hexadecimal digits.

        It covers the rate and the samples, and nothing of the file: a wav and a flac file of the
        same samples agree.
        """
        digest = hashlib.sha256(b"heartprobe sound 1\0")
        digest.update(self.rate_hz.to_bytes(8, "little"))
        digest.update(self.samples.astype("<f4").tobytes())
        return digest.hexdigest()
