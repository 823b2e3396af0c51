"""What every download of a data set keeps: from the addresses that are declared to a data set that can be used.

The archives are packed from the small copies of `dataset_copies`, and served on loopback.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from dataset_copies import COPIES, Copy
from heartprobe.cli.app import app
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import DATASETS, read_dataset, release_of
from heartprobe.data.download import fetch
from heartprobe.data.download.transfer import Patience
from heartprobe.data.release import Archive, ByHand, Release
from heartprobe.errors import ConfigError, DownloadError
from listener import Listener
from loopback_server import LoopbackServer, Page

DOCS = Path(__file__).resolve().parents[2] / "docs"

#: The copy in the layout that the download gives.
DOWNLOADED = {
    "bmd-hs": "bmd-hs",
    "physionet-2016": "physionet-2016",
    "circor": "circor",
    "pascal": "pascal, archives",
    "hls-cmds": "hls-cmds",
}
BY_HAND = ("yaseen",)
PATIENCE = Patience(connect_s=2, read_s=2, attempts=1, sleep=lambda _: None)
SUMS = "/SHA256SUMS.txt"


class Publisher:
    """A copy of a data set, packed as its release declares and served under one address."""

    def __init__(self, name: str, server: LoopbackServer, folder: Path) -> None:
        self.copy: Copy = COPIES[DOWNLOADED[name]]
        self.copy.write(folder)
        (folder / "names.xlsx").write_bytes(b"PK\x03\x04 the names of patients")
        self.server = server
        self.folder = folder
        declared = release_of(name, DatasetConfig())
        files = []
        for file in declared.files:
            content = self.pack(file) if isinstance(file, Archive) else (folder / file.name).read_bytes()
            server.pages[f"/{name}/{file.name}"] = Page(content)
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            files.append(replace(file, md5=None if file.md5 is None else md5))
        self.release: Release = replace(
            declared,
            addresses=(f"{server.url}/{name}/",),
            files=tuple(files),
            sums=server.url + SUMS if declared.sums else "",
            manifests={},
        )

    def pack(self, archive: Archive) -> bytes:
        """Zip a folder of the copy, below a folder of its own and with what a system adds."""
        root = self.folder / archive.into
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                packed.write(path, f"top/{path.relative_to(root)}")
                packed.writestr(f"__MACOSX/top/._{path.relative_to(root)}", b"Mac OS X")
        return stream.getvalue()

    def sums(self) -> list[str]:
        """Return the lines that `sha256sum` writes for everything in the copy."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(self.folder)}" for p in files]

    def serve_sums(self, lines: list[str]) -> None:
        self.server.pages[SUMS] = Page("\n".join([*lines, ""]).encode())

    def fetch(self, target: Path) -> list[str]:
        """Download into the target and return what was noted."""
        listener = Listener()
        fetch(self.release, target, progress=listener, patience=PATIENCE)
        return listener.notes


