"""When the heart sounds of a recording are: S1, systole, S2 and diastole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from heartprobe.errors import DataError, TableError

Phase = Literal["S1", "systole", "S2", "diastole"]

#: The numbers of the George B. Moody PhysioNet Challenge 2022 ("Data Format"); 0 is not annotated.
_PHASES: Final[dict[str, Phase | None]] = {"0": None, "1": "S1", "2": "systole", "3": "S2", "4": "diastole"}


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch of a recording.

    Attributes:
        start_s: Where it begins, in seconds of the recording.
        end_s: Where it ends.
        phase: The part of the heart's cycle, or `None` where nobody annotated it.
    """

    start_s: float
    end_s: float
    phase: Phase | None


def read_segmentation(path: Path) -> tuple[Segment, ...]:
    """Read a segmentation as CirCor has it: start, end and a number from 0 to 4, separated by tabs.

    Args:
        path: The `.tsv` file, such as `Recording.segmentation`.

    Returns:
        The segments in their order in time. A line that stands in the file twice counts once. They
        may leave gaps, and may overlap by a few milliseconds where the annotation does.

    Raises:
        TableError: If a line is none, or no time from 0 on.
        DataError: If the file cannot be opened.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not a text table in UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    segments = {_segment(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()}
    return tuple(sorted(segments, key=lambda segment: (segment.start_s, segment.end_s)))


def _segment(path: Path, number: int, line: str) -> Segment:
    cells = line.split()
    try:
        start, end, phase = cells
        segment = Segment(float(start), float(end), _PHASES[phase])
    except (ValueError, KeyError):
        segment = None
    if segment is None or not (math.isfinite(segment.end_s) and 0 <= segment.start_s <= segment.end_s):
        shown = line.strip()[:40]
        raise TableError(
            f"{path}, line {number}: found {shown!r}, expected the start and end of a segment in seconds and its "
            "phase: 1 (S1), 2 (systole), 3 (S2), 4 (diastole) or 0 (not annotated)."
        )
    return segment
