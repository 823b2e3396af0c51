"""One item of a guideline, and whether a report answers it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from heartprobe.evaluation.report.content import Cell, Row

#: Of what a program cannot know.
FOR_AUTHORS: Final = "for the authors to say"

#: Of what a report on a model that was trained before does not hold.
ELSEWHERE: Final = "the report of the run that made the model says it"


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked, in our words, and which sections answer it.

    Attributes:
        number: As the guideline counts.
        asked: What is asked.
        sections: Titles of the sections that answer it; those that a report does not have do not count.
        partly: What remains to be said where they do.
        missing: Why it is not answered where no section does.
        of_development: Whether only the report of the run that made the model can answer it.
    """

    number: str
    asked: str
    sections: tuple[str, ...] = ()
    partly: str = ""
    missing: str = FOR_AUTHORS
    of_development: bool = False

    def unless_made_elsewhere(self) -> Item:
        """Return it for the report on a model that was made before: what is about its making is not answered there."""
        return replace(self, sections=(), missing=ELSEWHERE) if self.of_development else self

    def answered_in(self, present: Collection[str]) -> tuple[str, ...]:
        """Return the sections of a report that answer it."""
        return tuple(title for title in self.sections if title in present)

    def row(self, present: Collection[str]) -> Row:
        """Return number, question and answer; one without a section says that there is no answer."""
        sections = self.answered_in(present)
        if not sections:
            answer = Cell(f"Not answered: {self.missing}.")
        elif self.partly:
            answer = Cell(f"In part; {self.partly}.", see=sections)
        else:
            answer = Cell("", see=sections)
        return Row((Cell(self.number), Cell(self.asked), answer))
