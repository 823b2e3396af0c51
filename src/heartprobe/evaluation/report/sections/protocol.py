"""How patients were divided, in words and counts."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heartprobe.evaluation.wording import Report


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """How many patients each part of one split has.

    Attributes:
        trained: Patients that every candidate was fitted on.
        validated: Patients of each validation fold.
        tested: Patients that nothing was learned or chosen from.
    """

    trained: int
    validated: tuple[int, ...]
    tested: int

    @property
    def developed(self) -> int:
        """Patients that the model was made from."""
        return self.trained + sum(self.validated)


def read_split_counts(path: Path) -> tuple[SplitCounts, ...]:
    """Return the counts of every split of a `splits.csv`, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        parts: dict[tuple[str, str], Counter[str]] = {}
        for row in csv.DictReader(file):
            parts.setdefault((row["repeat"], row["fold"]), Counter())[row["part"]] += 1
    return tuple(
        SplitCounts(
            count["train"], tuple(n for part, n in count.items() if part.startswith("validation")), count["test"]
        )
        for count in parts.values()
    )


def protocol_words(report: Report) -> str:
    """Return how patients were divided, as the end of a sentence."""
    settings = report.get("settings", {}).get("evaluation", {})
    folds, repeats = settings.get("folds"), report["levels"]["patient"]["repeats"]
    match report["task"]["protocol"]:
        case "cv":
            often = "" if repeats == 1 else f", repeated {repeats} times"
            return f"{f'{folds}-fold ' if folds else ''}cross-validation over patients{often}"
        case "holdout":
            return "one split into development and test patients"
        case "leave-site-out":
            return "leaving out one site after the other"
        case "external" if not report["selection"]:
            return "testing a model that was trained before"
        case "external":
            return "testing on another data set"
        case "splits":
            return "splits that were given in a file"
        case other:
            return str(other)


def has_several_models(report: Report) -> bool:
    """Whether the test patients were divided among models, none of which is the one that is kept."""
    protocol = report["task"]["protocol"]
    return protocol in ("cv", "leave-site-out") or (protocol == "splits" and len(report["selection"]) > 1)


def from_to(numbers: Sequence[int]) -> str:
    """Return the smallest and the largest of some counts, once where they are equal."""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"
