"""BMD-HS from its repository or a mirror into a folder: whole and verified, or not at all.

Beside the target lie, while the work lasts, a hidden folder with the archive and the half-unpacked
files, and a lock. The target itself appears by one renaming, when everything in it is checked. What
an interruption leaves in the hidden folder is used (the archive) or removed (the files) next time.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.download.archive import Extracted, Limits, extract
from heartprobe.data.download.disk_space import require_space
from heartprobe.data.download.finished import Source, is_finished, mark_finished
from heartprobe.data.download.lock import exclusive
from heartprobe.data.download.manifest import manifest_digest
from heartprobe.data.download.published import PUBLISHED_BYTES, PUBLISHED_STATES, TERMS, state_name
from heartprobe.data.download.source_error import SourceError
from heartprobe.data.download.transfer import Patience, discard, transfer
from heartprobe.errors import DownloadError
from heartprobe.progress import Progress

_DEFAULT_PATIENCE = Patience()
_DEFAULT_LIMITS = Limits()


def fetch_bmd_hs(
    target: Path,
    dataset: DatasetConfig,
    *,
    progress: Progress,
    patience: Patience = _DEFAULT_PATIENCE,
    limits: Limits = _DEFAULT_LIMITS,
) -> Path:
    """Download BMD-HS into a folder, or recognise that it is there already.

    The two tables and the recordings are kept, nothing else that the archive may hold. Beside them
    are written `MANIFEST.sha256` and `SOURCE.json`. Several processes may call this at once: one
    downloads, the others wait.

    Args:
        target: Folder to make; it may exist if it is empty or holds this very download.
        dataset: `repo_url`, `mirror_url` and `revision` say where from, `train_csv` and
            `metadata_csv` name the tables.
        progress: Is told bytes, repetitions and which address is used.
        patience: Time-outs and repetitions.
        limits: How large anything may be.

    Returns:
        The target, with links resolved.

    Raises:
        DownloadError: If no address gives the data set, the target holds something else, or the
            files cannot be written.
    """
    target = target.resolve()
    try:
        if is_finished(target, dataset.revision, progress):
            progress.note(f"{target} already holds BMD-HS, unchanged since its download.")
            return target
        with _work_folder(target, progress) as work:
            if not is_finished(target, dataset.revision, progress):
                _download(target, work, dataset, progress, patience, limits)
                progress.note(TERMS)
    except OSError as error:
        raise DownloadError(
            f"{error.filename or target} cannot be read or written: {error.strerror or error}."
        ) from None
    return target


def archive_address(repository: str, revision: str) -> str:
    """Return the address of the zip archive of a repository; an address of a `.zip` file is taken as it is.

    >>> archive_address("https://github.com/mHealthBuet/BMD-HS-Dataset/", "main")
    'https://github.com/mHealthBuet/BMD-HS-Dataset/archive/main.zip'
    """
    repository = repository.rstrip("/").removesuffix(".git")
    if urlsplit(repository).path.lower().endswith(".zip"):
        return repository
    return f"{repository}/archive/{quote(revision)}.zip"


def _download(
    target: Path, work: Path, dataset: DatasetConfig, progress: Progress, patience: Patience, limits: Limits
) -> None:
    """Try one address after the other, and move what the first good one gives to the target."""
    if dataset.revision in PUBLISHED_STATES:
        require_space(work, 2 * PUBLISHED_BYTES, spare_bytes=limits.spare_bytes)
    urls = dict.fromkeys(url for url in (dataset.repo_url, dataset.mirror_url) if url)
    reasons: dict[str, str] = {}
    for address in dict.fromkeys(archive_address(url, dataset.revision) for url in urls):
        if reasons:
            progress.note(f"{list(reasons)[-1]}: {list(reasons.values())[-1]}. Trying {address}.")
        try:
            _fetch_from(address, target, work, dataset, progress, patience, limits)
        except SourceError as error:
            reasons[address] = str(error)
        else:
            return
    raise DownloadError(_nothing_worked(reasons))


def _fetch_from(
    address: str,
    target: Path,
    work: Path,
    dataset: DatasetConfig,
    progress: Progress,
    patience: Patience,
    limits: Limits,
) -> None:
    part = work / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
    transfer(
        address,
        part,
        max_bytes=limits.archive_bytes,
        spare_bytes=limits.spare_bytes,
        progress=progress,
        patience=patience,
    )
    unpacked = work / "unpacked"
    try:
        unpacked.mkdir()
        extracted = extract(
            part, unpacked, tables=(dataset.train_csv, dataset.metadata_csv), limits=limits, progress=progress
        )
        is_published = _check_state(extracted, dataset.revision, progress)
    except SourceError:
        # Continuing a wrong archive would give the same again.
        discard(part)
        shutil.rmtree(unpacked)
        raise
    source = Source(address, dataset.revision, extracted.commit, manifest_digest(extracted.digests), is_published)
    mark_finished(unpacked, extracted.digests, source)
    if target.exists():
        target.rmdir()
    unpacked.rename(target)
    progress.note(f"{len(extracted.digests)} files of BMD-HS from {address} are in {target}.")


def _check_state(extracted: Extracted, revision: str, progress: Progress) -> bool:
    """Compare with the published checksums; return whether the files are known to have been published.

    Raises:
        SourceError: If the revision is a known one and the files are not its files.
    """
    found = manifest_digest(extracted.digests)
    known = state_name(found)
    if (expected := PUBLISHED_STATES.get(revision)) is not None and known != revision:
        whose = f"those of commit {known}" if known else f"others (their manifest has SHA-256 {found})"
        raise SourceError(
            f"the checksums are wrong: its {len(extracted.digests)} files are not those of commit {revision} "
            f"(SHA-256 {expected.manifest_sha256}) but {whose}"
        )
    if known is None:
        progress.note(
            f"No checksums are known for dataset.revision={revision}: the files were only found to be undamaged"
            + (f"; they are of commit {extracted.commit}." if extracted.commit else ".")
        )
    elif known != revision:
        progress.note(f"The files of dataset.revision={revision} are those of commit {known}.")
    return known is not None


def _nothing_worked(reasons: dict[str, str]) -> str:
    tried = [f"  {address}: {reason}." for address, reason in reasons.items()]
    return "\n".join(
        [
            "BMD-HS could not be downloaded from any address:" if tried else "There is no address to load BMD-HS from.",
            *tried,
            "Three ways on: give the folder of a copy that you have with --data-dir DIR; name another address, a "
            "repository or a .zip file, with --set dataset.mirror_url=ADDRESS; or run `heartprobe demo`, which needs "
            "no download.",
        ]
    )


@contextmanager
def _work_folder(target: Path, progress: Progress) -> Iterator[Path]:
    """Yield the hidden folder beside the target that this process alone may use.

    It stays only if the block fails and a started archive is in it.
    """
    work = target.with_name(f".{target.name}.download")
    target.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(
        target.with_name(f".{target.name}.lock"),
        on_wait=lambda: progress.note(f"Another process is downloading to {target}; waiting for it."),
    ):
        work.mkdir(exist_ok=True)
        shutil.rmtree(work / "unpacked", ignore_errors=True)
        try:
            yield work
        except BaseException:
            shutil.rmtree(work / "unpacked", ignore_errors=True)
            if not any(work.iterdir()):
                work.rmdir()
            raise
        shutil.rmtree(work)
