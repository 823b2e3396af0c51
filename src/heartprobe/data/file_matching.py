"""Which file holds which listed recording."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from heartprobe.data.corrections import Correction
from heartprobe.data.folder import DataFolder
from heartprobe.data.recordings import Finding


def match_files(
    folder: DataFolder, wanted: Sequence[str], left_out: Collection[str], corrections: Sequence[Correction]
) -> tuple[dict[str, Path], list[Finding]]:
    """Find the file of every wanted recording by its name.

    Args:
        folder: The files that are there.
        wanted: Recordings to be found.
        left_out: Recordings that are listed but must not be used; their files are no surprise.
        corrections: Files that stand for a recording of another name.

    Returns:
        The file of each recording that has exactly one, and findings: `missing`, `ambiguous`
        (several files), `misnamed` (a correction was applied) and `unlisted` (a file that no
        recording is listed for; it is not used).
    """
    files = dict(folder.audio)
    listed = {*wanted, *left_out}
    findings = _correct(files, listed, corrections)
    unlisted = {stem: paths for stem, paths in files.items() if stem not in listed}
    matched: dict[str, Path] = {}
    for recording_id in wanted:
        paths = files.get(recording_id, ())
        if len(paths) == 1:
            matched[recording_id] = paths[0]
        elif paths:
            places = ", ".join(folder.relative(path) for path in paths)
            detail = f"{len(paths)} files have this name ({places}); which one is meant is not known, so none is used."
            findings.append(Finding("ambiguous", recording_id, detail))
        else:
            detail = f"There is no file of this name.{_similar(recording_id, unlisted)} The recording is not used."
            findings.append(Finding("missing", recording_id, detail))
    findings.extend(
        Finding("unlisted", folder.relative(path), "No table lists this file, so it has no label and is not used.")
        for paths in unlisted.values()
        for path in paths
    )
    return matched, findings


def _correct(
    files: dict[str, tuple[Path, ...]], listed: Collection[str], corrections: Sequence[Correction]
) -> list[Finding]:
    """Give files their listed names in place, and return a note on each."""
    findings = []
    for correction in corrections:
        is_needed = correction.recording_id in listed and correction.file_stem not in listed
        if is_needed and correction.recording_id not in files and correction.file_stem in files:
            files[correction.recording_id] = files.pop(correction.file_stem)
            detail = f"The file is called {correction.file_stem}; it is taken because {correction.reason}."
            findings.append(Finding("misnamed", correction.recording_id, detail, is_problem=False))
    return findings


def _similar(recording_id: str, unlisted: Mapping[str, tuple[Path, ...]]) -> str:
    """Return a hint at files whose name begins like the recording's; they are never taken for it."""
    similar = [paths[0].name for stem, paths in unlisted.items() if stem.lower().startswith(recording_id.lower())]
    return f" Is it {similar[0]!r}? Then rename that file." if similar else ""
