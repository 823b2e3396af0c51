"""Answers of an earlier call about other patients, which a new call must not write over without being told to."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from heartprobe.errors import ConfigError
from heartprobe.evaluation.wording import counted
from heartprobe.predict.given import GivenPatient

#: How many patients a sentence names.
_MOST_NAMED: Final = 3


def would_be_lost(path: Path, option: str, patient_ids: Sequence[str]) -> ConfigError:
    """Return the refusal to write over what a file says of these patients.

    Args:
        path: The file.
        option: By which it was given.
        patient_ids: At least one.
    """
    ids = list(dict.fromkeys(patient_ids))
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return ConfigError(
        f"{path} holds answers of an earlier call about {counted(len(patient_ids), 'patient')} not given now "
        f"({', '.join(ids[:_MOST_NAMED])}{more}), which would be lost: nothing was done. Give another file with "
        f"{option}, or --replace to let them go."
    )


def require_table_is_theirs(path: Path, patients: Iterable[GivenPatient], *, replaces: bool) -> None:
    """Refuse to write a table where another file lies, or one that says something of somebody else.

    Patients are taken for the same if they are called the same and share a recording's name.

    Args:
        path: Where the table goes.
        patients: Whom it will be about.
        replaces: Whether it may take the place of a table about others.

    Raises:
        ConfigError: If something would be lost.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return
    there = _recordings_in(path)
    if replaces:
        return
    for given in patients:
        names = there.get(given.patient_id)
        if names is not None and (not names or names & {recording.name for recording in given.recordings}):
            del there[given.patient_id]
    if there:
        raise would_be_lost(path, "--csv", list(there))


def _recordings_in(path: Path) -> dict[str, set[str]]:
    """Return the names of each patient's recordings in a table of answers."""
    found: dict[str, set[str]] = {}
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        try:
            if not {"patient_id", "level", "recording"} <= set(rows.fieldnames or ()):
                raise ConfigError(
                    f"{path} holds something else than a table of `heartprobe predict`; it is left as it is. Give "
                    "another file with --csv."
                )
            for row in rows:
                names = found.setdefault(row["patient_id"], set())
                if row["recording"]:
                    names.add(row["recording"])
        # What has no lines, such as an archive.
        except csv.Error as error:
            raise ConfigError(
                f"{path} cannot be read as a table ({error}); it is left as it is. Give another file with --csv."
            ) from None
    return found
