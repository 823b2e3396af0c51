"""A release of a data set from its publisher or a mirror into a folder: whole and verified, or not at all.

Beside the target lie, while the work lasts, a hidden folder with the archives and the half-unpacked
files, and a lock. The target itself appears by one renaming, when everything in it is checked. What
an interruption leaves in the hidden folder is used (the archives) or removed (the files) next time.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from heartprobe.data.download.archive import Extracted, check_text, extract
from heartprobe.data.download.checksums import PublishedSums, check_md5, sha256_of
from heartprobe.data.download.disk_space import require_space
from heartprobe.data.download.finished import Source, is_finished, mark_finished
from heartprobe.data.download.manifest import manifest_digest
from heartprobe.data.download.source_error import SourceError
from heartprobe.data.download.transfer import Patience, discard, transfer
from heartprobe.data.download.work_folder import work_folder
from heartprobe.data.release import Archive, Release, TableFile
from heartprobe.errors import DownloadError
from heartprobe.progress import Progress

_DEFAULT_PATIENCE = Patience()


def fetch(release: Release, target: Path, *, progress: Progress, patience: Patience = _DEFAULT_PATIENCE) -> Path:
    """Download a data set into a folder, or recognise that it is there already.

    What the release names is kept, nothing else that an archive may hold. Beside it are written
    `MANIFEST.sha256` and `SOURCE.json`. Several processes may call this at once: one downloads, the
    others wait.

    Args:
        release: Where it is published, and what is kept.
        target: Folder to make; it may exist if it is empty or holds this very download.
        progress: Is told bytes, repetitions and which address is used.
        patience: Time-outs and repetitions.

    Returns:
        The target, with links resolved.

    Raises:
        DownloadError: If no address gives the data set, the target holds something else, or the
            files cannot be written.
    """
    target = target.resolve()
    try:
        if is_finished(target, release, progress):
            progress.note(f"{target} already holds {release.title}, unchanged since its download.")
            return target
        with work_folder(target, progress) as work:
            if not is_finished(target, release, progress):
                _Download(release, target, work, progress, patience).run()
                progress.note(release.terms)
    except OSError as error:
        raise DownloadError(
            f"{error.filename or target} cannot be read or written: {error.strerror or error}."
        ) from None
    return target


@dataclass(frozen=True, slots=True)
class _Download:
    """One release on its way into one folder, by way of a work folder of its own."""

    release: Release
    target: Path
    work: Path
    progress: Progress
    patience: Patience

    def run(self) -> None:
        """Try one address after the other, and move what the first good one gives to the target."""
        if self.release.n_bytes:
            require_space(self.work, self.release.n_bytes, spare_bytes=self.release.limits.spare_bytes)
        reasons: dict[str, str] = {}
        for address in self.release.addresses:
            if reasons:
                self.progress.note(f"{list(reasons)[-1]}: {list(reasons.values())[-1]}. Trying {address}.")
            try:
                self._fetch_from(address)
            except SourceError as error:
                reasons[address] = str(error)
            else:
                return
        raise DownloadError(_nothing_worked(self.release, reasons))

    def _fetch_from(self, address: str) -> None:
        parts = []
        for file in self.release.files:
            with _naming(file):
                parts.append(self._transfer(address + file.name))
        unpacked = self.work / "unpacked"
        unpacked.mkdir()
        try:
            taken = [_take(file, part, unpacked, self.release, self.progress) for file, part in self._pairs(parts)]
            digests = {name: digest for one in taken for name, digest in one.digests.items()}
            commit = next((one.commit for one in taken if one.commit is not None), None)
            is_verified = self._has_published_sums(parts, taken) or self._is_known(digests, commit)
        except SourceError:
            # Continuing a wrong file would give the same again.
            for part in parts:
                discard(part)
            shutil.rmtree(unpacked)
            raise
        release = self.release
        source = Source(release.title, release.version, address, commit, manifest_digest(digests), is_verified)
        mark_finished(unpacked, digests, source)
        if self.target.exists():
            self.target.rmdir()
        unpacked.rename(self.target)
        self.progress.note(f"{len(digests)} files of {release.title} from {address} are in {self.target}.")

    def _pairs(self, parts: Iterable[Path]) -> Iterable[tuple[TableFile | Archive, Path]]:
        return zip(self.release.files, parts, strict=True)

    def _transfer(self, address: str) -> Path:
        part = self.work / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
        limits = self.release.limits
        transfer(
            address,
            part,
            max_bytes=limits.archive_bytes,
            spare_bytes=limits.spare_bytes,
            progress=self.progress,
            patience=self.patience,
        )
        return part

    def _has_published_sums(self, parts: Sequence[Path], taken: Sequence[Extracted]) -> bool:
        """Compare with the list that the publisher keeps; return whether everything is in it.

        Raises:
            SourceError: If something is in it with another checksum.
        """
        if not self.release.sums:
            return False
        try:
            part = self._transfer(self.release.sums)
            sums = PublishedSums.read(part)
            discard(part)
        except SourceError as error:
            self.progress.note(f"{self.release.sums}: {error}. The files were only found to be undamaged.")
            return False
        unlisted = [
            name
            for (file, part), one in zip(self._pairs(parts), taken, strict=True)
            for name in sums.unlisted(file.name, part, one.digests)
        ]
        if unlisted:
            self.progress.note(
                f"{self.release.sums} does not list {len(unlisted)} of the files, such as {unlisted[0]}."
            )
        return not unlisted

    def _is_known(self, digests: Mapping[str, str], commit: str | None) -> bool:
        """Compare with the known states; return whether the files are those of one of them.

        Raises:
            SourceError: If the version is a known one and the files are not its files.
        """
        release, found = self.release, manifest_digest(digests)
        known = next((version for version, digest in release.manifests.items() if digest == found), None)
        expected = release.manifests.get(release.version)
        if expected is not None and known != release.version:
            whose = f"those of version {known}" if known else f"others (their manifest has SHA-256 {found})"
            raise SourceError(
                f"the checksums are wrong: its {len(digests)} files are not those of version {release.version} "
                f"(SHA-256 {expected}) but {whose}"
            )
        if known is None and not release.sums:
            self.progress.note(
                f"No checksums are known for version {release.version} of {release.title}: the files were only found "
                f"to be undamaged" + (f"; they are of commit {commit}." if commit else ".")
            )
        elif known not in (None, release.version):
            self.progress.note(f"The files of version {release.version} are those of version {known}.")
        return known is not None


def _take(file: TableFile | Archive, part: Path, unpacked: Path, release: Release, progress: Progress) -> Extracted:
    """Bring what is kept of one file of the release below the folder.

    Raises:
        SourceError: If the file is damaged, hostile, too large or not of this data set.
    """
    with _naming(file):
        check_md5(part, file.md5)
        if isinstance(file, Archive):
            folder = unpacked / file.into
            folder.mkdir(parents=True, exist_ok=True)
            extracted = extract(part, folder, file, limits=release.limits, progress=progress)
            digests = {str(PurePosixPath(file.into, name)): digest for name, digest in extracted.digests.items()}
            return Extracted(digests, extracted.commit)
        check_text(part)
        shutil.copyfile(part, unpacked / file.name)
        return Extracted({file.name: sha256_of(part)}, None)


@contextmanager
def _naming(file: TableFile | Archive) -> Iterator[None]:
    """Say of which file of the release an error is."""
    try:
        yield
    except SourceError as error:
        raise SourceError(f"{file.name}: {error}" if file.name else str(error)) from None


def _nothing_worked(release: Release, reasons: Mapping[str, str]) -> str:
    tried = [f"  {address}: {reason}." for address, reason in reasons.items()]
    could_not = f"{release.title} could not be downloaded from any address:"
    return "\n".join(
        [could_not if tried else f"There is no address to load {release.title} from.", *tried, release.ways_out]
    )
