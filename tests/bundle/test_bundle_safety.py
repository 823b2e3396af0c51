"""A model folder from a stranger: nothing of it is executed, and whatever is wrong with it is refused in a sentence."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heartprobe.audio import Audio
from heartprobe.bundle.folder import read_bundle
from heartprobe.errors import BundleError, HeartprobeError
from heartprobe.predict import Predictor
from saved_bundle import LOGMEL, save, save_working


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "bundle")


def describe(folder: Path, **changed: Any) -> None:
    """Change fields of a folder's description."""
    values = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(values | changed))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    return str(caught.value)


class Touch:
    """Unpickling this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_a_pickle_under_the_name_of_the_weights_is_refused_and_not_executed(folder: Path, tmp_path: Path) -> None:
    """With the right checksum, as its author could give it."""
    content = pickle.dumps(Touch(tmp_path / "executed"))
    (folder / "model.safetensors").write_bytes(content)
    describe(folder, files={"model.safetensors": hashlib.sha256(content).hexdigest()})
    assert "model.safetensors cannot be read as safetensors" in refusal(folder)
    assert not (tmp_path / "executed").exists()
    pickle.loads(content)  # noqa: S301 - shows that it would have worked
    assert (tmp_path / "executed").exists()


def test_a_pickle_under_the_name_of_an_encoder_is_refused_and_not_executed(tmp_path: Path) -> None:
    """Both as safetensors and by the name that torch gives its own files."""
    content = pickle.dumps(Touch(tmp_path / "executed"))
    encoder = tmp_path / "tuned"
    encoder.mkdir()
    (encoder / "config.json").write_text('{"model_type": "wav2vec2"}')
    (encoder / "model.safetensors").write_bytes(content)
    inside = LOGMEL.model_copy(update={"source": "bundle"})
    folder = save_working(tmp_path / "bundle")
    with_encoder = save(tmp_path / "other", encoder_folder=encoder, encoder=inside)
    (with_encoder / "encoder").rename(folder / "encoder")
    files = json.loads((folder / "bundle.json").read_text())["files"]
    named = {
        f"encoder/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "encoder").iterdir()
    }
    describe(folder, files=files | named, encoder=inside.model_dump())
    with pytest.raises(HeartprobeError, match=r"model\.safetensors"):
        Predictor.open(folder)
    (folder / "encoder" / "model.safetensors").rename(folder / "encoder" / "pytorch_model.bin")
    named["encoder/pytorch_model.bin"] = named.pop("encoder/model.safetensors")
    describe(folder, files=files | named)
    assert "'encoder/pytorch_model.bin' is no file of a model folder" in refusal(folder)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "/etc/passwd",
        "encoder/../../evil.json",
        "encoder\\evil.json",
        "bundle.json",
        "a/b/c.json",
        ".json",
        "encoder/.hidden.json",
        "model.py",
        "encoder/",
        "",
        "model.safetensors\n",
        "x" * 200 + ".json",
    ],
)
def test_names_that_are_no_files_of_a_bundle_are_refused(folder: Path, name: str) -> None:
    files = json.loads((folder / "bundle.json").read_text())["files"]
    describe(folder, files=files | {name: "0" * 64})
    assert "is no file of a model folder; expected a .json, .safetensors or .onnx file" in refusal(folder)


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n", 5, None])
def test_a_checksum_that_is_none_is_refused(folder: Path, digest: object) -> None:
    describe(folder, files={"model.safetensors": digest})
    assert "is no valid model description: files.model.safetensors: " in refusal(folder)


def test_weights_without_a_checksum_are_refused(folder: Path) -> None:
    describe(folder, files={})
    assert "model.safetensors is not named in bundle.json; it is not opened" in refusal(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "bundle.json", "MODEL_CARD.md", "encoder", "more.json"])
def test_links_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    """What they point to may be anything of whoever opens the folder, and the page of a server shows the card."""
    outside = tmp_path / "outside"
    if (folder / name).exists():
        (folder / name).rename(outside)
    elif name == "encoder":
        outside.mkdir()
    else:
        outside.write_text("{}")
    (folder / name).symlink_to(outside)
    assert f"{folder / name} is a link" in refusal(folder)


def test_a_pipe_does_not_make_it_wait_for_ever(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")
    assert "model.safetensors is no plain file" in refusal(folder)
    (folder / "bundle.json").unlink()
    os.mkfifo(folder / "bundle.json")
    assert "bundle.json is a link or no file" in refusal(folder)


@pytest.mark.parametrize("name", ["evil.py", "pytorch_model.bin", "encoder/evil.py", "model.onnx", "more/x.json"])
def test_files_that_nobody_named_are_refused(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    said = refusal(folder)
    assert f"{folder / name} is not named in bundle.json" in said or f"{folder / 'more'} is a folder" in said


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "LICENSE", ".gitattributes", ".git/config"])
def test_what_people_put_beside_a_model_may_stay(folder: Path, name: str) -> None:
    """As a clone of the repository on the hub has it; nothing of it is ever read."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    read_bundle(folder)


def test_an_encoder_that_is_not_there_is_said(folder: Path) -> None:
    describe(folder, encoder=LOGMEL.model_dump() | {"source": "bundle"})
    assert "lacks its encoder: bundle.json says that it lies in encoder/, where there is nothing" in refusal(folder)


@pytest.mark.parametrize("source", ["../evil", "~/evil", "./evil", "a/b/c", "/home/../etc", "a b", "x\ny", ""])
def test_a_source_that_is_none_is_refused(folder: Path, source: str) -> None:
    """It would be loaded from wherever the reader stands."""
    describe(folder, encoder=LOGMEL.model_dump() | {"source": source})
    assert "is no valid model description: encoder.source" in refusal(folder)


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
