"""One division of the patients into training, validation and test parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from heartprobe.errors import SplitError


@dataclass(frozen=True, slots=True)
class Split:
    """Which patients are developed on and which are tested on.

    The development patients are divided into validation folds. A head that is fitted once (or
    an encoder that is fine-tuned) validates on the first fold and trains on the others; a head
    that is cheap to fit takes every fold in turn (nested selection). The test patients are in
    no fold.

    Attributes:
        repeat: Number of the repetition, from 0.
        fold: Number of the test fold within the repetition, from 0.
        train_only: Development patients that never validate (empty under cross-validation).
        validation_folds: At least one, none empty, mutually disjoint.
        test: Patients on which nothing is chosen; may be empty only in a final fit on everybody.

    Raises:
        SplitError: If two parts share a patient, or training or validation would be empty.
    """

    repeat: int
    fold: int
    train_only: tuple[str, ...]
    validation_folds: tuple[tuple[str, ...], ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        parts = [self.train_only, *self.validation_folds, self.test]
        seen: dict[str, int] = {}
        for index, part in enumerate(parts):
            shared = sorted(p for p in part if p in seen)
            if shared:
                raise SplitError(
                    f"Split {self.repeat}/{self.fold}: {len(shared)} patient(s) stand in two parts: "
                    f"{', '.join(shared[:5])}. Each patient belongs to exactly one part."
                )
            seen.update(dict.fromkeys(part, index))
        if not self.validation_folds or not all(self.validation_folds):
            raise SplitError(
                f"Split {self.repeat}/{self.fold} has no validation patients; "
                "without them nothing can be chosen without looking at the test."
            )
        if not self.train:
            raise SplitError(f"Split {self.repeat}/{self.fold} has no training patients.")

    @property
    def development(self) -> tuple[str, ...]:
        """All patients that are not tested on, sorted."""
        return tuple(sorted([*self.train_only, *(p for f in self.validation_folds for p in f)]))

    @property
    def validation(self) -> tuple[str, ...]:
        """The patients of the first validation fold, sorted."""
        return tuple(sorted(self.validation_folds[0]))

    @property
    def train(self) -> tuple[str, ...]:
        """The development patients without the first validation fold, sorted."""
        held_out = set(self.validation_folds[0])
        return tuple(p for p in self.development if p not in held_out)

    def selection_pairs(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield (training, validation) patients with every validation fold in turn."""
        for fold in self.validation_folds:
            held_out = set(fold)
            yield tuple(p for p in self.development if p not in held_out), tuple(sorted(fold))
