"""Recordings whose label is the name of the folder that they lie in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from heartprobe.data.folder import DataFolder
from heartprobe.data.recordings import Finding


def sort_by_class(files: DataFolder, class_of: Callable[[str], str | None]) -> tuple[dict[Path, str], list[Finding]]:
    """Find the class of every recording: that of the nearest folder above it that is called after one.

    Args:
        files: The recordings that are there.
        class_of: The class that a folder name stands for, or `None`.

    Returns:
        The class of each file, and a finding `unlisted` for every file in no class folder.
    """
    classes: dict[Path, str] = {}
    findings: list[Finding] = []
    for paths in files.audio.values():
        for path in paths:
            above = reversed(path.relative_to(files.path).parts[:-1])
            found = next((name for folder in above if (name := class_of(folder)) is not None), None)
            if found is None:
                detail = "It lies in no folder that is called after a class, so it has no label and is not used."
                findings.append(Finding("unlisted", files.relative(path), detail))
            else:
                classes[path] = found
    return classes, findings
