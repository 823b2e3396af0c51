"""The page in Chromium: what is shown of an answer, and that it is the server's."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
import soundfile
from go_between import GoBetween
from page_driver import Page, serving

from heart_like_sounds import beating
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, SHIPPED
from served import FORM, form, wav

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def answer_of(port: int, files: list[Path], positions: list[str]) -> dict:
    """Ask the server without the page."""
    parts = [("files", file.name, file.read_bytes()) for file in files]
    body = form(*parts, *(("positions", None, position.encode()) for position in positions))
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/predictions", body, FORM)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return json.load(answer)


def shown(probability: float) -> str:
    """Write a probability as the page does."""
    if 0 < probability < 0.01:
        return "<1%"
    return ">99%" if 0.99 < probability < 1 else f"{int(100 * probability + 0.5)}%"


def test_result_is_the_servers(page: Page, server_port: int, patient: list[Path]) -> None:
    """Files by the input, one of them placed by hand: the numbers shown and downloaded are those of the API."""
    page.give(patient)
    places = [select.get_attribute("value") for select in page.all("#recordings select")]
    assert places == [*(path.stem[-7:] for path in patient[:2]), ""]
    page.choose("#recordings li:nth-child(3) select", "sit_Mit")
    page.analyse()

    expected = answer_of(server_port, patient, [*places[:2], "sit_Mit"])
    for label, answer in expected["patient"].items():
        card = page.text(f".finding[data-label={label}]")
        assert shown(answer["finding_probability"]) in card
        assert f"Declared present from {shown(answer['threshold'])}" in card
        assert {"present": "Present", "absent": "Absent", "uncertain": "Not certain"}[answer["decision"]] in card
    rows = [row.text for row in page.all(".probabilities tbody tr")]
    assert len(rows) == 4
    assert all("Mit, sitting" not in row for row in rows[:3])
    assert "Mit, sitting" in rows[3]
    assert page.focused() == "Result" or page.run("return document.activeElement.id") == "result-title"

    alone = {label: shown(answer["threshold"]) for label, answer in expected["recordings"][0]["answers"].items()}
    told = ", ".join(f"{threshold} ({label})" for label, threshold in alone.items()).replace("(N)", "(abnormal heart)")
    assert f"A recording alone is declared present from {told}." in page.text(".legend")

    page.click("#download")
    content = page.downloaded()
    assert content["disclaimer"].startswith("Research software, not a medical device.")
    assert content["patient"] == expected["patient"]
    assert content["recordings"] == expected["recordings"]


def test_synthetic_model_says_what_it_is(page: Page) -> None:
    assert "means nothing" in page.text("#synthetic-model")
    assert "Trained on" in page.text("#about")
    assert page.text("body").count("not a medical device") == 1


def test_example_at_once(page: Page, between: GoBetween) -> None:
    """One press fetches eight recordings, places and analyses them."""
    posts = between.posts
    page.click(".example")
    page.until("document.querySelector('#result h2')")
    assert between.posts == posts + 1
    assert len(page.all("#recordings li")) == len(page.all(".spot.filled")) == len(page.all(".panel")) == 8
    assert "synthetic patient" in page.text("#result")


def test_picture_sound_and_what_spoke_for_a_finding(page: Page, patient: list[Path]) -> None:
    page.give(patient[:1])
    page.analyse()
    page.until("document.querySelector('.scope canvas')?.width > 0")
    colours = page.run(
        "const c = document.querySelector('.scope canvas'), seen = new Set();"
        "const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
        "for (let i = 0; i < data.length; i += 4) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);"
        "return seen.size"
    )
    assert colours > 100
    assert "Waveform and spectrogram" in page.one(".scope canvas").get_attribute("aria-label")
    page.click(".play-button")
    page.until("Number(document.querySelector('.player input').value) > 0.3")
    assert page.text(".play-button") == "Pause"
    page.click(".play-button")
    page.choose(".overlay select", "AS")
    page.until("document.querySelector('.effect-legend')")
    told = page.text(".overlay-text")
    assert "Method: occlusion" in told
    assert "not where a murmur is" in told


def test_quality_is_not_praised(page: Page, patient: list[Path]) -> None:
    """That nothing was found does not mean that a recording is good."""
    page.give(patient[:1])
    page.analyse()
    assert "no fault found" in page.text(".panel .chips")
    assert "No fault was found in the sound; that does not mean that it is good." in page.text(".panel-columns")


def test_result_of_other_recordings_says_so(page: Page, patient: list[Path]) -> None:
    page.give(patient[:2])
    page.analyse()
    assert not page.one("#stale").is_displayed()
    page.choose("#recordings select", "sit_Tri")
    assert "Analyse again" in page.text("#stale")


def test_printed_result(page: Page, patient: list[Path]) -> None:
    """On paper: everything that is said, opened, without what can be pressed; afterwards the page is as before."""
    page.give(patient)
    page.analyse()
    page.until("document.querySelector('.scope canvas')?.width > 0")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    paper = page.text("body")
    page.run("window.dispatchEvent(new Event('afterprint'))")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    for words in ("Research software, not a medical device.", "model ", "Patient: ____", "What was heard", "Limits"):
        assert words in paper
    assert paper.count("This recording, judged alone") == 3
    assert str(page.run("return new Date().getFullYear()")) in paper
    for words in ("Analyse", "Choose files", "Download", "Play"):
        assert words not in paper
    assert [bool(panel.get_attribute("open")) for panel in page.all(".panel")] == [True, False, False]
    assert page.print().startswith(b"%PDF")


def test_recording_of_too_low_a_rate_for_browsers(page: Page, tmp_path: Path) -> None:
    """2 kHz, as PhysioNet has it: drawn and played all the same."""
    soundfile.write(tmp_path / "slow.wav", beating(70, 6.0, rate_hz=2000), 2000)
    page.give([tmp_path / "slow.wav"])
    page.analyse()
    page.until("document.querySelector('.scope canvas')?.width > 0")
    page.click(".play-button")
    page.until("Number(document.querySelector('.player input').value) > 0.2")
    assert "beats found" in page.text(".beats")


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_sticks_out_on_small_screens(page: Page, patient: list[Path], width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.give(patient)
    page.analyse()
    page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.run("return document.documentElement.scrollWidth") <= width
    lines = page.run(
        "return [...document.querySelectorAll('.card-table .short')].map((cell) => {"
        "const words = document.createRange(); words.selectNodeContents(cell);"
        "return new Set([...words.getClientRects()].map(({ top }) => Math.round(top))).size; })"
    )
    assert len(lines) > 10
    assert max(lines) == 1
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_files_that_look_like_those_of_several_people(page: Page, patient: list[Path], tmp_path: Path) -> None:
    """The page asks above the answer; of one person's files, one of them without a place, it asks nothing."""
    page.give(patient)
    page.analyse()
    assert page.all(".notes") == []
    other = tmp_path / "somebody-else_sit_Tri.wav"
    other.write_bytes(wav())
    page.give([other])
    page.analyse()
    assert page.text(".notes").startswith("Are all recordings of one person?")
    assert "somebody-else" in page.text(".notes")


