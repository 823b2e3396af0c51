"""The page in a real browser, by the words that a test is told in."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HEARTPROBE = Path(sys.executable).with_name("heartprobe")

#: What the page's server takes: little, so that a file beyond it is quickly made.
MAX_FILE_MB = 0.5

#: Windows and voices that a test has no use for; the microphone is a beep, and may be used without asking.
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--force-prefers-reduced-motion",
    "--window-size=1280,1000",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)

#: The browser's own line about an answer that is an error; the page says it in a sentence.
_REFUSED = "Failed to load resource"


@dataclass
class Page:
    """The page as it is served at one address."""

    driver: Any
    url: str
    downloads: Path

    def open(self) -> Page:
        """Load it anew, and wait until the model is told."""
        self.driver.get(self.url)
        self.until("document.querySelector('.example') || document.querySelector('#access form, #access .alert')")
        return self

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: str, *, at_most_s: float = 40.0) -> None:
        """Wait until a condition in JavaScript holds."""
        deadline = time.monotonic() + at_most_s
        while not self.run(f"return Boolean({condition})"):
            if time.monotonic() > deadline:
                raise AssertionError(f"{condition} did not come true; the page says: {self.text('main')[:1500]}")
            time.sleep(0.05)

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.one(selector).text)

    def click(self, selector: str) -> None:
        self.one(selector).click()

    def choose(self, selector: str, value: str) -> None:
        """Choose in a select, as people do."""
        from selenium.webdriver.support.ui import Select

        Select(self.one(selector)).select_by_value(value)

    def give(self, files: Sequence[Path]) -> None:
        """Choose files by the file input."""
        self.one("#files").send_keys("\n".join(map(str, files)))

    def analyse(self) -> None:
        """Ask for a result and wait for it."""
        self.click("#analyse")
        self.until("!document.querySelector('#cancel:not([hidden])') && document.querySelector('#result h2')")

    def keys(self, *keys: str) -> None:
        """Press keys wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self) -> str:
        """The name that a screen reader says of what has the focus."""
        return str(self.driver.switch_to.active_element.accessible_name)

    def drag(self, selector: str, target: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=50).drag_and_drop(self.one(selector), self.one(target)).perform()

    def print(self) -> bytes:
        """Return the page on paper, as PDF."""
        return base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])

    def downloaded(self) -> Any:
        """Return the content of the one file that was downloaded."""
        deadline = time.monotonic() + 10
        while not (found := list(self.downloads.glob("*.json"))):
            assert time.monotonic() < deadline, "nothing was downloaded"
            time.sleep(0.05)
        assert len(found) == 1
        content = json.loads(found[0].read_text("utf-8"))
        found[0].unlink()
        return content

    def complaints(self) -> list[str]:
        """Return what the console complains about since it was asked last, beside refused requests."""
        return [entry["message"] for entry in self.driver.get_log("browser") if _REFUSED not in entry["message"]]

    def requested(self) -> list[str]:
        """Return the addresses that were requested since it was asked last."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@contextmanager
def browser(downloads: Path) -> Iterator[Any]:
    """Start Chromium without a window; the test is skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program, steered_by = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or steered_by is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in _OPTIONS:
        options.add_argument(option)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(steered_by))
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def serving(bundle: Path, *options: str, token: str | None = None) -> Iterator[int]:
    """Run `heartprobe serve` as a process; yield its port."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **({"HEARTPROBE_TOKEN": token} if token else {})}
    command = [str(HEARTPROBE), "serve", str(bundle), "--port", "0", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        assert run.stdout is not None
        try:
            told = ""
            while "http://127.0.0.1:" not in told:
                line = run.stdout.readline()
                assert line, f"the server did not start: {told}"
                told += line
            # What it says from here on is read, so that it is never held up by a full pipe.
            threading.Thread(target=run.stdout.read, daemon=True).start()
            yield int(told.split("http://127.0.0.1:")[1].split()[0].rstrip("/"))
        finally:
            run.terminate()
            run.wait(30)
