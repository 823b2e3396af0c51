"""The page in Chromium: what is refused, and a server that is busy, stopping, gone or guarded."""

from __future__ import annotations

from pathlib import Path

import pytest
from go_between import GoBetween
from page_driver import MAX_FILE_MB, Page, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


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
    """Without a recording all are named in the refusal; beside a good one they are named in the result."""
    (tmp_path / "letter.wav").write_text("Dear patient")
    (tmp_path / "empty.wav").touch()
    page.give([tmp_path / "letter.wav", tmp_path / "empty.wav"])
    page.click("#analyse")
    page.until("document.querySelector('#refusal .alert')")
    assert page.text("#refusal").startswith("letter.wav cannot be read as sound")
    assert page.text("#refusal").endswith("empty.wav holds no sound either.")
    page.give(patient[:1])
    page.analyse()
    assert "2 of 3 recordings are left out" in page.text(".left-out")
    page.click(".probabilities tbody tr:nth-child(2) button")
    page.until("document.querySelector('#recording-1[open]')")
    assert "cannot draw or play" in page.text("#recording-1")


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
