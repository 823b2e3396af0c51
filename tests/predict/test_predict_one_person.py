"""Recordings that are answered together, and whether they look like those of one person."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from heartprobe.data.recordings import Position
from heartprobe.predict.given import GivenRecording
from heartprobe.predict.one_person import doubts_about_one_person
from heartprobe.predict.tree import position_in


def doubts(*names: str, positions: dict[str, Position] | None = None) -> tuple[str, ...]:
    return doubts_about_one_person(
        [GivenRecording(b"", name, (positions or {}).get(name) or position_in(PurePath(name))) for name in names]
    )


@pytest.mark.parametrize(
    "names",
    [
        ("AS_001_sup_Mit.wav",),
        ("anything.wav",),
        ("AS_001_sup_Mit.wav", "AS_001_sit_Aor.wav", "AS_001_sit_Mit.flac"),
        ("sup_Mit.wav", "sit_Aor.wav"),
        ("sup_Mit.wav", "AS_001_sit_Aor.wav"),
        ("recording-1.wav", "recording-2.wav", "recording-3_sup_Aor.wav"),
        ("one.wav", "one.flac"),
    ],
)
def test_names_of_one_person(names: tuple[str, ...]) -> None:
    """They differ in the position, or say nothing about whose they are."""
    assert doubts(*names) == ()


def test_names_that_differ_in_more_than_the_position() -> None:
    assert doubts("AS_001_sup_Mit.wav", "MR_002_sit_Aor.wav", "AS_001_sup_Tri.wav") == (
        "Are all recordings of one person? Of these, their names differ in more than the position: AS_001, MR_002. "
        "They are answered as one patient's; ask about each person alone.",
    )
    (sentence,) = doubts(*(f"{letter}.wav" for letter in "abcde"))
    assert "the position: a, b, c and 2 more." in sentence


def test_positions_that_repeat() -> None:
    """As those of two folders do, whose names are no part of the files'."""
    (sentence,) = doubts("sup_Mit.wav", "sup_Mit.wav", "sup_Aor.wav")
    assert "several are of one place: sup_Mit." in sentence


def test_a_valve_area_alone_may_repeat() -> None:
    """Lying and sitting: which one is not known."""
    area = Position(None, "Mit")
    assert doubts("p.wav", "p.flac", positions={"p.wav": area, "p.flac": area}) == ()
