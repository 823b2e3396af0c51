"""A model's description from a stranger: whatever is wrong with it is refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strange_folder import describe, refusal

from heartprobe.audio import Audio
from heartprobe.errors import BundleError, HeartprobeError
from heartprobe.predict import Predictor
from saved_bundle import save, save_working


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "bundle")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b'{"layer": NaN}', "NaN is no number"),
        (b'{"layer": -Infinity}', "-Infinity is no number"),
        (b'{"layer": 1e999}', "1e999 is too large for a number"),
        (b'{"layer": 1' + b"0" * 5000 + b"}", "cannot be read"),
        (b'{"labels": ["N"], "labels": ["AS"]}', "'labels' stands twice in one object"),
        (b'{"format": "heartprobe-bundle", "version": "' + b"9" * 1000 + b'"}', "has version '999999"),
        (
            b'{"format": "heartprobe-bundle", "version": [[[[]]]]}',
            "has version [[[[]]]]; this heartprobe reads version 2",
        ),
        (b" " * (1 << 20) + b"{}", "is larger than 1 MiB"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "cannot be read"),
        (b"null", "is no valid model description"),
        (b'"x"', "is no valid model description"),
    ],
)
def test_json_that_is_meant_to_break_something_is_refused(folder: Path, content: bytes, text: str) -> None:
    (folder / "bundle.json").write_bytes(content)
    assert text in refusal(folder)


@pytest.mark.parametrize(
    "label",
    ["\x1b[2J\x1b[H", "a\nb", "\ud800", "\u202eabc", "", "x" * 400, 5, None, ["N"]],
    ids=lambda label: repr(label)[:12],
)
def test_labels_that_a_terminal_cannot_show_are_refused(folder: Path, label: object) -> None:
    describe(folder, labels=[label])
    assert "is no valid model description: labels.0: " in refusal(folder)


def test_a_wrong_field_cannot_steer_the_terminal(folder: Path) -> None:
    """The message quotes what was found; signs that cannot be printed become question marks."""
    describe(folder, **{"\x1b[31mred\n": 1})
    said = refusal(folder)
    assert "?[31mred?: Extra inputs are not permitted" in said
    assert said.isprintable()


FRONT_END = {
    "duration_s": [1e9, -1, 0, "5", None, True, [], 1e-300],
    "rate_hz": [1, 10**12, 4001, "4000", None],
    "time_scale": [0, -1, 1e300, "fast", None],
    "windows": ["none", None, 3],
    "normalise": ["loud", None],
    "bandpass_hz": [[1], [1, 2, 3], "ab", [500, 20], [0, 1e9], 5],
    "remove_spikes": ["perhaps", [], 7],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in FRONT_END.items() for value in values])
def test_a_senseless_front_end_is_refused(tmp_path: Path, name: str, value: object) -> None:
    """A window of a billion seconds would fill the memory, and an unknown name would fail in the middle of the work."""
    folder = save_working(tmp_path / "bundle")
    front_end = json.loads((folder / "bundle.json").read_text())["front_end"]
    describe(folder, front_end=front_end | {name: value})
    if (name, value) == ("duration_s", True):
        Predictor.open(folder)  # Python's True is the number 1, a window of a second.
        return
    with pytest.raises(BundleError, match="front_end cannot be used"):
        Predictor.open(folder)


POISON: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    "x",
    "\x1b[2J",
    [],
    {},
    [[]],
    {"a": {}},
    ["N"],
    [1, 2],
    "../../etc",
]


def test_no_wrong_value_anywhere_is_more_than_a_refusal(tmp_path: Path) -> None:
    """Every field of a description in turn becomes something else; the model answers, or says why it does not."""
    folder = save_working(tmp_path / "bundle")
    noise = np.random.default_rng(4).normal(0, 0.1, 12_000).astype(np.float32)
    audio = Audio(noise, 4000, "noise")
    good = (folder / "bundle.json").read_text()
    rng = np.random.default_rng(5)
    refusals = []
    for place in places(json.loads(good)):
        for poison in rng.permutation(len(POISON))[:5]:
            (folder / "bundle.json").write_text(json.dumps(poisoned(json.loads(good), place, POISON[poison])))
            try:
                Predictor.open(folder, device="cpu").recording_probabilities(audio)
            except HeartprobeError as error:
                refusals.append(str(error))
    assert len(refusals) > 250
    assert not [said for said in refusals if "\n" in said or "\x1b" in said]


def poisoned(values: Any, place: Sequence[str | int], poison: Any) -> Any:
    """Return a description with something else at one place."""
    part = values
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = poison
    return values


def places(values: Any, at: tuple[str | int, ...] = ()) -> Any:
    """Yield where every value of a description stands."""
    inside = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in inside:
        yield (*at, key)
        yield from places(value, (*at, key))
