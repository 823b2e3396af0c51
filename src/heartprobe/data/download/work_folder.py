"""Where a download lies while it is unfinished."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heartprobe.data.download.lock import exclusive
from heartprobe.progress import Progress


@contextmanager
def work_folder(target: Path, progress: Progress) -> Iterator[Path]:
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
