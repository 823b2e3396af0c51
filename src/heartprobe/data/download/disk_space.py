"""Whether the disk has room for what is to be written."""

from __future__ import annotations

import shutil
from pathlib import Path

from heartprobe.errors import DownloadError


def require_space(folder: Path, n_bytes: int, *, spare_bytes: int) -> None:
    """Raise unless `n_bytes` fit on the disk of `folder` and `spare_bytes` remain free.

    Raises:
        DownloadError: If they do not.
    """
    free = shutil.disk_usage(folder).free
    if free < n_bytes + spare_bytes:
        raise DownloadError(
            f"The disk of {folder} has {free / 1e6:.0f} MB free, but {(n_bytes + spare_bytes) / 1e6:.0f} MB are "
            "needed. Make room, or name a folder on another disk."
        )
