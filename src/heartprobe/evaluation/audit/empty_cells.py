"""Kinds of patients who all have a finding, or all have not: what no number of the report can tell.

In BMD-HS no normal patient is older than 24, lives in the country or smokes. Specificity is then
measured on young people of the town alone, and age, residence and smoking give the answer away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Final, Literal, NamedTuple, TypeVar

from heartprobe.data.recordings import Demographics, RecordingSet
from heartprobe.evaluation.audit.partitions import RESIDENCES, SEXES, SMOKING
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.wording import listed
from heartprobe.labels import NORMAL, finding_value

Side = Literal["with", "without"]
Category = TypeVar("Category", str, bool)

#: A cell is named where it would stay empty by chance in fewer than one of a thousand such data sets, of which dozens
#: of cells are looked at: a kind of patient that is rare anyway is missing from a small class without any meaning.
LARGEST_CHANCE: Final = 0.001

#: What patients of a group are or do, as the end of a sentence.
_PHRASES: Final = {
    "women": "is a woman",
    "men": "is a man",
    "urban": "lives in a town",
    "rural": "lives in the country",
    "smokers": "smokes",
    "non-smokers": "is a non-smoker",
}


@dataclass(frozen=True, slots=True)
class EmptyCell:
    """A kind of patient of which a class has none.

    Attributes:
        label: The label.
        side: Whether the class has its finding or not.
        class_patients: How many the class has of whom this is known.
        class_unknown: How many it has of whom it is not.
        by: What the kind is about: `age`, `sex`, `residence` or `smoking`.
        group: The kind, as the report calls it elsewhere.
        patients: How many there are of this kind, all in the other class.
        other_patients: How many the other class has of whom this is known.
    """

    label: str
    side: Side
    class_patients: int
    class_unknown: int
    by: str
    group: str
    patients: int
    other_patients: int


def empty_cells(recordings: RecordingSet, labels: Sequence[str]) -> tuple[EmptyCell, ...]:
    """Return the kinds of patients that a class lacks, for both sides of every label.

    Args:
        recordings: The patients; those without recordings do not count.
        labels: What is predicted.
    """
    patients = [recordings.patients[patient] for patient in recordings.patient_ids]
    cells = []
    for label in labels:
        ill = [p.demographics for p in patients if p.labels.get(label) == finding_value(label)]
        well = [p.demographics for p in patients if p.labels.get(label) == 1 - finding_value(label)]
        cells += _lacking(label, "without", well, ill)
        cells += _lacking(label, "with", ill, well)
    return tuple(cells)


def cell_sentences(cells: Iterable[EmptyCell]) -> list[str]:
    """Return one sentence for each class that lacks something."""
    by_class: dict[tuple[str, Side], list[EmptyCell]] = {}
    for cell in cells:
        by_class.setdefault((cell.label, cell.side), []).append(cell)
    return [_sentence(label, side, found) for (label, side), found in by_class.items()]


def cell_entries(cells: Iterable[EmptyCell]) -> list[JSONObject]:
    """Return the cells as they stand in JSON."""
    return [asdict(cell) for cell in cells]


class _Kind(NamedTuple):
    """A kind of patient that a class has none of, and how many of it the other class has."""

    by: str
    group: str
    n_class: int
    n_kind: int
    n_others: int

    def chance(self) -> float:
        """Return how likely it is that a class of this size, drawn from everybody, has none of the kind."""
        n = self.n_class + self.n_others
        return comb(n - self.n_kind, self.n_class) / comb(n, self.n_class)


def _lacking(
    label: str, side: Side, of_class: Sequence[Demographics], others: Sequence[Demographics]
) -> list[EmptyCell]:
    kinds = [
        *_ages(of_class, others),
        *_categories("residence", RESIDENCES, [d.lives for d in of_class], [d.lives for d in others]),
        *_categories("smoking", SMOKING, [d.smoker for d in of_class], [d.smoker for d in others]),
        *_categories("sex", SEXES, [d.sex for d in of_class], [d.sex for d in others]),
    ]
    return [
        EmptyCell(
            label,
            side,
            found.n_class,
            len(of_class) - found.n_class,
            found.by,
            found.group,
            found.n_kind,
            found.n_others,
        )
        for found in kinds
        if found.n_class and found.n_kind and found.chance() < LARGEST_CHANCE
    ]


def _ages(of_class: Sequence[Demographics], others: Sequence[Demographics]) -> Iterator[_Kind]:
    ages = [d.age for d in of_class if d.age is not None]
    other_ages = [d.age for d in others if d.age is not None]
    if ages:
        oldest, youngest = max(ages), min(ages)
        older, younger = sum(age > oldest for age in other_ages), sum(age < youngest for age in other_ages)
        yield _Kind("age", f"older than {oldest:g}", len(ages), older, len(other_ages))
        yield _Kind("age", f"younger than {youngest:g}", len(ages), younger, len(other_ages))


def _categories(
    by: str, groups: Mapping[Category, str], of_class: Iterable[Category | None], others: Iterable[Category | None]
) -> Iterator[_Kind]:
    known, known_others = ([value for value in values if value is not None] for values in (of_class, others))
    for value, group in groups.items():
        if value not in known:
            yield _Kind(by, group, len(known), known_others.count(value), len(known_others))


def _sentence(label: str, side: Side, cells: Sequence[EmptyCell]) -> str:
    named = "normal" if side == "without" else "abnormal"
    known = " of whom it is known" if any(cell.class_unknown for cell in cells) else ""
    who = (f"{named} patient" if label == NORMAL else f"patient {side} {label}") + known
    metric = "specificity" if side == "without" else "sensitivity"
    phrases = listed((_PHRASES.get(cell.group, f"is {cell.group}") for cell in cells), "or")
    counts = listed(f"{cell.patients} of {cell.other_patients}" for cell in cells)
    return (
        f"No {who} {phrases}; of the others {counts}: {metric} says nothing about "
        f"such patients, and {listed(dict.fromkeys(cell.by for cell in cells))} alone can give the answer away."
    )
