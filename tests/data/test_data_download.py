"""BMD-HS from a real web server on loopback into a folder: whole and verified, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.bmd_hs_release import PUBLISHED_STATES, archive_address, bmd_hs_release
from heartprobe.data.download import fetch as fetch_release
from heartprobe.data.download.transfer import Patience
from heartprobe.data.release import Limits
from heartprobe.errors import DownloadError
from heartprobe.progress import Advance
from listener import Listener
from loopback_server import LoopbackServer, Page, loopback_server

REPOSITORY = "/authors/BMD-HS-Dataset"
MIRROR = "/mirror/BMD-HS-Dataset"
ARCHIVE = REPOSITORY + "/archive/main.zip"
MIRRORED = MIRROR + "/archive/main.zip"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
POSITIONS = [f"{posture}_{site}" for posture in ("sup", "sit") for site in ("Mit", "Tri", "Pul", "Aor")]
FIRST_STATE, BANDED_STATE = PUBLISHED_STATES


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The folder to download into; nothing else is beside it."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / "bmd-hs"


def archive() -> bytes:
    """Two patients in the published layout, with all that the published archive holds beside it."""
    rng = np.random.default_rng(7)
    columns = ",".join(f"recording_{i}" for i in range(1, 9))
    rows = ["patient_id,AS,AR,MR,MS,N," + columns]
    people = ["patient_id,Age,Gender,Smoker,Lives"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        top = "BMD-HS-Dataset-main/"
        for stem, patient, labels in (("AS_005", "patient_005", "1,0,0,0,0"), ("N_089", "patient_089", "0,0,0,0,1")):
            names = [f"{stem}_{position}" for position in POSITIONS]
            rows.append(f"{patient},{labels},{','.join(names)}")
            people.append(f"{patient},45,M,0,R")
            for name in names:
                sound = io.BytesIO()
                soundfile.write(sound, rng.normal(0, 0.1, 8000), 4000, format="WAV", subtype="PCM_16")
                packed.writestr(f"{top}train/{name}.wav", sound.getvalue())
        packed.writestr(top + "train.csv", "\n".join(rows) + "\n")
        packed.writestr(top + "additional_metadata.csv", "\n".join(people) + "\n")
        packed.writestr(top + "eco.xlsx", b"the names of patients")
        packed.writestr(top + "README.md", b"# BMD-HS")
        packed.comment = COMMIT.encode()
    return stream.getvalue()


GOOD = archive()


def settings(server: LoopbackServer, *, revision: str = "main", mirror: str | None = None) -> DatasetConfig:
    mirror_url = server.url + MIRROR if mirror is None else mirror
    return DatasetConfig(repo_url=server.url + REPOSITORY, mirror_url=mirror_url, revision=revision)


def fetch(target: Path, dataset: DatasetConfig, *, attempts: int = 3, progress: Listener | None = None) -> Listener:
    progress = progress or Listener()
    patience = Patience(connect_s=2, read_s=0.3, attempts=attempts, sleep=lambda _: None)
    release = replace(bmd_hs_release(dataset), limits=Limits(spare_bytes=0))
    found = fetch_release(release, target, progress=progress, patience=patience)
    assert found == target.resolve()
    return progress


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_data_set_arrives_and_can_be_read(server: LoopbackServer, target: Path) -> None:
    """All recordings and the two tables, nothing else from the archive, nothing left beside."""
    server.pages[ARCHIVE] = Page(GOOD)
    progress = fetch(target, settings(server))
    wavs = {f"train/{stem}_{position}.wav" for stem in ("AS_005", "N_089") for position in POSITIONS}
    marks = {"MANIFEST.sha256", "SOURCE.json"}
    assert below(target) == wavs | {"train.csv", "additional_metadata.csv"} | marks
    assert list(target.parent.iterdir()) == [target]
    recordings = read_bmd_hs(target, settings(server))
    assert len(recordings.recordings) == 16
    assert recordings.patient_ids == ("patient_005", "patient_089")
    assert [(task.description, task.unit) for task in progress.tasks] == [("Downloading", "B"), ("Unpacking", "B")]
    assert all(task.done == task.total for task in progress.tasks)
    assert len(server.requests) == 1


def test_the_manifest_has_every_checksum(server: LoopbackServer, target: Path) -> None:
    """In the form that `sha256sum --check` reads; its own checksum and the origin are in `SOURCE.json`."""
    server.pages[ARCHIVE] = Page(GOOD)
    fetch(target, settings(server))
    text = (target / "MANIFEST.sha256").read_text()
    lines = dict(reversed(line.split("  ")) for line in text.splitlines())
    assert lines == {name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in lines}
    assert set(lines) == below(target) - {"MANIFEST.sha256", "SOURCE.json"}
    assert json.loads((target / "SOURCE.json").read_text()) == {
        "data_set": "BMD-HS",
        "version": "main",
        "address": server.url + ARCHIVE,
        "commit": COMMIT,
        "manifest_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "is_published": False,
    }


def test_unknown_checksums_and_the_terms_are_told(server: LoopbackServer, target: Path) -> None:
    """A revision that nobody has checksums for is not passed off as verified."""
    server.pages[ARCHIVE] = Page(GOOD)
    notes = " ".join(fetch(target, settings(server)).notes)
    assert "No checksums are known for version main of BMD-HS: the files were only found to be undamaged" in notes
    assert f"they are of commit {COMMIT}." in notes
    assert "10.1016/j.cmpbup.2026.100237" in notes
    assert "CC BY-NC-ND 4.0" in notes


def test_a_finished_download_is_recognised(server: LoopbackServer, target: Path) -> None:
    """The second call asks no server, also where there is none."""
    server.pages[ARCHIVE] = Page(GOOD)
    fetch(target, settings(server))
    progress = fetch(target, settings(server))
    assert len(server.requests) == 1
    assert "already holds BMD-HS" in progress.notes[0]
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (None, "the server answered 404 Not Found"),
        (Page(status=[500] * 9), r"the server answered 500 Internal Server Error \(3 attempts\)"),
        (Page(GOOD, stall_after=[0] * 9), r"no data for 0.3 s \(3 attempts\)"),
        (Page(b"<html>Log in</html>"), "the answer is a web page, not an archive"),
        (Page(GOOD[:-100]), "its end is missing"),
        (Page(GOOD.replace(b"train/AS_005_sup_Mit.wav", b"../../AS_005_sup_Mit.wa", 2)), "unsafe name|damaged"),
    ],
)
def test_the_mirror_is_used_where_the_repository_fails(
    page: Page | None, reason: str, server: LoopbackServer, target: Path
) -> None:
    """Whatever is wrong with the first address is said, and the second is used."""
    if page is not None:
        server.pages[ARCHIVE] = page
    server.pages[MIRRORED] = Page(GOOD)
    progress = fetch(target, settings(server))
    assert any(f"Trying {server.url}{MIRRORED}" in note for note in progress.notes)
    assert re.search(reason, " ".join(progress.notes))
    assert json.loads((target / "SOURCE.json").read_text())["address"] == server.url + MIRRORED
    assert list(target.parent.iterdir()) == [target]


def test_a_mirror_may_be_an_archive(server: LoopbackServer, target: Path) -> None:
    """Any address of a zip file will do."""
    server.pages["/data/heart.ZIP?version=2"] = Page(GOOD)
    fetch(target, settings(server, mirror=server.url + "/data/heart.ZIP?version=2"))
    assert (target / "train.csv").is_file()


@pytest.mark.usefixtures("_no_proxy")
def test_without_a_network_one_message_tells_the_ways_out(target: Path) -> None:
    """Both addresses, what is wrong with each, and the three things that can be done."""
    with loopback_server() as gone:
        dataset = settings(gone)
    with pytest.raises(DownloadError) as caught:
        fetch(target, dataset)
    assert str(caught.value) == (
        "BMD-HS could not be downloaded from any address:\n"
        f"  {gone.url}{ARCHIVE}: no connection: Connection refused (2 attempts).\n"
        f"  {gone.url}{MIRRORED}: no connection: Connection refused (2 attempts).\n"
        "Three ways on: give the folder of a copy that you have with --data-dir DIR; name another address, a "
        "repository or a .zip file, with --set dataset.mirror_url=ADDRESS; or run `heartprobe demo`, which needs "
        "no download."
    )
    assert list(target.parent.iterdir()) == []


def test_without_any_address_the_ways_out_are_told(target: Path) -> None:
    """Both settings may be empty."""
    with pytest.raises(DownloadError, match=r"There is no address.*\nThree ways on"):
        fetch(target, DatasetConfig(repo_url="", mirror_url=""))


def test_the_same_address_is_asked_once(server: LoopbackServer, target: Path) -> None:
    """Where the mirror is the repository itself."""
    with pytest.raises(DownloadError, match="404"):
        fetch(target, settings(server, mirror=server.url + REPOSITORY + "/"))
    assert len(server.requests) == 1


def test_wrong_checksums_are_refused(server: LoopbackServer, target: Path) -> None:
    """Under a commit whose checksums are known, an intact archive with other files is an error."""
    address = f"{REPOSITORY}/archive/{FIRST_STATE}.zip"
    server.pages[address] = Page(GOOD)
    with pytest.raises(DownloadError) as caught:
        fetch(target, settings(server, revision=FIRST_STATE))
    assert f"the checksums are wrong: its 18 files are not those of version {FIRST_STATE}" in str(caught.value)
    assert PUBLISHED_STATES[FIRST_STATE].manifest_sha256 in str(caught.value)
    assert list(target.parent.iterdir()) == []


def test_the_default_revision_is_a_commit_with_known_checksums() -> None:
    """Nothing that moves is downloaded by default."""
    assert DatasetConfig().revision in PUBLISHED_STATES


def test_a_broken_download_is_continued_by_the_next_call(server: LoopbackServer, target: Path) -> None:
    """The target does not exist in between, and only the rest is transferred."""
    half = len(GOOD) // 2
    server.pages[ARCHIVE] = Page(GOOD, break_after=[half])
    with pytest.raises(DownloadError, match="broke off"):
        fetch(target, settings(server, mirror=""), attempts=1)
    assert not target.exists()
    fetch(target, settings(server, mirror=""))
    second = server.requests[1]
    assert 0 < int(second.headers["Range"].removeprefix("bytes=").removesuffix("-")) <= half
    assert second.sent < len(GOOD)
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("when", ["Downloading", "Unpacking"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing_half_made(
    when: str, error: type[BaseException], server: LoopbackServer, target: Path
) -> None:
    """Neither a target nor unpacked files; the archive stays, and what is there is not asked for again."""

    class Interrupting(Listener):
        @contextmanager
        def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:  # noqa: ARG002
            def advance(_: int) -> None:
                calls.append(description)
                if calls.count(when) == 3:
                    raise error

            yield advance

    calls: list[str] = []
    server.pages[ARCHIVE] = Page(GOOD)
    with pytest.raises(error):
        fetch(target, settings(server), progress=Interrupting())
    assert not target.exists()
    assert not list(target.parent.rglob("*.wav"))
    assert len(list(target.parent.rglob("*.part"))) == 1
    fetch(target, settings(server))
    assert sum(request.sent for request in server.requests) < 2 * len(GOOD)
    assert list(target.parent.iterdir()) == [target]


SCRIPT = """
import signal
import sys
from pathlib import Path
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs_release import bmd_hs_release
from heartprobe.data.download import fetch
from heartprobe.progress import SilentProgress

