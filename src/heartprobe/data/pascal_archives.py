"""PASCAL as its authors publish it: one archive for each class, without a table.

The names of the folders that the archives unpack to are those that users report; `Training B Normal`
is what `Btraining_normal.zip` holds, and the archive and the folder of extra sounds (`extrahs`,
`extrahls`) and extra beats (`extrasystole`, `extrastole`) differ. So either name of each is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heartprobe.data.class_folders import sort_by_class
from heartprobe.data.faults import Faults
from heartprobe.data.folder import DataFolder
from heartprobe.data.pascal_listing import ARTIFACT, SITE_A, SITE_B, Listing, group_of


@dataclass(frozen=True, slots=True)
class ArchiveFolder:
    """What a folder says of its recordings.

    Attributes:
        site: The set.
        label: Their class, as the tables of the other layout call it; empty where it is unknown.
        prefix: What the names of the other layout begin with.
        is_noisy: Whether the authors call them noisy.
    """

    site: str
    label: str
    prefix: str
    is_noisy: bool = False


_EXTRA_SOUND = ArchiveFolder(SITE_A, "extrahls", "extrahls")
_EXTRA_BEAT = ArchiveFolder(SITE_B, "extrastole", "extrastole")
_NORMAL_B = ArchiveFolder(SITE_B, "normal", "normal")

#: The archives, without `.zip`.
ARCHIVES = (
    "Atraining_normal",
    "Atraining_murmur",
    "Atraining_extrahs",
    "Atraining_artifact",
    "Aunlabelledtest",
    "Btraining_normal",
    "Btraining_murmur",
    "Btraining_extrasystole",
    "Bunlabelledtest",
)

#: The folders that they unpack to, and those of their own names.
ARCHIVE_FOLDERS: Mapping[str, ArchiveFolder] = {
    "Atraining_normal": ArchiveFolder(SITE_A, "normal", "normal"),
    "Atraining_murmur": ArchiveFolder(SITE_A, "murmur", "murmur"),
    "Atraining_extrahls": _EXTRA_SOUND,
    "Atraining_extrahs": _EXTRA_SOUND,
    "Atraining_artifact": ArchiveFolder(SITE_A, ARTIFACT, ARTIFACT),
    "Aunlabelledtest": ArchiveFolder(SITE_A, "", "Aunlabelledtest"),
    "Training B Normal": _NORMAL_B,
    "Btraining_normal": _NORMAL_B,
    "Btraining_noisynormal": ArchiveFolder(SITE_B, "normal", "normal_noisynormal", is_noisy=True),
    "Btraining_murmur": ArchiveFolder(SITE_B, "murmur", "murmur"),
    "Btraining_noisymurmur": ArchiveFolder(SITE_B, "murmur", "murmur_noisymurmur", is_noisy=True),
    "Btraining_extrastole": _EXTRA_BEAT,
    "Btraining_extrasystole": _EXTRA_BEAT,
    "Bunlabelledtest": ArchiveFolder(SITE_B, "", "Bunlabelledtest"),
}


def list_archives(files: DataFolder, listing: Listing, faults: Faults) -> DataFolder:
    """List every recording in a folder of an unpacked archive, under the name that it has in the other layout.

    Args:
        files: What lies there.
        listing: Is added to.
        faults: Where names without the number of a person are collected.

    Returns:
        The recordings by those names.
    """
    folders, strays = sort_by_class(files, lambda folder: folder if folder in ARCHIVE_FOLDERS else None)
    listing.findings.extend(strays)
    named = [(f"{ARCHIVE_FOLDERS[folder].prefix}_{path.stem}", path) for path, folder in folders.items()]
    for recording_id, path in named:
        if recording_id in listing.names:
            continue  # Of two files with one name none is used, which the matching of files says.
        folder = ARCHIVE_FOLDERS[folders[path]]
        if group_of(recording_id, folder.site) is None and folder.label:
            expected = "a name with the number of a person and a time, such as 127_1306764300147_C2"
            faults.add_text(files.relative(path), path.stem, expected)
        noise = f"It lies in {folders[path]}, so its authors call it noisy" if folder.is_noisy else None
        listing.add(recording_id, folder.site, folder.label, noise=noise)
    for site in (SITE_A, SITE_B):
        listing.note_left_out(
            site, {recording_id for recording_id, path in named if ARCHIVE_FOLDERS[folders[path]].site == site}
        )
    return files.renamed(named)
