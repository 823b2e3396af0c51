"""The page's own arithmetic, held against NumPy and the library."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePath

import numpy as np
import pytest
import soundfile
from fastapi import FastAPI
from numpy.testing import assert_allclose
from page_driver import Page, browser

from heartprobe.predict.tree import position_in
from served import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def page(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    downloads = tmp_path_factory.mktemp("downloads")
    with served(app) as (host, port), browser(downloads) as driver:
        driver.set_script_timeout(60)
        yield Page(driver, f"http://{host}:{port}/", downloads).open()


def compute(page: Page, module: str, body: str, *arguments: object) -> object:
    """Run `body` with `its` exports of a module and `given` arguments."""
    script = (
        "const [given, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];"
        f"import('./page/{module}').then((its) => {{ {body} }}).then(done, (error) => done('failed: ' + error))"
    )
    return page.driver.execute_async_script(script, *arguments)


@pytest.mark.parametrize("size", [2, 8, 512])
def test_fourier_transform(page: Page, rng: np.random.Generator, size: int) -> None:
    real, imaginary = rng.standard_normal((2, size))
    body = (
        "const parts = given.map((part) => Float64Array.from(part)); its.fourier(parts[0].length)(...parts);"
        "return parts.map((part) => [...part])"
    )
    found = compute(page, "spectrogram.js", body, real.tolist(), imaginary.tolist())
    expected = np.fft.fft(real + 1j * imaginary)
    assert_allclose(found, [expected.real, expected.imag], atol=1e-9)


@pytest.mark.parametrize(("hertz", "rate"), [(60, 4000), (440, 8000), (900, 2000)])
def test_tone_is_drawn_at_its_pitch(page: Page, hertz: float, rate: int) -> None:
    body = (
        "const [hertz, rate] = given; const samples = Float32Array.from({length: 2 * rate}, (_, i) => "
        "Math.sin(2 * Math.PI * hertz * i / rate)); const s = its.spectrogram({samples, rate});"
        "const column = [...s.level.slice(100 * s.rows, 101 * s.rows)];"
        "return [s.columns, s.highest_hz * column.indexOf(Math.max(...column)) / s.rows]"
    )
    columns, loudest = compute(page, "spectrogram.js", body, hertz, rate)
    assert columns == 200
    assert abs(loudest - hertz) < 12


def test_height_and_pitch_are_inverse(page: Page) -> None:
    body = "return [0, 50, 230, 1000].map((hertz) => [its.heightOf(hertz), its.pitchAt(its.heightOf(hertz))])"
    found = np.array(compute(page, "spectrogram.js", body))
    assert_allclose(found[:, 1], [0, 50, 230, 1000], atol=1e-9)
    assert_allclose(found[[0, 3], 0], [0, 1])


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wave_of_every_depth(page: Page, rng: np.random.Generator, subtype: str, channels: int) -> None:
    samples = rng.uniform(-0.9, 0.9, (50, channels))
    file = io.BytesIO()
    soundfile.write(file, samples, 2000, format="WAV", subtype=subtype)
    body = "const wave = its.readWav(Uint8Array.from(given[0]).buffer); return [wave.rate, [...wave.samples]]"
    rate, found = compute(page, "wav.js", body, list(file.getvalue()))
    assert rate == 2000
    assert_allclose(found, samples.mean(axis=1), atol=1e-2 if subtype == "PCM_U8" else 1e-4)


def test_no_wave(page: Page) -> None:
    for content in (b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"fLaC" + b"\0" * 60):
        assert compute(page, "wav.js", "return its.readWav(Uint8Array.from(given[0]).buffer)", list(content)) is None


def test_written_wave_is_read_by_others(page: Page) -> None:
    body = "return its.writeWav(Float32Array.from(given[0]), 8000).arrayBuffer().then((b) => [...new Uint8Array(b)])"
    content = compute(page, "wav.js", body, [0.0, 0.5, -1.0, 2.0])
    samples, rate = soundfile.read(io.BytesIO(bytes(content)))
    assert rate == 8000
    assert_allclose(samples, [0, 0.5, -1, 1], atol=1e-4)


def test_raising_the_rate_keeps_a_tone(page: Page) -> None:
    slow = np.sin(2 * np.pi * 100 * np.arange(200) / 1000)
    found = compute(page, "sound.js", "return [...its.upsampled(Float32Array.from(given[0]), 4)]", slow.tolist())
    expected = np.sin(2 * np.pi * 100 * np.arange(800) / 4000)
    assert_allclose(np.array(found)[100:-100], expected[100:-100], atol=0.01)


def answered(**found: object) -> dict[str, object]:
    """Return an answer about one label as the server gives it."""
    return {
        **{"finding": "x", "decision": "absent", "why_uncertain": None, "finding_probability": 0.02, "threshold": 0.43},
        **{"low": 0.001, "high": 0.98, "why_no_interval": None, "is_calibrated": True, "prevalence": 0.3},
        **found,
    }


UNSETTLED = "The interval holds the threshold: the calibration is not known well enough to settle this."


@pytest.mark.parametrize(
    ("found", "is_said"),
    [
        ({}, True),
        ({"high": 0.43}, True),
        ({"high": 0.42}, False),
        ({"decision": "present", "finding_probability": 0.6, "low": 0.4}, True),
        ({"decision": "present", "finding_probability": 0.6, "low": 0.44}, False),
        ({"decision": "uncertain", "why_uncertain": "the probability is too near to the threshold"}, False),
        ({"low": None, "high": None, "why_no_interval": "too few patients"}, False),
    ],
)
def test_decision_within_its_interval_says_so(page: Page, found: dict[str, object], is_said: bool) -> None:
    answer = {"patient": {"AS": answered(**found)}, "recordings": []}
    card = compute(page, "findings.js", "return its.findingCards(given[0]).textContent", answer)
    assert (UNSETTLED in str(card)) is is_said


@pytest.mark.parametrize(
    ("decisions", "told"),
    [
        ({"N": "absent"}, "Heart sounds normal: no abnormality declared."),
        ({"N": "present"}, "Present: abnormal heart."),
        ({"N": "uncertain"}, "Not certain: abnormal heart."),
        (
            {"N": "absent", "AS": "absent", "MR": "uncertain"},
            "Not certain: mitral regurgitation. Heart sounds normal: no abnormality declared. Absent: aortic stenosis.",
        ),
        ({"N": "absent", "AS": "present"}, "Present: aortic stenosis. Heart sounds normal."),
        ({"AS": "absent", "MR": "absent"}, "Absent: aortic stenosis, mitral regurgitation."),
    ],
)
def test_summary(page: Page, decisions: dict[str, str], told: str) -> None:
    """That an abnormal heart is absent is said as what it means, and not where a lesion is declared beside it."""
    patient = {label: answered(decision=decision) for label, decision in decisions.items()}
    assert compute(page, "result.js", "return its.summary(given[0])", {"patient": patient}) == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({}, "The dot is the probability, the bar its 95% interval, the line the threshold."),
        ({"low": None, "high": None}, "The dot is the probability, the line the threshold."),
    ],
)
def test_legend_speaks_of_the_bar_where_there_is_one(page: Page, found: dict[str, object], told: str) -> None:
    recording = {"name": "a.wav", "position": None, "problem": "a.wav is silent.", "findings": [], "answers": None}
    unheard = {**recording, "duration_s": None, "heart_rate": None, "quality": None, "beats_s": []}
    answer = {
        **{"model": {"id": "0", "name": None, "labels": ["AS"]}, "patient": {"AS": answered(**found)}},
        **{"problem": None, "notes": [], "heart_rate": {"bpm": None, "confidence": 0.1}, "recordings": [unheard]},
    }
    body = (
        "const file = new File([], 'a.wav'); const asked = {recordings: [{file, name: file.name}], example: null,"
        "options: {}, date: new Date()}; its.showResult(given[0], asked, {onUsePoor() {}});"
        "return [...document.querySelectorAll('#result .reading, #result .legend')].map((one) => one.textContent)"
    )
    reading, legend = compute(page, "result.js", body, answer)
    assert reading == told
    assert "A recording alone" not in legend


#: Names that tell a place, and some that nearly do.
NAMES = (
    *("P1_sup_Mit.wav", "sit_Aor.flac", "a.b_sit_Tri.ogg", "_sup_Mit.wav", "P1_Mit.wav"),
    *("P1_sup_mit.wav", "sup_Mit_2.wav", "P1-sup_Pul.wav", "xsup_Mit.wav"),
)


@pytest.mark.parametrize("name", NAMES)
def test_place_in_a_name_as_the_library_reads_it(page: Page, name: str) -> None:
    position = position_in(PurePath(name))
    found = compute(page, "positions.js", "return its.guessedPosition(given[0])", name)
    assert found == (None if position is None else str(position))


def test_card_is_never_markup(page: Page) -> None:
    card = (
        "---\nlicense: other\n---\n# Title\n\n## Limits\n- <img src=x onerror=alert(1)> `code` **bold**\n\n"
        "| a | b |\n|---|---|\n| 1 | <b>2</b> |\n\n    <i>code</i>\n"
    )
    body = (
        "const found = its.sections(given[0]).filter((one) => one.title); const box = document.createElement('div');"
        "box.append(...its.blocks(found[0].lines)); return [found[0].title, box.innerHTML]"
    )
    title, html = compute(page, "markdown.js", body, card)
    assert title == "Limits"
    assert html.startswith(
        "<ul><li>&lt;img src=x onerror=alert(1)&gt; <code>code</code> <strong>bold</strong></li></ul>"
    )
    assert '<td class="short">&lt;b&gt;2&lt;/b&gt;</td>' in html
    assert html.endswith('<pre tabindex="0"><code>&lt;i&gt;code&lt;/i&gt;</code></pre>')