class Stopping(SilentProgress):
    def task(self, description, total, unit):
        if description == sys.argv[3]:
            print("there", flush=True)
            sys.stdin.read()
        return super().task(description, total, unit)

# Where the tests run in the background, a shell has told everybody to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
dataset = DatasetConfig(repo_url=sys.argv[2], mirror_url="", revision="main")
fetch(bmd_hs_release(dataset), Path(sys.argv[1]), progress=Stopping())
print("done", flush=True)
"""


def start(target: Path, server: LoopbackServer, stop_at: str) -> subprocess.Popen[str]:
    """Fetch in another process, which says `there` and waits when a task begins."""
    command = [sys.executable, "-c", SCRIPT, str(target), server.url + REPOSITORY, stop_at]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_leaves_nothing_half_made(how: int, server: LoopbackServer, target: Path) -> None:
    """Killed in the middle of the transfer; the next call continues."""
    half = len(GOOD) // 2
    server.pages[ARCHIVE] = Page(GOOD, stall_after=[half])
    process = start(target, server, "nothing")
    try:
        assert server.got_request.wait(20)
        while not any(path.stat().st_size for path in target.parent.rglob("*.part")):
            assert process.poll() is None
    finally:
        process.send_signal(how)
        process.communicate()
    assert process.returncode != 0
    assert not target.exists()
    fetch(target, settings(server))
    assert "Range" in server.requests[1].headers
    assert list(target.parent.iterdir()) == [target]
    assert len(read_bmd_hs(target, settings(server)).recordings) == 16


def test_what_a_killed_process_had_unpacked_is_removed(server: LoopbackServer, target: Path) -> None:
    """Files of an unfinished unpacking are never taken for the data set."""
    server.pages[ARCHIVE] = Page(GOOD)
    process = start(target, server, "Unpacking")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        work = target.with_name(".bmd-hs.download")
        (work / "unpacked" / "train").mkdir()
        (work / "unpacked" / "train" / "half.wav").write_bytes(b"RIFF")
    finally:
        process.kill()
        process.communicate()
    assert not target.exists()
    fetch(target, settings(server))
    assert len(server.requests) == 1
    assert "train/half.wav" not in below(target)
    assert list(target.parent.iterdir()) == [target]


def test_two_processes_at_once_do_no_harm(server: LoopbackServer, target: Path) -> None:
    """One downloads, the other waits and finds it done: one request in all."""
    server.pages[ARCHIVE] = Page(GOOD)
    first = start(target, server, "Unpacking")
    second = None
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "there\n"
        second = start(target, server, "Unpacking")
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1.5)
        assert "done" in first.communicate("", timeout=20)[0]
        assert "done" in second.communicate("", timeout=20)[0]
    finally:
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()
    assert len(server.requests) == 1
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("train/N_089_sit_Aor.wav", None, "1 of the 18 files .* missing or changed, such as train/N_089_sit_Aor.wav"),
        ("train.csv", b"patient_id\n", "1 of the 18 files .* such as train.csv"),
        ("MANIFEST.sha256", b"", "was changed after the download"),
        ("MANIFEST.sha256", b"nonsense", "cannot be read: 'nonsense'"),
        ("SOURCE.json", None, "cannot be read"),
        ("SOURCE.json", b"{}", "cannot be read"),
    ],
)
def test_a_damaged_download_is_told_and_left_alone(
    file: str, damage: bytes | None, message: str, server: LoopbackServer, target: Path
) -> None:
    """What was changed by hand is neither used unnoticed nor overwritten."""
    server.pages[ARCHIVE] = Page(GOOD)
    fetch(target, settings(server))
    (target / file).unlink()
    if damage is not None:
        (target / file).write_bytes(damage)
    before = below(target)
    with pytest.raises(DownloadError, match=message):
        fetch(target, settings(server))
    assert below(target) == before
    assert len(server.requests) == 1


def test_another_revision_is_not_taken_for_the_one_asked_for(server: LoopbackServer, target: Path) -> None:
    """A folder holds one revision."""
    server.pages[ARCHIVE] = Page(GOOD)
    fetch(target, settings(server))
    with pytest.raises(DownloadError, match=r"holds version main of BMD-HS, and not version v2 of BMD-HS\."):
        fetch(target, settings(server, revision="v2"))


def test_files_of_somebody_else_are_left_alone(server: LoopbackServer, target: Path) -> None:
    """A folder that was not downloaded is refused, and `--data-dir` is named."""
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(DownloadError, match=f"--data-dir {target}"):
        fetch(target, settings(server))
    assert below(target) == {"thesis.txt"}
    assert server.requests == []


def test_an_empty_folder_may_be_the_target(server: LoopbackServer, target: Path) -> None:
    """Also through a link."""
    server.pages[ARCHIVE] = Page(GOOD)
    target.mkdir()
    link = target.parent / "link"
    link.symlink_to(target)
    fetch(link, settings(server))
    assert (target / "train.csv").is_file()


def test_folders_above_the_target_are_made(server: LoopbackServer, target: Path) -> None:
    """However many are missing."""
    server.pages[ARCHIVE] = Page(GOOD)
    fetch(target / "a" / "b", settings(server))
    assert (target / "a" / "b" / "train.csv").is_file()


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_target_that_cannot_be_made_is_told(name: str, server: LoopbackServer, target: Path) -> None:
    """With the path and the reason, and before anything is transferred."""
    (target.parent / "file").write_text("")
    with pytest.raises(DownloadError, match="file"):
        fetch(target.parent / name, settings(server))
    assert server.requests == []


def test_a_disk_without_room_is_told_before_the_download(server: LoopbackServer, target: Path) -> None:
    """For a commit whose size is known, before the first request."""
    release = replace(bmd_hs_release(settings(server, revision=FIRST_STATE)), limits=Limits(spare_bytes=10**18))
    with pytest.raises(DownloadError, match="MB free"):
        fetch_release(release, target, progress=Listener())
    assert server.requests == []


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.com/a/b", "https://github.com/a/b/archive/v%201.zip"),
        ("https://github.com/a/b/", "https://github.com/a/b/archive/v%201.zip"),
        ("https://github.com/a/b.git", "https://github.com/a/b/archive/v%201.zip"),
        ("https://example.org/x.zip", "https://example.org/x.zip"),
        ("https://example.org/x.zip?a=b", "https://example.org/x.zip?a=b"),
    ],
)
def test_addresses(url: str, address: str) -> None:
    """Of a repository, its archive; of an archive, itself."""
    assert archive_address(url, "v 1") == address


def banded(files: dict[str, bytes]) -> dict[str, bytes]:
    """Derive the second published state from the first, as its tables show."""
    files = dict(files)
    files["train/MD_085_sit_Tri.wav"] = files.pop("train/MD_085_sit_Tri6_06.wav")
    unlabelled = "patient_022,N/A,N/A,N/A,N/A,N/A," + ",".join(f"MD_022_{p}" for p in POSITIONS) + "\n"
    files["train.csv"] = files["train.csv"].replace(b"patient_023,", unlabelled.encode() + b"patient_023,", 1)
    head, *rows = files["additional_metadata.csv"].decode().splitlines()
    lines = [head]
    for patient, age, rest in (row.split(",", 2) for row in rows):
        if patient == "patient_023":
            lines.append("patient_022,30-39,M,1,U")
        lines.append(f"{patient},{int(age) // 10}0-{int(age) // 10}9,{rest}")
    files["additional_metadata.csv"] = ("\n".join(lines) + "\n").encode()
    return files


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(("state", "revision"), [(FIRST_STATE, FIRST_STATE), (BANDED_STATE, "main")])
def test_the_published_files_have_the_known_checksums(
    state: str, revision: str, shared: Path, server: LoopbackServer, target: Path
) -> None:
    """The whole data set, served and fetched: verified, and 864 recordings of 108 patients can be read."""
    files = {}
    folder = shared / "data" / "bmd-hs"
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, content = path.relative_to(folder).with_suffix(".wav").as_posix(), io.BytesIO()
        if path.suffix == ".flac":
            samples, rate_hz = soundfile.read(path, dtype="int16")
            soundfile.write(content, samples, rate_hz, format="WAV", subtype="PCM_16")
            files[name] = content.getvalue()
        else:
            files[path.name] = path.read_bytes()
    if state == BANDED_STATE:
        files = banded(files)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for name, content_bytes in files.items():
            packed.writestr(f"BMD-HS-Dataset-{state}/{name}", content_bytes)
    server.pages[f"{REPOSITORY}/archive/{revision}.zip"] = Page(stream.getvalue())
    notes = fetch(target, settings(server, revision=revision)).notes
    assert (f"The files of version main are those of version {state}." in notes) == (revision == "main")
    assert json.loads((target / "SOURCE.json").read_text())["is_published"]
    recordings = read_bmd_hs(target, DatasetConfig())
    assert (len(recordings.recordings), len(recordings.patient_ids)) == (864, 108)
