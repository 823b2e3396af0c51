"""What is wrong with a recording as a recording of a heart, whatever the heart has.

Each criterion is a number with a bound. Where the numbers come from, and how often each fires on
recordings whose quality people have judged, stands in docs/prediction.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.signal.envelope import contrast, heart_envelope
from heartprobe.signal.heart_rate import HeartRate, rate_in

QualityKind = Literal["too-short", "silent", "clipped", "noisy", "no-heartbeat"]

#: Every word that `QualityFinding.kind` can be.
QUALITY_KINDS: Final[tuple[QualityKind, ...]] = get_args(QualityKind)

#: Two beats at 40 per minute: less does not show whether anything comes again.
SHORTEST_S: Final = 3.0

#: A stretch in which all samples are equal holds no sound. Half of the recording leaves too little, a tenth is noted.
_FRAME_S = 0.5
_MOST_FLAT, _NOTED_FLAT = 0.5, 0.1

#: Fewer different values than four bits have are the rounding of an idle converter.
_LEAST_LEVELS = 16

#: A converter that is overdriven stays at its end; so a plateau is a run of samples at the recording's own highest (or
#: lowest) value, up to a thousandth of it. A wave below 100 Hz that just touches its highest value is there for up to a
#: millisecond; so a plateau is longer than that, and three samples at least.
_PLATEAU_HEIGHT = 1e-3
_PLATEAU_S, _PLATEAU_SAMPLES = 1e-3, 3
#: A recording that was scaled to its own peak touches it once; only several plateaus count.
_FEWEST_PLATEAUS = 5
_MOST_CLIPPED, _NOTED_CLIPPED = 5e-3, 5e-4

#: Periodicity and contrast below which there is no heart (both must be small), or too much noise, or much noise.
_NO_HEART = (0.35, 3.0)
_TOO_NOISY = (0.35, 4.0)
_NOISY = (0.40, 6.0)


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One thing that is wrong with a recording.

    Attributes:
        kind: A word of `QUALITY_KINDS`.
        detail: What was found and what was expected; goes on after the recording's name.
        is_disqualifying: Whether nothing should be concluded from the recording.
    """

    kind: QualityKind
    detail: str
    is_disqualifying: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """What a recording is like.

    Attributes:
        findings: What is wrong with it, the disqualifying ones first.
        heart_rate: With its confidence.
        periodicity: Share of the envelope's changes that come again with the next beat, 0 to 1.
        contrast: How many times louder the loud moments are than the quiet ones: the 90th over the
            10th percentile of the envelope. 1.2 to 1.5 for steady noise.
        clipped_share: Share of the samples that stand at the end of the converter.
        flat_share: Share of the recording without any sound.
    """

    findings: tuple[QualityFinding, ...]
    heart_rate: HeartRate
    periodicity: float
    contrast: float
    clipped_share: float
    flat_share: float

    @property
    def disqualifying(self) -> QualityFinding | None:
        """The first finding for which the recording should not be used."""
        return next((finding for finding in self.findings if finding.is_disqualifying), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON."""
        return {
            "periodicity": self.periodicity,
            "contrast": self.contrast,
            "clipped_share": self.clipped_share,
            "flat_share": self.flat_share,
        }


def assess(audio: Audio) -> Quality:
    """Look at a recording as it is stored, and listen for a heart in it."""
    envelope = heart_envelope(audio)
    rate = rate_in(envelope)
    louder = contrast(envelope)
    clipped = clipped_share(audio)
    flat = flat_share(audio)
    found = [*_length(audio), *_silence(audio, flat), *_clipping(clipped)]
    # What is missing or overdriven explains why no heart is heard.
    if not any(finding.is_disqualifying for finding in found):
        found += _noise(rate.confidence, louder)
    findings = tuple(sorted(found, key=lambda finding: not finding.is_disqualifying))
    return Quality(findings, rate, rate.confidence, louder, clipped, flat)


def clipped_share(audio: Audio) -> float:
    """Return the share of samples on plateaus at the recording's own highest and lowest values.

    A recording that was scaled so that its peak touches full scale has none; one that was
    overdriven and then scaled, up or down, keeps its plateaus.
    """
    shortest = max(_PLATEAU_SAMPLES, round(_PLATEAU_S * audio.rate_hz) + 1)
    runs = [run for side in (audio.samples, -audio.samples) for run in _runs_at_the_top(side) if run >= shortest]
    return sum(runs) / audio.samples.size if len(runs) >= _FEWEST_PLATEAUS else 0.0


def flat_share(audio: Audio) -> float:
    """Return the share of half seconds in which all samples are equal."""
    frame = max(2, round(_FRAME_S * audio.rate_hz))
    n_frames = audio.samples.size // frame
    frames = audio.samples[: n_frames * frame].reshape(n_frames, frame)
    return float(np.mean(frames.min(axis=1) == frames.max(axis=1)))


def _runs_at_the_top(samples: NDArray[np.float32]) -> list[int]:
    """Return the lengths of the runs of samples that reach the highest one."""
    top = float(samples.max())
    if top <= 0:
        return []
    is_there = np.concatenate(([False], samples >= (1 - _PLATEAU_HEIGHT) * top, [False]))
    edges = np.flatnonzero(is_there[1:] != is_there[:-1])
    return [int(length) for length in edges[1::2] - edges[::2]]


def _length(audio: Audio) -> Iterator[QualityFinding]:
    if audio.duration_s < SHORTEST_S:
        detail = f"lasts {audio.duration_s:.1f} s, at least {SHORTEST_S:g} s was expected, to hear two beats; record it"
        yield QualityFinding("too-short", f"{detail} for longer.", is_disqualifying=True)


def _silence(audio: Audio, flat: float) -> Iterator[QualityFinding]:
    levels = _levels(audio.samples)
    if levels < _LEAST_LEVELS:
        detail = f"has {levels} different sample values, at least {_LEAST_LEVELS} were expected: next to silence; "
        yield QualityFinding("silent", detail + "check the sensor and its gain, and record it again.", True)
    elif flat > _NOTED_FLAT:
        detail = f"holds no sound during {100 * flat:.0f} % of its length, none such was expected; "
        yield QualityFinding("silent", detail + "check the sensor's connection.", flat > _MOST_FLAT)


def _levels(samples: NDArray[np.float32]) -> int:
    """Count the different values, only as far as it takes to see that there are enough."""
    beginning = np.unique(samples[:1000]).size
    return beginning if beginning >= _LEAST_LEVELS else np.unique(samples).size


def _clipping(clipped: float) -> Iterator[QualityFinding]:
    if clipped > _NOTED_CLIPPED:
        detail = f"is clipped: {100 * clipped:.2f} % of its samples stand at the end of the converter, up to "
        detail += f"{100 * _NOTED_CLIPPED:g} % was expected; record it again with less gain."
        yield QualityFinding("clipped", detail, clipped > _MOST_CLIPPED)


def _noise(periodicity: float, louder: float) -> Iterator[QualityFinding]:
    """Judge both numbers: a heart that beats irregularly has contrast, and a loud murmur has periodicity."""
    # Rounded down, so that what falls short of a bound does not read as if it reached it.
    measured = f"{math.floor(100 * periodicity)} % of the sound's changes come again with a beat, and loud moments are "
    measured += f"{math.floor(10 * louder) / 10:.1f} times louder than quiet ones"
    for bounds, kind, words, is_disqualifying in (
        (_NO_HEART, "no-heartbeat", "holds no heartbeat that can be told from noise", True),
        (_TOO_NOISY, "noisy", "is too noisy", True),
        (_NOISY, "noisy", "is noisy", False),
    ):
        if periodicity < bounds[0] and louder < bounds[1]:
            expected = f"at least {100 * bounds[0]:.0f} % or {bounds[1]:g} times was expected; record it again, if you "
            detail = f"{words}: {measured}; {expected}can, with the sensor held still."
            yield QualityFinding(kind, detail, is_disqualifying)  # type: ignore[arg-type]
            return