def test_number_that_is_no_probability_says_so(page: Page, patient: list[Path]) -> None:
    """The model of a few patients has no calibration: in the card, in the table, and beside each recording."""
    page.give(patient[:1])
    page.analyse()
    assert "not calibrated: it ranks patients, but is no probability" in page.text(".finding[data-label=AS]")
    assert page.all(".finding .holds") == []
    assert "AS *" in page.text(".probabilities thead")
    assert "* not calibrated" in page.text("#result")
    assert "not calibrated" in page.text(".single-answers")


def test_where_a_probability_holds(opened: Page, patient: list[Path]) -> None:
    """The model that comes with heartprobe is calibrated for as many abnormal as normal hearts; no patient is known.

    It has a name, no finding but one, and no intervals.
    """
    with serving(SHIPPED / NORMAL_ABNORMAL) as port:
        page = Page(opened.driver, f"http://127.0.0.1:{port}/", opened.downloads).open()
        assert page.text("#model-line").startswith("Model normal-abnormal (")
        assert "physionet-2016: 1790 recordings" in page.text("#about")
        page.give(patient[:1])
        page.analyse()
        page.click("#download")
        answer = page.downloaded()["patient"]["N"]
        odds = answer["finding_probability"] / (1 - answer["finding_probability"]) * (0.05 / 0.95)
        assert page.text(".finding .holds") == (
            f"Holds where 50 of 100 people have it; where 5 of 100 have it, it is {shown(odds / (1 + odds))}."
        )
        assert "not calibrated" not in page.text("#result")
        assert "; model normal-abnormal (" in page.text(".result-head")
        assert page.text(".reading") == "The dot is the probability, the line the threshold."
        assert page.text(".legend").endswith("A recording alone is declared present from 50%.")
