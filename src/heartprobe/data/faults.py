"""What cannot be believed in the tables of a data set: collected while they are read, refused at the end.

Whoever mends a table wants all of its wrong cells at once. So a reader notes a cell that cannot be
believed and goes on without it; whoever wants to learn from the data set refuses it afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from heartprobe.data.recordings import Finding
from heartprobe.errors import TableError

#: The kind of a finding on a cell, or a line, that cannot be believed.
IMPOSSIBLE: Final = "impossible"

#: Longest part of a cell that a message repeats.
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything in the tables of one data set that cannot be believed, in the order of reading.

    Attributes:
        findings: One for each cell or line; their subject is the place in the table.
    """

    findings: list[Finding] = field(default_factory=list)

    def add(self, place: str, detail: str) -> None:
        """Note one fault.

        Args:
            place: File below the data folder, line, and column if there is one.
            detail: What was found and what was expected; it goes on after the place and a colon.
        """
        self.findings.append(Finding(IMPOSSIBLE, place, detail))

    def add_text(self, place: str, found: str, expected: str, hint: str = "") -> None:
        """Note a text that cannot be believed.

        Args:
            place: As for `add`.
            found: What stands there.
            expected: What could stand there.
            hint: A further sentence, with a space before it.
        """
        shown = found if len(found) <= _SHOWN_CHARACTERS else found[:_SHOWN_CHARACTERS] + "..."
        self.add(place, f"found {shown!r}, expected {expected}.{hint}")


def refuse_faults(folder: Path, findings: Iterable[Finding]) -> None:
    """Refuse a data set with something in its tables that cannot be believed.

    Args:
        folder: Where it lies.
        findings: What its reader noticed.

    Raises:
        TableError: Names the first fault, and how many more there are.
    """
    faults = [finding for finding in findings if finding.kind == IMPOSSIBLE]
    if faults:
        more = f" {len(faults) - 1} more cannot be believed, either" if len(faults) > 1 else ""
        listed = f"{more}; `heartprobe data check` lists all of them." if more else ""
        raise TableError(f"{folder / faults[0].subject}: {faults[0].detail}{listed}")
