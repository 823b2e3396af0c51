"""Splits that somebody else has made: a table of patient ids, as a run leaves it in `splits.csv`.

    repeat, fold     which split; may be left out where there is only one
    patient_id
    part             train | validation | validation-0, validation-1, ... | test

Published splits often have no validation part: the training patients are then divided into
validation folds, as under cross-validation, so that nothing has to be chosen on the test patients.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pandas as pd

from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import SplitError, TableError

#: Divides the patients of a development part; told the repeat and the fold as well.
Divide = Callable[[tuple[str, ...], int, int], tuple[tuple[str, ...], ...]]

_PART = re.compile(r"train|test|validation(-\d+)?")
_MOST_NAMED = 10


def read_splits(path: Path, recordings: RecordingSet, divide: Divide) -> tuple[list[Split], tuple[str, ...]]:
    """Read a table of splits.

    Args:
        path: A CSV file with the columns above.
        recordings: The data set; its patients are those that the table may name.
        divide: What makes validation folds of the training patients where the table has none.

    Returns:
        The splits by repeat and fold, and sentences on who is left out and what was added.

    Raises:
        SplitError: If a patient stands in two parts of a split or is tested twice in a repeat, if the
            table names somebody whom the data set does not know, or a part is missing.
        TableError: If a cell cannot be understood.
    """
    parts = _read_parts(path)
    _refuse_unknown(path, parts, recordings)
    usable = set(recordings.patient_ids)
    notes = [*_left_out(path, parts, recordings)]
    splits = []
    for (repeat, fold), by_part in sorted(parts.items()):
        where = f"{path}, repeat {repeat}, fold {fold}"
        kept = {part: tuple(sorted(p for p in patients if p in usable)) for part, patients in by_part.items()}
        train, test = kept.get("train", ()), kept.get("test", ())
        if not test:
            raise SplitError(f"{where}: there is no patient of the part 'test' who has a usable recording.")
        folds = tuple(kept[part] for part in sorted(kept, key=_fold_number) if part.startswith("validation"))
        if not folds:
            folds, train = divide(train, repeat, fold), ()
        splits.append(Split(repeat, fold, train, folds, test))
    if any(not split.train_only for split in splits) and not _has_validation(parts):
        notes.append(
            f"{path} names no validation patients: its training patients are divided into validation folds, on which "
            "everything is chosen."
        )
    _refuse_tested_twice(path, splits)
    return splits, tuple(notes)


def _read_parts(path: Path) -> dict[tuple[int, int], dict[str, list[str]]]:
    """Return the patients of each part of each split; nobody in two parts."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise SplitError(f"There is no table of splits {path}. Check the path given with --splits.") from None
    except (OSError, ValueError) as error:  # pandas' parser and decoding errors are ValueErrors
        raise SplitError(f"The splits at {path} cannot be read as a CSV table: {error}.") from None
    missing = {"patient_id", "part"} - set(table.columns)
    if missing or table.empty:
        what = f"has no column {' and no '.join(sorted(missing))}" if missing else "has no rows"
        raise SplitError(f"{path} {what}; splits have the columns repeat, fold, patient_id, part.")
    parts: dict[tuple[int, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    part_of: dict[tuple[int, int, str], set[str]] = defaultdict(set)
    for line, row in enumerate(table.to_dict("records"), start=2):
        if not _PART.fullmatch(row["part"]):
            raise TableError(
                f"{path}, line {line}: part is {row['part']!r}, not train, validation, validation-0 (-1, ...) or test."
            )
        repeat, fold = (_whole(path, line, column, row.get(column, "0")) for column in ("repeat", "fold"))
        if row["part"] not in part_of[repeat, fold, row["patient_id"]]:
            parts[repeat, fold][row["part"]].append(row["patient_id"])
        part_of[repeat, fold, row["patient_id"]].add(row["part"])
    _refuse_shared(path, part_of)
    return parts


def _refuse_shared(path: Path, part_of: Mapping[tuple[int, int, str], set[str]]) -> None:
    shared = [(*key, sorted(parts)) for key, parts in part_of.items() if len(parts) > 1]
    if shared:
        repeat, fold, _, parts = shared[0]
        ids = sorted(patient for *split, patient, _ in shared if split == [repeat, fold])
        raise SplitError(
            f"{path} leaks: in repeat {repeat}, fold {fold}, {len(ids)} patient(s) stand in two parts "
            f"({' and '.join(parts)}): {_named(ids)}. Each patient belongs to exactly one part of a split."
        )


def _refuse_unknown(
    path: Path, parts: Mapping[tuple[int, int], Mapping[str, list[str]]], recordings: RecordingSet
) -> None:
    unknown = sorted(_everybody(parts) - recordings.patients.keys())
    if unknown:
        example = next(iter(sorted(recordings.patients)), "none")
        raise SplitError(
            f"{path} names {len(unknown)} patient(s) whom {recordings.name} does not have: {_named(unknown)}. "
            f"Patient ids there look like {example!r}; compare the table with the data set."
        )


def _refuse_tested_twice(path: Path, splits: Iterable[Split]) -> None:
    tested: dict[int, set[str]] = defaultdict(set)
    for split in splits:
        again = sorted(tested[split.repeat] & set(split.test))
        if again:
            raise SplitError(
                f"{path}: repeat {split.repeat} tests {_named(again)} in more than one fold, so they would count "
                "more than others. Give each such split a repeat of its own."
            )
        tested[split.repeat] |= set(split.test)


def _left_out(
    path: Path, parts: Mapping[tuple[int, int], Mapping[str, list[str]]], recordings: RecordingSet
) -> Iterable[str]:
    """Say whom the table forgets, and whom it names in vain."""
    usable = set(recordings.patient_ids)
    forgotten = sorted(usable - _everybody(parts))
    if forgotten:
        yield f"{path} leaves out {len(forgotten)} of {len(usable)} patients with recordings: {_named(forgotten)}."
    silent = sorted(_everybody(parts) - usable)
    if silent:
        yield f"{path} names {len(silent)} patient(s) without a usable recording, who are left out: {_named(silent)}."


def _everybody(parts: Mapping[tuple[int, int], Mapping[str, list[str]]]) -> set[str]:
    return {patient for by_part in parts.values() for patients in by_part.values() for patient in patients}


def _has_validation(parts: Mapping[tuple[int, int], Mapping[str, list[str]]]) -> bool:
    return all(any(part.startswith("validation") for part in by_part) for by_part in parts.values())


def _fold_number(part: str) -> int:
    number = part.partition("-")[2]
    return int(number) if number else 0


def _whole(path: Path, line: int, column: str, value: str) -> int:
    if not value.isdecimal():
        raise TableError(f"{path}, line {line}: {column} is {value!r}, not a whole number from 0.")
    return int(value)


def _named(ids: list[str]) -> str:
    more = len(ids) - _MOST_NAMED
    return ", ".join(ids[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