@pytest.fixture(params=DOWNLOADED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def publisher(name: str, server: LoopbackServer, tmp_path: Path) -> Iterator[Publisher]:
    published = Publisher(name, server, tmp_path / "published")
    published.serve_sums(published.sums())
    return published


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "here" / "data"


def test_what_is_fetched_is_read_and_passes_the_check(name: str, publisher: Publisher, target: Path) -> None:
    """All recordings with all labels, as in the copy; and nothing to complain of."""
    publisher.fetch(target)
    recordings = read_dataset(name, target, DatasetConfig())
    assert {p: dict(patient.labels) for p, patient in recordings.patients.items()} == publisher.copy.labels
    assert len(recordings.recordings) == publisher.copy.n_recordings
    result = CliRunner().invoke(app, ["data", "check", str(target), "--set", f"dataset.name={name}", "--json"])
    problems = {f["kind"] for f in json.loads(result.stdout)["findings"] if f["is_problem"]}
    # Twenty seconds are declared of BMD-HS; the copy has less.
    assert problems == ({"short"} if name == "bmd-hs" else set())


def test_nothing_but_what_is_declared_is_kept(publisher: Publisher, target: Path) -> None:
    """Spreadsheets can hold names, and what readers do not read need not lie about."""
    publisher.fetch(target)
    kept = {path.suffix for path in target.rglob("*") if path.is_file()}
    assert kept <= {".wav", ".csv", ".tsv", ".txt", ".json", ".sha256"}
    assert not list(target.rglob("*.xlsx"))
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    listed = (target / "MANIFEST.sha256").read_text().splitlines()
    assert len(listed) == sum(path.is_file() for path in target.rglob("*")) - 2


def test_a_second_call_asks_no_server(publisher: Publisher, target: Path) -> None:
    """The folder is recognised by its manifest."""
    publisher.fetch(target)
    n_requests = len(publisher.server.requests)
    assert publisher.fetch(target) == [
        f"{target} already holds {publisher.release.title}, unchanged since its download."
    ]
    assert len(publisher.server.requests) == n_requests


def test_another_data_set_in_the_folder_is_left_alone(publisher: Publisher, target: Path) -> None:
    """One folder holds one data set."""
    publisher.fetch(target)
    other = replace(publisher.release, title="Another")
    with pytest.raises(DownloadError, match=f"holds version .* of {publisher.release.title}, and not"):
        fetch(other, target, progress=Listener(), patience=PATIENCE)


def test_the_terms_are_told(publisher: Publisher, target: Path) -> None:
    """Whose it is, and what they allow."""
    assert publisher.release.terms in publisher.fetch(target)


def test_a_second_address_is_used_where_the_first_fails(publisher: Publisher, target: Path) -> None:
    """Whatever is wrong with the first is said."""
    gone = publisher.server.url + "/gone/"
    publisher.release = replace(publisher.release, addresses=(gone, *publisher.release.addresses))
    notes = publisher.fetch(target)
    assert any("404" in note and "Trying" in note for note in notes)
    assert json.loads((target / "SOURCE.json").read_text())["address"] == publisher.release.addresses[1]


def test_without_any_address_that_works_the_ways_out_are_told(publisher: Publisher, target: Path) -> None:
    """And nothing is left behind."""
    publisher.release = replace(publisher.release, addresses=(publisher.server.url + "/gone/",))
    with pytest.raises(DownloadError, match=r"could not be downloaded from any address:\n  http.*404") as caught:
        publisher.fetch(target)
    assert "--data-dir" in str(caught.value)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["physionet-2016", "circor"])
def test_files_are_compared_with_the_list_of_their_publisher(publisher: Publisher, target: Path) -> None:
    """All of them in the list: verified. One with another checksum: refused, and named."""
    publisher.fetch(target)
    assert json.loads((target / "SOURCE.json").read_text())["is_published"]
    recording = Path(publisher.copy.recording).name
    publisher.serve_sums(
        [re.sub("^[0-9a-f]{64}", "0" * 64, s) if s.endswith(recording) else s for s in publisher.sums()]
    )
    with pytest.raises(DownloadError, match=rf"the checksum is wrong: .*{recording} has SHA-256"):
        publisher.fetch(target.with_name("again"))
    assert not target.with_name("again").exists()


@pytest.mark.parametrize("name", ["physionet-2016"])
def test_an_archive_that_is_in_the_list_is_compared_itself(publisher: Publisher, target: Path) -> None:
    """Then what it holds need not be in the list."""
    content = publisher.server.pages["/physionet-2016/training.zip"].body
    publisher.serve_sums([f"{hashlib.sha256(content).hexdigest()} training.zip"])
    publisher.fetch(target)
    assert json.loads((target / "SOURCE.json").read_text())["is_published"]
    publisher.serve_sums([f"{'0' * 64} training.zip"])
    with pytest.raises(DownloadError, match=r"the checksum is wrong: training\.zip has SHA-256"):
        publisher.fetch(target.with_name("again"))


