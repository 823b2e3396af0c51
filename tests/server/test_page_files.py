"""The page's files, read as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from heartprobe.server.page_files import PAGE_FOLDER, read_page

FILES = sorted(path for path in PAGE_FOLDER.iterdir() if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]

#: Loaded by name into the audio thread, not imported.
_LOADED = {"app.js", "capture.js"}


class Markup(HTMLParser):
    """What index.html refers to, and every word in it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes.update(given)
        self.addresses += [value for name in ("src", "href") if (value := given.get(name))]
        self.keys += [value for name in ("data-text", "data-label") if (value := given.get(name))]
        if tag not in ("meta", "link", "input", "path", "rect", "circle"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self._open[-1], data.strip()))


@pytest.fixture(scope="module")
def markup() -> Markup:
    found = Markup()
    found.feed((PAGE_FOLDER / "index.html").read_text("utf-8"))
    return found


def test_every_file_is_served() -> None:
    """None has an ending that the server does not know."""
    assert set(read_page()) == {path.name for path in FILES}


def test_markup_refers_to_own_files_only(markup: Markup) -> None:
    files = [address for address in markup.addresses if not address.startswith("#")]
    assert files
    for address in files:
        assert (PAGE_FOLDER.parent / address).is_file(), address


def test_nothing_needs_an_exception_from_the_security_policy(markup: Markup) -> None:
    """Neither scripts nor styles stand in the markup."""
    assert not {name for name in markup.attributes if name == "style" or name.startswith("on")}
    assert not [words for tag, words in markup.words if tag in ("script", "style")]


def test_words_are_in_one_place(markup: Markup) -> None:
    """Beside the name, index.html says only what is said where no script runs."""
    assert {words for tag, words in markup.words if tag != "p"} == {"heartprobe"}
    assert [words for tag, words in markup.words if tag == "p"] == [
        "This page needs JavaScript, which is switched off in this browser."
    ]


def test_markup_asks_for_words_that_there_are(markup: Markup) -> None:
    strings = (PAGE_FOLDER / "strings.js").read_text("utf-8")
    for key in markup.keys:
        assert re.search(rf"\b{key.rsplit('.', maxsplit=1)[-1]}:", strings), key


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_imports_what_is_there(script: Path) -> None:
    for name in re.findall(r'from "\./([^"]+)"', script.read_text("utf-8")):
        assert (script.parent / name).is_file(), name


def test_every_script_is_used() -> None:
    imported = {name for script in SCRIPTS for name in re.findall(r'from "\./([^"]+)"', script.read_text("utf-8"))}
    assert {path.name for path in SCRIPTS} == imported | _LOADED


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_no_file_names_another_host(file: Path) -> None:
    """But for the names of the SVG namespace and of the machine itself."""
    addresses = re.findall(r"https?://[^\s\"'`<)]*", file.read_text("utf-8"))
    assert {address.rstrip(".") for address in addresses} <= {"http://www.w3.org/2000/svg", "http://127.0.0.1"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_code(script: Path) -> None:
    """Names of files, and whatever a server says, are text."""
    content = script.read_text("utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in content


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_nothing_is_kept_in_the_browser(script: Path) -> None:
    content = script.read_text("utf-8")
    for word in ("localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches.", "serviceWorker"):
        assert word not in content
