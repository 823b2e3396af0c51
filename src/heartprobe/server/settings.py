"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from heartprobe.errors import ConfigError
from heartprobe.predict import MAX_RECORDINGS

#: Bytes in the megabytes that people are told of.
MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, and all together, may ask for.

    Attributes:
        files: Recordings of one request: a patient has eight positions.
        file_mb: Size of one file in MB of a million bytes.
        total_mb: Size of the body of one request.
        sound_s: Length of one recording in seconds. The front end holds a whole recording in memory.
        samples: The second bound on length, which counts at high rates: 120 s at 48 kHz.
        body_time_s: Time in which the whole body must have arrived.
        header_time_s: Time in which a connection must have sent a request's head, or it is closed.
        answer_time_s: Time for which a client may leave an answer unread, or its connection is cut.
        queue: Patients that may wait to be predicted.
        explanations: Explanations that may wait; each takes as long as dozens of predictions.
        held_mb: Bytes of all bodies together that are in memory at a time.
        decoded_samples: Samples of all recordings together that are decoded at a time, by what their headers say,
            beside the one that is being explained. A file that says next to nothing for minutes is small, but its
            samples are not; 200 MB.
        connections: Clients that may be connected at a time.
        batch: Patients that are predicted in one go, if so many wait and `decoded_samples` allows.
        stop_time_s: How long a stopping server lets requests finish.
    """

    files: int = MAX_RECORDINGS
    file_mb: float = 25.0
    total_mb: float = 100.0
    sound_s: float = 120.0
    samples: int = 5_760_000
    body_time_s: float = 60.0
    header_time_s: float = 10.0
    answer_time_s: float = 60.0
    queue: int = 32
    explanations: int = 4
    held_mb: float = 512.0
    decoded_samples: int = 50_000_000
    connections: int = 256
    batch: int = 8
    stop_time_s: float = 30.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ConfigError(f"The limit {name} of the server must be greater than 0, not {value:g}.")
        if self.files > MAX_RECORDINGS:
            raise ConfigError(f"The limit files must be at most {MAX_RECORDINGS}, not {self.files}.")
        if self.held_mb < self.total_mb:
            raise ConfigError(
                f"All requests together may hold {self.held_mb:g} MB, less than the {self.total_mb:g} MB of a single "
                "one; raise the limit held_mb, or lower total_mb."
            )
        if self.decoded_samples < self.samples:
            raise ConfigError(
                f"At most {self.decoded_samples} samples may be decoded at a time, less than the {self.samples} of a "
                "single recording; raise the limit decoded_samples, or lower samples."
            )

    @property
    def file_bytes(self) -> int:
        """The largest file."""
        return round(self.file_mb * MB)

    @property
    def total_bytes(self) -> int:
        """The largest body."""
        return round(self.total_mb * MB)

    def as_dict(self) -> dict[str, Any]:
        """Return what a client has to know."""
        return {
            "files": self.files,
            "file_bytes": self.file_bytes,
            "total_bytes": self.total_bytes,
            "sound_s": self.sound_s,
            "samples": self.samples,
            "decoded_samples": self.decoded_samples,
            "body_time_s": self.body_time_s,
        }


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but the model.

    Attributes:
        limits: What requests may ask for.
        token: What clients must show; `None` where everybody may ask.
        hosts: The names that the server is asked by; `None` for any. A page of another site, whose name was made to
            lead here, asks by that name, and must not read answers.
    """

    limits: Limits = field(default_factory=Limits)
    token: str | None = field(default=None, repr=False)
    hosts: frozenset[str] | None = None
