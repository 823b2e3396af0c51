"""What is taken out of archives that are good, damaged, of something else, or hostile."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from heartprobe.data.download.archive import Extracted, extract
from heartprobe.data.download.source_error import SourceError
from heartprobe.data.release import Archive, Limits
from heartprobe.errors import DownloadError
from listener import Listener

TABLES = ("train.csv", "additional_metadata.csv")
GOOD = {
    "BMD-HS-Dataset-main/train.csv": b"patient_id,N\n",
    "BMD-HS-Dataset-main/additional_metadata.csv": b"patient_id,Age\n",
    "BMD-HS-Dataset-main/train/N_089_sit_Aor.wav": b"RIFF" + bytes(40),
    "BMD-HS-Dataset-main/train/N_089_sit_Mit.wav": b"RIFF" + bytes(41),
}
LIMITS = Limits(spare_bytes=0)


def packed(files: Mapping[str, bytes], *, how: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", how) as archive:
        warnings.simplefilter("ignore", UserWarning)  # the names that stand there twice on purpose
        for name, content in files.items():
            archive.writestr(name, content)
        archive.comment = comment
    return stream.getvalue()


def unpack(content: bytes, tmp_path: Path, *, limits: Limits = LIMITS, tables: tuple[str, ...] = TABLES) -> Extracted:
    (tmp_path / "archive.part").write_bytes(content)
    target = tmp_path / "deep" / "unpacked"
    target.mkdir(parents=True)
    return extract(tmp_path / "archive.part", target, Archive(tables=tables), limits=limits, progress=Listener())


def written(tmp_path: Path) -> list[str]:
    """Everything below the test's folder except the archive itself."""
    files = (path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_dir())
    return sorted(name for name in files if name != "archive.part")


def test_the_tables_and_recordings_are_taken_out(tmp_path: Path) -> None:
    """Below the root of the data set, with the SHA-256 of each."""
    extracted = unpack(packed(GOOD), tmp_path)
    assert written(tmp_path) == [
        "deep/unpacked/additional_metadata.csv",
        "deep/unpacked/train.csv",
        "deep/unpacked/train/N_089_sit_Aor.wav",
        "deep/unpacked/train/N_089_sit_Mit.wav",
    ]
    assert (tmp_path / "deep/unpacked/train/N_089_sit_Mit.wav").read_bytes() == b"RIFF" + bytes(41)
    assert extracted.digests["train.csv"] == hashlib.sha256(b"patient_id,N\n").hexdigest()
    assert extracted.commit is None


def test_nothing_else_is_taken_out(tmp_path: Path) -> None:
    """Neither the spreadsheet with names nor anything that is not a table or a recording."""
    more = {
        "BMD-HS-Dataset-main/eco.xlsx": b"names",
        "BMD-HS-Dataset-main/train/eco.xlsx": b"names",
        "BMD-HS-Dataset-main/README.md": b"",
        "BMD-HS-Dataset-main/other.csv": b"",
        "BMD-HS-Dataset-main/setup.py": b"",
        "BMD-HS-Dataset-main/train/": b"",
        "BMD-HS-Dataset-main/.git/x.wav": b"",
        "__MACOSX/train/._N_089_sit_Aor.wav": b"",
    }
    assert len(unpack(packed(GOOD | more), tmp_path).digests) == 4
    assert len(written(tmp_path)) == 4


def test_the_commit_is_read_from_the_comment(tmp_path: Path) -> None:
    """As `git archive` writes it."""
    assert unpack(packed(GOOD, comment=b"0123456789" * 4), tmp_path).commit == "0123456789" * 4


@pytest.mark.parametrize("prefix", ["", "a/b/c/"])
def test_the_data_set_may_lie_anywhere_in_the_archive(prefix: str, tmp_path: Path) -> None:
    """Directly, or below several folders."""
    files = {name.replace("BMD-HS-Dataset-main/", prefix): content for name, content in GOOD.items()}
    assert "train/N_089_sit_Aor.wav" in unpack(packed(files), tmp_path).digests


