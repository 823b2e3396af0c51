"""The section that says which items of the guidelines a report answers, and where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from heartprobe.evaluation.report.checklists.item import Item
from heartprobe.evaluation.report.checklists.stard_ai import STARD_AI
from heartprobe.evaluation.report.checklists.tripod_ai import TRIPOD_AI
from heartprobe.evaluation.report.content import Paragraph, Section, Table
from heartprobe.evaluation.report.sections import titles

_WHAT: Final = (
    "Guidelines say what a paper about such a model has to tell. These tables say, in our words, what they ask for and "
    "where this report answers it. What a program cannot know remains for the authors; the wording that counts is "
    "that of the guidelines."
)
_TRIPOD_AI: Final = (
    "TRIPOD+AI: Collins and others, BMJ 2024; 385:e078378, doi:10.1136/bmj-2023-078378. All 27 items with their parts."
)
_STARD_AI: Final = (
    "STARD-AI: Sounderajah and others, Nat Med 2025; 31:3283, doi:10.1038/s41591-025-03953-8. The items that are about "
    "artificial intelligence or about answers of the test; the others are those of STARD 2015 "
    "(Bossuyt and others, BMJ 2015; 351:h5527) or asked for by TRIPOD+AI as well."
)


def checklists_section(present: Collection[str], *, is_developed: bool = True) -> Section:
    """Return both tables.

    Args:
        present: The titles of the sections that the report has.
        is_developed: Whether the model was made in the run; it may have been made before, and only tested.
    """
    tripod_ai, stard_ai = (
        [item if is_developed else item.unless_made_elsewhere() for item in items] for items in (TRIPOD_AI, STARD_AI)
    )
    return Section(
        titles.CHECKLISTS,
        (
            Paragraph(_WHAT),
            _table("TRIPOD+AI", tripod_ai, present, _TRIPOD_AI),
            _table("STARD-AI", stard_ai, present, _STARD_AI),
        ),
    )


def _table(name: str, items: Sequence[Item], present: Collection[str], source: str) -> Table:
    n_answered = sum(bool(item.answered_in(present)) for item in items)
    caption = f"{name}: {n_answered} of {len(items)} items answered here, in full or in part"
    rows = tuple(item.row(present) for item in items)
    return Table(("Item", "What is asked", "Where"), rows, caption, (source,), is_folded=True, is_numeric=False)
