"""Tests of a sound in memory."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.audio import AUDIO_ERROR_KINDS, Audio
from heartprobe.errors import AudioError

FOUR = np.array([0.0, 0.5, -0.5, 0.25], np.float32)


def test_duration_is_samples_over_rate() -> None:
    """Four samples at 2 Hz last 2 s."""
    assert Audio(FOUR, 2).duration_s == 2.0


def test_the_kinds_of_errors_are_declared() -> None:
    """Whoever groups findings by kind can rely on the list."""
    assert AUDIO_ERROR_KINDS == (
        "missing",
        "unreadable",
        "truncated",
        "empty",
        "non-finite",
        "silent",
        "too-short",
        "too-long",
    )


def test_the_identity_is_stable() -> None:
    """Stored features are found again by this number: it must never change."""
    expected = "a64f596945e7d219e477ab86243a9e18cab95d07d5f6f2d886d674c286a5274b"
    assert Audio(FOUR, 2).sha256() == expected
    assert Audio(FOUR.copy(), 2, "another name").sha256() == expected
    assert Audio(np.repeat(FOUR, 2)[::2], 2).sha256() == expected


def test_the_identity_covers_rate_and_every_sample() -> None:
    """Another rate or one other sample is another sound."""
    other = FOUR.copy()
    other[3] = np.nextafter(np.float32(0.25), np.float32(1))

    assert len({Audio(FOUR, 2).sha256(), Audio(FOUR, 3).sha256(), Audio(other, 2).sha256()}) == 3


@pytest.mark.parametrize(
    ("samples", "kind", "text"),
    [
        ([], "empty", "x.wav holds no samples, at least 1 s of sound was expected"),
        ([0, np.nan, 1, np.inf], "non-finite", "x.wav holds 2 samples that are infinite or not a number"),
        ([0, 1, 0], "too-short", "x.wav lasts 0.750 s, at least 1 s was expected"),
        ([0.5, 0.5, 0.5, 0.5], "silent", "x.wav is silent: all of its 4 samples are 0.5"),
    ],
)
def test_what_cannot_be_used_is_refused(samples: list[float], kind: str, text: str) -> None:
    """An `Audio` is usable by construction; the message names it, what was found and what was expected."""
    with pytest.raises(AudioError) as caught:
        Audio(np.array(samples, np.float32), 4, "x.wav")

    assert caught.value.kind == kind
    assert str(caught.value).startswith(text)


def test_exactly_one_second_is_long_enough() -> None:
    """The shortest length is included."""
    assert Audio(FOUR, 4).duration_s == 1.0


@pytest.mark.parametrize("samples", [FOUR.astype(np.float64), FOUR.reshape(2, 2)])
def test_wrong_types_are_a_mistake_of_the_program(samples: np.ndarray) -> None:
    """Not an error of the user."""
    with pytest.raises(ValueError, match="samples must be float32 of shape"):
        Audio(samples, 4)