def test_tables_may_have_other_names_and_folders(tmp_path: Path) -> None:
    """As the settings say."""
    files = {"x/tables/labels.csv": b"", "x/tables/people.csv": b"", "x/audio_files/a.WAV": b""}
    extracted = unpack(packed(files), tmp_path, tables=("tables/labels.csv", "people.csv"))
    assert list(extracted.digests) == ["audio_files/a.WAV", "tables/labels.csv", "tables/people.csv"]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.wav",
        "train/../../evil.wav",
        "/evil.wav",
        "//server/evil.wav",
        "C:/evil.wav",
        "C:evil.wav",
        "..\\evil.wav",
        "train\\evil.wav",
        "./evil.wav",
        "train//evil.wav",
        "train/ev\nil.wav",
        "train/ev\u202eil.wav",
        "..",
        "../",
    ],
)
def test_names_that_could_escape_are_refused(name: str, tmp_path: Path) -> None:
    """The whole archive is, before anything is written."""
    with pytest.raises(SourceError, match="unsafe name"):
        unpack(packed(GOOD | {name: b"evil"}), tmp_path)
    assert written(tmp_path) == []


def test_a_name_with_a_hidden_end_is_refused(tmp_path: Path) -> None:
    """A zero byte would cut the name for some readers."""
    content = packed(GOOD | {"train/evil.wavX.txt": b""}).replace(b"evil.wavX.txt", b"evil.wav\x00.txt")
    with pytest.raises(SourceError, match="unsafe name"):
        unpack(content, tmp_path)
    assert written(tmp_path) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int, tmp_path: Path) -> None:
    """A link named like a recording, to a file outside."""
    stream = io.BytesIO(packed(GOOD))
    with zipfile.ZipFile(stream, "a") as archive:
        entry = zipfile.ZipInfo("BMD-HS-Dataset-main/train/link.wav")
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(SourceError, match=r"train/link\.wav is not a plain file"):
        unpack(stream.getvalue(), tmp_path)
    assert written(tmp_path) == []


@pytest.mark.parametrize("name", ["train/N_089_sit_Aor.wav", "train/N_089_SIT_aor.wav", "TRAIN/N_089_sit_Aor.wav"])
def test_names_that_stand_there_twice_are_refused(name: str, tmp_path: Path) -> None:
    """Also where some systems alone take them for one."""
    stream = io.BytesIO(packed(GOOD))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a") as archive:
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(f"BMD-HS-Dataset-main/{name}", b"other")
    with pytest.raises(SourceError, match="twice"):
        unpack(stream.getvalue(), tmp_path)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    """A file of 65 MiB that packs to 64 kB."""
    content = packed(GOOD | {"BMD-HS-Dataset-main/train/bomb.wav": bytes(65 * 2**20)})
    assert len(content) < 100_000
    with pytest.raises(SourceError, match=r"train/bomb\.wav it unpacks to more than is accepted"):
        unpack(content, tmp_path)
    assert written(tmp_path) == []


def test_many_small_bombs_are_refused_together(tmp_path: Path) -> None:
    """The total counts, too."""
    files = {f"BMD-HS-Dataset-main/train/{i}.wav": bytes(1000) for i in range(11)}
    with pytest.raises(SourceError, match="more than is accepted"):
        unpack(packed(GOOD | files), tmp_path, limits=replace(LIMITS, total_bytes=10_000))


def test_a_bomb_with_a_lying_header_is_stopped(tmp_path: Path) -> None:
    """A megabyte that claims to be 11 bytes is cut off there, and is an error."""
    files = GOOD | {"BMD-HS-Dataset-main/train/A.wav": bytes(2**20)}
    content = packed(files).replace(struct.pack("<I", 2**20), struct.pack("<I", 11))
    with pytest.raises(SourceError, match=r"damaged: Bad CRC-32 for file .*A\.wav"):
        unpack(content, tmp_path)
    assert sum(path.stat().st_size for path in (tmp_path / "deep").rglob("*.wav")) <= 11


