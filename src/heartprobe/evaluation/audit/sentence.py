"""One thing that a reader of a report must know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["warning", "note", "clear"]
About = Literal["demographics", "place", "subgroups", "identical", "cells", "chance", "everything"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A plain sentence or two for the top of a report.

    Attributes:
        kind: `warning`: the result may not be about the heart, or not for everybody; `note`: what
            a reader should know beside it; `clear`: nothing was found.
        about: What it is about.
        text: The sentence.
    """

    kind: Kind
    about: About
    text: str