@pytest.mark.parametrize("name", ["physionet-2016", "circor"])
@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (None, "404 Not Found. The files were only found to be undamaged."),
        (["<html>"], "the list of checksums cannot be read: '<html>'. The files were only found to be undamaged."),
        ([f"{'0' * 64}  another.wav"], "of the files, such as "),
    ],
)
def test_without_a_list_the_files_are_kept_as_unverified(
    lines: list[str] | None, note: str, publisher: Publisher, target: Path
) -> None:
    """That is told, and stands in the record of the download."""
    if lines is None:
        del publisher.server.pages[SUMS]
    else:
        publisher.serve_sums(lines)
    assert any(note in told for told in publisher.fetch(target))
    assert not json.loads((target / "SOURCE.json").read_text())["is_published"]


@pytest.mark.parametrize("name", ["hls-cmds"])
def test_a_declared_checksum_is_checked(publisher: Publisher, target: Path) -> None:
    """Another file under the same address is refused."""
    files = tuple(replace(f, md5="0" * 32) if f.name == "HS.zip" else f for f in publisher.release.files)
    publisher.release = replace(publisher.release, files=files)
    with pytest.raises(
        DownloadError, match=r"the checksum is wrong: the file has MD5 [0-9a-f]{32}, the published one 0"
    ):
        publisher.fetch(target)


@pytest.mark.parametrize("name", ["hls-cmds"])
def test_a_web_page_is_not_taken_for_a_table(publisher: Publisher, target: Path) -> None:
    """Some servers answer with a page to log in."""
    publisher.server.pages["/hls-cmds/HS.csv"] = Page(b"\n<!DOCTYPE html>")
    with pytest.raises(DownloadError, match="the answer is a web page, not a table"):
        publisher.fetch(target)


@pytest.mark.parametrize("name", ["pascal"])
def test_finished_files_are_not_asked_for_again(publisher: Publisher, target: Path) -> None:
    """After an interruption only what is missing is loaded."""
    pages = publisher.server.pages
    missing = pages.pop("/pascal/Bunlabelledtest.zip")
    with pytest.raises(DownloadError, match=r"Bunlabelledtest\.zip: the server answered 404"):
        publisher.fetch(target)
    pages["/pascal/Bunlabelledtest.zip"] = missing
    publisher.fetch(target)
    assert len(publisher.server.asked("/pascal/Atraining_normal.zip")) == 1


@pytest.mark.parametrize("name", BY_HAND)
def test_what_must_be_fetched_by_hand_is_explained(name: str) -> None:
    """The command says where it is and what the folder must look like, and does not offer what it cannot do."""
    result = CliRunner().invoke(app, ["data", "fetch", name])
    assert result.exit_code == 1
    assert isinstance(result.exception, DownloadError)
    for words in (DATASETS[name].url, "--data-dir", "it must hold a folder for each class"):
        assert words in str(result.exception)


def test_of_ones_own_recordings_there_is_nothing_to_download() -> None:
    """That is a wrong use of the command."""
    with pytest.raises(ConfigError, match=r"There is nothing to download for 'folder'"):
        release_of("folder", DatasetConfig())


def test_every_data_set_is_downloaded_or_explained() -> None:
    """A new one fails here until it is packed above, or explained."""
    assert set(DOWNLOADED) == {name for name, facts in DATASETS.items() if isinstance(facts.release, Release)}
    assert set(BY_HAND) == {name for name, facts in DATASETS.items() if isinstance(facts.release, ByHand)}


def test_releases_are_declared_whole() -> None:
    """Addresses of one version, terms, the room that they take, and every address on the page about downloads."""
    text = (DOCS / "download.md").read_text()
    for name in DOWNLOADED:
        release = release_of(name, DatasetConfig())
        assert release.version
        assert release.n_bytes
        assert "--data-dir" in release.ways_out
        assert "doi:" in release.terms or name == "pascal"
        for address in (*release.addresses, release.sums):
            assert not address or urlsplit(address).scheme in ("https", "http")
            assert name == "bmd-hs" or address in text
