"""The drawings of a report: where marks lie, what they are called, and how an image is written."""

from __future__ import annotations

import base64
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest

from heartprobe.audio.sound import Audio
from heartprobe.evaluation.report.drawing.heat import heat_grid
from heartprobe.evaluation.report.drawing.plot import band, dot, line, plot, whisker
from heartprobe.evaluation.report.drawing.png import LEVELS, png_address
from heartprobe.evaluation.report.drawing.scale import Axis, Frame, large, small
from heartprobe.evaluation.report.drawing.spectrogram import loudness, spectrogram

#: Across: 32 to 132, up: 124 (0) to 24 (1).
FRAME = Frame(Axis("x", 0, 10, (0, 10)), Axis("y"), 144, 160)


def test_numbers_lie_where_they_belong():
    """By hand: the ends and the middle of both axes."""
    assert [FRAME.across(v) for v in (0, 5, 10)] == [32, 82, 132]
    assert [FRAME.up(v) for v in (0, 0.25, 1)] == [124, 99, 24]


def test_marks():
    """Lines break off at undefined points, bands pass them over, points say what they are."""
    assert 'd="M32.0,124.0L82.0,74.0M132.0,24.0"' in line(FRAME, (0, 5, 7, 10), (0, 0.5, None, 1), "model")
    assert 'points="32.0,124.0 132.0,99.0 132.0,74.0 32.0,99.0"' in band(
        FRAME, (0, 5, 10), (0, None, 0.25), (0.25, 0.5, 0.5), "model"
    )
    assert dot(FRAME, 5, 0.5, "other", "a < b").startswith('<circle cx="82"') is True
    assert "<title>a &lt; b</title>" in dot(FRAME, 5, 0.5, "other", "a < b")
    assert 'y1="124" y2="24"' in whisker(FRAME, 0, 0, 1, "model")


def test_a_plot_is_valid_and_described():
    """SVG without size or colour, with the titles and ticks of both axes; what leaves the axes is cut off."""
    text = plot(FRAME, [line(FRAME, (0, 10), (0, 5), "model")], 'x against "y" & z')
    root = ElementTree.fromstring(text)
    assert root.get("viewBox") == "0 0 144 160"
    assert (root.get("role"), root.get("aria-label")) == ("img", 'x against "y" & z')
    assert [element.text for element in root.iter("text")] == ["0", "10", "x", "0", "0.5", "1", "y"]
    (inner,) = [element for element in root if element.tag == "svg"]
    assert inner.get("viewBox") == "27.5 19.5 109 109"
    assert "fill=" not in text
    assert "#" not in text


@pytest.mark.parametrize("paper", [small, large])
def test_texts_stay_inside_the_paper(paper):
    """Titles and ticks have room on both sizes."""
    frame = paper(Axis("1 − specificity"), Axis("sensitivity"))
    assert frame.left >= 5 + 4 * 6.5  # a tick of four characters and its distance
    assert frame.height - frame.bottom >= 30
    assert frame.top >= 20


def test_a_heat_grid_writes_and_shades():
    """Below the middle in the colour of a warning; a missing cell is an empty box."""
    grid = heat_grid(
        ["lying", "sitting"],
        ["Mit", "Aor"],
        {("lying", "Mit"): ("0.90", 0.8), ("sitting", "Aor"): ("0.40", -0.2)},
        "alt",
    )
    root = ElementTree.fromstring(grid)
    assert [element.text for element in root.iter("text")] == ["Mit", "Aor", "lying", "0.90", "sitting", "0.40"]
    shades = {r.get("class"): r.get("fill-opacity") for r in root.iter("rect") if "heat" in r.get("class", "")}
    assert shades == {"heat": "0.44", "heat below": "0.11"}
    assert sum(r.get("class") == "edge" for r in root.iter("rect")) == 4


def decoded(address):
    """The rows of colour numbers of a PNG, read by the letter of its standard."""
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + body),)
        chunks[name] = body
        at += 12 + length
    width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, kind, len(chunks[b"PLTE"])) == (8, 3, 3 * LEVELS)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:], chunks[b"PLTE"]


def test_an_image_is_a_png_of_these_numbers():
    """Lowest and highest colour, what lies beyond, rows from the top."""
    rows, colours = decoded(png_address(np.array([[0.0, 1.0, 0.5], [-1.0, 2.0, 0.25]])))
    assert rows.tolist() == [[0, LEVELS - 1, 24], [0, LEVELS - 1, 12]]
    assert colours[:3] == bytes.fromhex("440154")
    assert colours[-3:] == bytes.fromhex("fde725")


def tone(hz, rate_hz, seconds=6.0):
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return Audio(np.sin(2 * np.pi * hz * time).astype(np.float32), rate_hz)


@pytest.mark.parametrize("rate_hz", [2000, 4000, 44100])
def test_a_tone_lies_at_its_pitch(rate_hz):
    """300 Hz of 1000 in steps of 20 Hz is the 15th row from below, at every rate, at all times."""
    shares = loudness(tone(300, rate_hz))
    assert shares.shape[0] == 50
    assert set(shares[::-1].argmax(axis=0)) == {15}
    assert shares.max() == 1


def test_a_low_rate_leaves_the_upper_pitches_empty():
    """A recording at 1 kHz has nothing above 500 Hz."""
    shares = loudness(tone(300, 1000))[::-1]
    assert shares.shape[0] == 50
    assert not shares[26:].any()


def test_high_pitches_are_raised():
    """Two tones of the same strength: 12 dB, a fifth of the range, lie between 100 and 400 Hz."""
    both = Audio(tone(100, 4000).samples + tone(400, 4000).samples, 4000)
    shares = loudness(both)[::-1].mean(axis=1)
    assert shares[20] - shares[5] == pytest.approx(12.04 / 60, abs=0.01)


def test_the_middle_is_shown():
    """A click at the beginning of 10 s is not among the middle 4 s; short recordings are shown whole."""
    samples = tone(200, 2000, 10.0).samples.copy()
    plain = loudness(Audio(samples.copy(), 2000))
    samples[0] = 100
    np.testing.assert_array_equal(loudness(Audio(samples, 2000)), plain)
    assert ">1.5</text>" in spectrogram(tone(200, 2000, 1.5), "short")
    assert 'href="data:image/png;base64,' in spectrogram(tone(200, 2000), "long")
