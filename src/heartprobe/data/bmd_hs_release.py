"""Where BMD-HS is downloaded from, and the states of it whose checksums are known.

Ali et al. 2026, doi:10.1016/j.cmpbup.2026.100237 (preprint arXiv:2409.00724). The same 872
recordings have been published with changing tables; `docs/download.md` tells what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.release import Archive, Release


@dataclass(frozen=True, slots=True)
class PublishedState:
    """One state of the data set.

    Attributes:
        description: What tells it from the others.
        manifest_sha256: SHA-256 of the manifest over its 872 recordings and two tables.
    """

    description: str
    manifest_sha256: str


#: Size of the recordings and tables in bytes, the same in every state to within some hundred bytes.
PUBLISHED_BYTES = 139_500_000

#: By commit of the repository `sani002/BMD-HS-Dataset`.
PUBLISHED_STATES = {
    # From a complete copy of the files.
    "a89501918529b7bb8ee32758e7b6c7e769fd24e2": PublishedState(
        description="the first complete state: ages in years, 108 patients in the tables, one misnamed recording",
        manifest_sha256="64f91dd31aed3867beeeac04d980d0a3f429719066f2d43d4453b17c66616e06",
    ),
    # From the tables of commit 98906f24, the last that changed them, and the recordings of the
    # first state under the corrected name.
    "4745751855d15ff5fc9aaed29c32ad3ec7a5d409": PublishedState(
        description="ages in bands of ten years, patient_022 in the tables without labels, no misnamed recording",
        manifest_sha256="dd2d2700fc9a80440e2eb81e7193c62668fdd5b2f978b3a382a1ed580b611426",
    ),
}


def bmd_hs_release(dataset: DatasetConfig) -> Release:
    """Return the release that the settings name.

    Args:
        dataset: `repo_url`, `mirror_url` and `revision` say where from, `train_csv` and `metadata_csv`
            name the tables.
    """
    urls = [url for url in (dataset.repo_url, dataset.mirror_url) if url]
    return Release(
        title="BMD-HS",
        version=dataset.revision,
        addresses=tuple(dict.fromkeys(archive_address(url, dataset.revision) for url in urls)),
        # Not the spreadsheet with the names of patients that the repository has held.
        files=(Archive(kept=("*.wav",), tables=(dataset.train_csv, dataset.metadata_csv)),),
        terms="BMD-HS: Ali et al. 2026, doi:10.1016/j.cmpbup.2026.100237. Its repository states the licence "
        "CC BY-NC-ND 4.0 (no commercial use, no sharing of changed copies).",
        ways_out="Three ways on: give the folder of a copy that you have with --data-dir DIR; name another address, a "
        "repository or a .zip file, with --set dataset.mirror_url=ADDRESS; or run `heartprobe demo`, which needs no "
        "download.",
        n_bytes=2 * PUBLISHED_BYTES if dataset.revision in PUBLISHED_STATES else 0,
        manifests={commit: state.manifest_sha256 for commit, state in PUBLISHED_STATES.items()},
    )


def archive_address(repository: str, revision: str) -> str:
    """Return the address of the zip archive of a repository; an address of a `.zip` file is taken as it is.

    >>> archive_address("https://github.com/mHealthBuet/BMD-HS-Dataset/", "main")
    'https://github.com/mHealthBuet/BMD-HS-Dataset/archive/main.zip'
    """
    repository = repository.rstrip("/").removesuffix(".git")
    if urlsplit(repository).path.lower().endswith(".zip"):
        return repository
    return f"{repository}/archive/{quote(revision)}.zip"
