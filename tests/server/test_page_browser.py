"""The page in Chromium, on a real `heartprobe serve` with a small model: from files to a result on paper."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from go_between import GoBetween, go_between
from page_driver import Page, browser, serving

from heart_like_sounds import beating
from served import FORM, form

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Small, so that a file beyond it is quickly made.
MAX_FILE_MB = 0.5


@pytest.fixture(scope="module")
def server_port(bundle: Path) -> Iterator[int]:
    with serving(bundle, "--max-file-mb", str(MAX_FILE_MB), "--max-sound-s", "30") as port:
        yield port


@pytest.fixture(scope="module")
def between(server_port: int) -> Iterator[GoBetween]:
    with go_between(server_port) as way:
        yield way


@pytest.fixture(scope="module")
def opened(between: GoBetween, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    downloads = tmp_path_factory.mktemp("downloads")
    with browser(downloads) as driver:
        yield Page(driver, f"http://127.0.0.1:{between.port}/", downloads)


@pytest.fixture
def page(opened: Page, between: GoBetween) -> Iterator[Page]:
    """The page just loaded; afterwards nothing was asked of another host, and nothing complained about."""
    opened.complaints()
    opened.requested()
    between.refusals.clear()
    between.is_gone = False
    yield opened.open()
    assert opened.complaints() == []
    allowed = (opened.url, f"blob:{opened.url}", "data:")
    assert [address for address in opened.requested() if not address.startswith(allowed)] == []


@pytest.fixture(scope="module")
def patient(synthetic: Path) -> list[Path]:
    """Three recordings of one patient, the last of which does not tell its place by its name."""
    lying = sorted((synthetic / "train").glob("*_sup_*.wav"))[:2]
    unplaced = lying[0].with_name("somewhere.wav")
    unplaced.write_bytes(sorted((synthetic / "train").glob("*_sit_*.wav"))[0].read_bytes())
    return [*lying, unplaced]


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


def test_places_by_dragging_and_by_pressing(page: Page, patient: list[Path]) -> None:
    page.give([patient[2]])
    assert page.one(".badge").get_attribute("aria-pressed") == "true"  # what has no place is chosen at once
    page.drag(".badge", "[data-position=sit_Aor]")
    assert page.one("#recordings select").get_attribute("value") == "sit_Aor"
    page.drag("[data-position=sit_Aor]", "[data-position=sup_Tri]")
    assert page.one("#recordings select").get_attribute("value") == "sup_Tri"
    page.click(".badge")
    page.click("[data-position=sup_Mit]")
    assert page.one("#recordings select").get_attribute("value") == "sup_Mit"
    assert "recording 1" in page.one("[data-position=sup_Mit]").accessible_name
    assert "Recording 1: mitral area, lying." in page.text("#intake-notice")


def test_keyboard_alone(page: Page, patient: list[Path]) -> None:
    """From choosing a recording to its result, its picture and the download, with keys only."""
    from selenium.webdriver.common.keys import Keys

    page.give([patient[2]])

    def tab_to(selector: str, at_most: int = 60) -> None:
        for _ in range(at_most):
            if page.run("return document.activeElement.matches(arguments[0])", selector):
                assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", selector
                return
            page.keys(Keys.TAB)
        raise AssertionError(f"{selector} is not reached")

    page.run("document.body.focus()")
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert page.focused() == "Skip to the recordings"
    tab_to(".badge")
    page.keys(Keys.ENTER)  # it was chosen already: no longer
    page.keys(Keys.ENTER)
    tab_to("[data-position=sit_Pul]")
    page.keys(Keys.ENTER)
    assert page.one("#recordings select").get_attribute("value") == "sit_Pul"
    tab_to("#analyse")
    page.keys(Keys.ENTER)
    page.until("document.activeElement.id === 'result-title'")
    tab_to("#download")
    page.keys(Keys.ENTER)
    assert page.downloaded()["recordings"][0]["position"] == "sit_Pul"
    tab_to(".player input")
    page.keys(*[Keys.ARROW_RIGHT] * 4)
    assert "0.2 of 5.0 s" in page.text(".moment")
    tab_to(".overlay select")


def test_a_removed_recording_comes_back(page: Page, patient: list[Path]) -> None:
    page.give(patient)
    page.click("[aria-label='Remove recording 2']")
    assert len(page.all("#recordings li")) == 2
    page.click("#intake-notice button")
    assert [row.text.split("\n")[1] for row in page.all("#recordings li")] == [path.name for path in patient]


def test_result_of_other_recordings_says_so(page: Page, patient: list[Path]) -> None:
    page.give(patient[:2])
    page.analyse()
    assert not page.one("#stale").is_displayed()
    page.choose("#recordings select", "sit_Tri")
    assert "Analyse again" in page.text("#stale")


def test_what_has_no_place_by_choice_gets_none_from_its_name(page: Page, patient: list[Path]) -> None:
    page.give(patient[:1])
    page.choose("#recordings select", "")
    page.analyse()
    page.click("#download")
    recording = page.downloaded()["recordings"][0]
    assert recording["position"] is None
    assert recording["name"] == patient[0].name


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


def test_microphone(page: Page) -> None:
    """The browser's beeping stand-in for a microphone becomes a wave file that the server reads."""
    page.click("#record")
    page.click("#recorder .primary")
    page.until("document.querySelector('#recorder progress').value > 3.3")
    page.click("#recorder .primary")
    page.until("document.querySelector('#recordings li')")
    page.analyse()
    page.click("#download")
    recording = page.downloaded()["recordings"][0]
    assert 3.2 < recording["duration_s"] < 8
    assert recording["position"] == "sup_Aor"


