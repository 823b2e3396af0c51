"""The page in Chromium: giving recordings and saying where they were made, by mouse, keyboard and microphone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from page_driver import Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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


def test_what_has_no_place_by_choice_gets_none_from_its_name(page: Page, patient: list[Path]) -> None:
    page.give(patient[:1])
    page.choose("#recordings select", "")
    page.analyse()
    page.click("#download")
    recording = page.downloaded()["recordings"][0]
    assert recording["position"] is None
    assert recording["name"] == patient[0].name


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


def test_more_than_eight(page: Page, tmp_path: Path) -> None:
    files = [tmp_path / f"number-{number}.wav" for number in range(1, 11)]
    for file in files:
        soundfile.write(file, np.zeros(100), 4000)
    page.give(files)
    assert len(page.all("#recordings li")) == 8
    assert "number-9.wav, number-10.wav were not added" in page.text("#intake-notice")


def test_nothing_given(page: Page, patient: list[Path]) -> None:
    """The page says so until there is a recording."""
    page.click("#analyse")
    assert page.text("#status") == "Add at least one recording first."
    page.give(patient)
    page.until("document.querySelectorAll('#recordings li').length === 3")
    assert page.text("#status") == ""


def test_empty_file_has_no_size(page: Page, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "short.wav").write_bytes(b"RIFF")
    page.give([tmp_path / "empty.wav", tmp_path / "short.wav"])
    assert [size.text for size in page.all("#recordings .file .note")] == ["0 kB", "1 kB"]