def test_a_file_shorter_than_its_header_says_is_refused(tmp_path: Path) -> None:
    """Even where the checksum fits."""
    size = 77_777
    content = packed(GOOD | {"BMD-HS-Dataset-main/train/A.wav": bytes(size)})
    content = content.replace(struct.pack("<I", size), struct.pack("<I", size + 1))
    with pytest.raises(SourceError, match="has 77777 of 77778 bytes"):
        unpack(content, tmp_path)


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    """However small they are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for i in range(10_001):
            archive.writestr(zipfile.ZipInfo(f"{i}.wav"), b"")
    with pytest.raises(SourceError, match="lists 10001 entries"):
        unpack(stream.getvalue(), tmp_path)
    assert written(tmp_path) == []


def test_a_hundred_thousand_entries_are_refused_before_their_list_is_read(tmp_path: Path) -> None:
    """Although the archive claims to have four."""
    content = packed(GOOD)
    first = content.index(b"PK\x01\x02")
    entry = content[first : content.index(b"PK\x01\x02", first + 4)]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 4, 4, 100_000 * len(entry), first, 0)
    with pytest.raises(SourceError, match=f"its list of entries has {100_000 * len(entry)} bytes"):
        unpack(content[:first] + 100_000 * entry + end, tmp_path)
    assert written(tmp_path) == []


def test_the_number_of_entries_is_counted(tmp_path: Path) -> None:
    """Whatever the archive claims at its end."""
    content = packed(GOOD | {f"{i}.txt": b"" for i in range(20)})
    at = content.rindex(b"PK\x05\x06")
    lying = content[: at + 8] + struct.pack("<HH", 1, 1) + content[at + 12 :]
    with pytest.raises(SourceError, match="lists 24 entries"):
        unpack(lying, tmp_path, limits=replace(LIMITS, entries=23))


def test_zip64_is_refused(tmp_path: Path) -> None:
    """Its second record could name a list of any length."""
    content = packed(GOOD)
    at = content.rindex(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    with pytest.raises(SourceError, match="zip64"):
        unpack(content[:at] + locator + content[at:], tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!DOCTYPE html><html>Log in to this network</html>", "a web page"),
        (b"\n <html></html>", "a web page"),
        (b"", "not a zip archive"),
        (b"PK", "not a zip archive"),
        (b"\x1f\x8b" + bytes(1000), "not a zip archive"),
        (packed(GOOD)[:-1], "its end is missing"),
        (packed(GOOD)[:200], "its end is missing"),
        (packed({}), "not a zip archive|holds no"),
        (packed(GOOD, how=zipfile.ZIP_STORED).replace(bytes(41), bytes(40) + b"!"), "damaged: Bad CRC-32"),
        (packed(GOOD, how=zipfile.ZIP_BZIP2), "packed in an unusual way"),
    ],
)
def test_what_is_no_intact_archive_is_told(content: bytes, reason: str, tmp_path: Path) -> None:
    """With what is wrong about it."""
    with pytest.raises(SourceError, match=reason):
        unpack(content, tmp_path)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a/readme.txt": b"", "a/x.wav": b""}, r"holds no train\.csv"),
        ({n: c for n, c in GOOD.items() if "metadata" not in n}, r"holds no additional_metadata\.csv"),
        ({n: c for n, c in GOOD.items() if ".wav" not in n}, r"holds no file called \*\.wav"),
        (GOOD | {"BMD-HS-Dataset-main/old/train.csv": b""}, r"holds 2 files named train\.csv"),
    ],
)
def test_another_data_set_is_told(files: dict[str, bytes], reason: str, tmp_path: Path) -> None:
    """By what it lacks, before anything is written."""
    with pytest.raises(SourceError, match=reason):
        unpack(packed(files), tmp_path)
    assert written(tmp_path) == []


def test_an_encrypted_archive_is_told(tmp_path: Path) -> None:
    """There is no password to ask for."""
    content = bytearray(packed(GOOD))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(SourceError, match="encrypted"):
        unpack(bytes(content), tmp_path)


def test_a_full_disk_is_told_before_unpacking(tmp_path: Path) -> None:
    """As an error of this machine."""
    with pytest.raises(DownloadError, match="MB free"):
        unpack(packed(GOOD), tmp_path, limits=replace(LIMITS, spare_bytes=10**18))
    assert written(tmp_path) == []


def test_damage_of_any_kind_ends_in_one_sentence(tmp_path: Path) -> None:
    """Two hundred archives with changed or missing bytes: unpacked with the right bytes, or refused."""
    good = packed(GOOD | {"BMD-HS-Dataset-main/train/é.wav": bytes(range(256))}, comment=b"0" * 40)
    rng = random.Random(20240903)
    known = {hashlib.sha256(content).hexdigest() for content in [*GOOD.values(), bytes(range(256))]}
    refused = 0
    for _ in range(200):
        damaged = bytearray(good)
        for _ in range(rng.choice([1, 1, 2, 5])):
            damaged[rng.randrange(len(damaged))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        if rng.random() < 0.2:
            damaged = damaged[: rng.randrange(len(damaged))]
        try:
            extracted = unpack(bytes(damaged), tmp_path)
        except SourceError:
            refused += 1
        else:
            assert set(extracted.digests.values()) <= known
        shutil.rmtree(tmp_path / "deep")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.part"]
    assert refused > 120