def test_recording_of_too_low_a_rate_for_browsers(page: Page, tmp_path: Path) -> None:
    """2 kHz, as PhysioNet has it: drawn and played all the same."""
    soundfile.write(tmp_path / "slow.wav", beating(70, 6.0, rate_hz=2000), 2000)
    page.give([tmp_path / "slow.wav"])
    page.analyse()
    page.until("document.querySelector('.scope canvas')?.width > 0")
    page.click(".play-button")
    page.until("Number(document.querySelector('.player input').value) > 0.2")
    assert "beats found" in page.text(".beats")


def test_file_that_is_too_large(page: Page, tmp_path: Path, patient: list[Path]) -> None:
    (tmp_path / "large.wav").write_bytes(b"\0" * round(MAX_FILE_MB * 1_000_000 + 1))
    page.give([patient[0], tmp_path / "large.wav"])
    page.click("#analyse")
    page.until("document.querySelector('#refusal .alert')")
    assert page.text("#refusal").startswith("large.wav is larger than")
    page.click("[aria-label='Remove recording 2']")
    page.analyse()
    assert page.text("#refusal") == ""


def test_file_that_is_no_sound(page: Page, tmp_path: Path, patient: list[Path]) -> None:
    """Alone it is refused; beside a good one it is named in the result."""
    (tmp_path / "letter.wav").write_text("Dear patient")
    page.give([tmp_path / "letter.wav"])
    page.click("#analyse")
    page.until("document.querySelector('#refusal .alert')")
    assert "letter.wav" in page.text("#refusal")
    page.give(patient[:1])
    page.analyse()
    assert "1 of 2 recordings is left out" in page.text(".left-out")
    page.click(".probabilities tbody tr:nth-child(2) button")
    page.until("document.querySelector('#recording-1[open]')")
    assert "cannot draw or play" in page.text("#recording-1")


def test_more_than_eight(page: Page, tmp_path: Path) -> None:
    files = [tmp_path / f"number-{number}.wav" for number in range(1, 11)]
    for file in files:
        soundfile.write(file, np.zeros(100), 4000)
    page.give(files)
    assert len(page.all("#recordings li")) == 8
    assert "number-9.wav, number-10.wav were not added" in page.text("#intake-notice")


def test_nothing_given(page: Page) -> None:
    page.click("#analyse")
    assert page.text("#status") == "Add at least one recording first."


def test_busy_server_is_asked_again(page: Page, between: GoBetween, patient: list[Path]) -> None:
    between.refusals.append((429, "busy", "32 patients wait already.", {"Retry-After": "2"}))
    page.give(patient[:1])
    page.click("#analyse")
    page.until("document.querySelector('#refusal .alert')")
    assert "32 patients wait already." in page.text("#refusal")
    assert "Trying again in" in page.text("#refusal")
    page.until("document.querySelector('.finding')")
    assert page.text("#refusal") == ""


def test_stopping_server(page: Page, between: GoBetween, patient: list[Path]) -> None:
    between.refusals.append((503, "stopping", "The server is being stopped.", {"Retry-After": "10"}))
    page.give(patient[:1])
    page.click("#analyse")
    page.until("document.querySelector('#refusal button')")
    assert page.text("#refusal").startswith("The server is being stopped.")
    page.click("#refusal button")
    page.until("document.querySelector('.finding')")


def test_server_that_is_gone(page: Page, between: GoBetween, patient: list[Path]) -> None:
    """Nothing that was given is lost."""
    page.give(patient)
    between.is_gone = True
    page.click("#analyse")
    page.until("document.querySelector('#refusal .alert')")
    assert page.text("#refusal").startswith("The server does not answer.")
    assert len(page.all("#recordings li")) == 3
    between.is_gone = False
    page.click("#refusal button")
    page.until("document.querySelector('.finding')")


def test_explanation_that_is_refused_is_asked_for_again(page: Page, between: GoBetween, patient: list[Path]) -> None:
    page.give(patient[:1])
    page.analyse()
    page.until("document.querySelector('.overlay select')")
    between.refusals.append((503, "stopping", "The server is being stopped.", {}))
    page.choose(".overlay select", "AS")
    page.until("document.querySelector('.overlay .alert button')")
    page.click(".overlay .alert button")
    page.until("document.querySelector('.effect-legend')")


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_sticks_out_on_small_screens(page: Page, patient: list[Path], width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.give(patient)
    page.analyse()
    page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.run("return document.documentElement.scrollWidth") <= width
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_server_that_wants_a_token(opened: Page, bundle: Path, patient: list[Path]) -> None:
    with serving(bundle, token="open-sesame") as port:
        page = Page(opened.driver, f"http://127.0.0.1:{port}/", opened.downloads).open()
        assert "token" in page.text("#access")
        page.one("#token").send_keys("wrong")
        page.click("#access button")
        page.until("document.querySelector('#access')?.textContent.includes('does not know')")
        page.one("#token").send_keys("open-sesame")
        page.click("#access button")
        page.until("document.querySelector('.example')")
        page.give(patient[:1])
        page.analyse()
        assert len(page.all(".finding")) == 5
        assert page.complaints() == []
