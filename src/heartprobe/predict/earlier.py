"""Answers of an earlier call about other patients, which a new call must not write over without being told to."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from heartprobe.errors import ConfigError
from heartprobe.evaluation.wording import counted, first_of
from heartprobe.predict.given import GivenPatient

#: What tells patients apart.
Owner = TypeVar("Owner")


def owner_key(given: GivenPatient) -> str:
    """Return 16 hexadecimal digits that say who it is: by name and folder, as both of two archives may have a P1.

    Where the folder lies on this machine cannot be read from them.
    """
    folders = [r.source.absolute().parent.as_posix() for r in given.recordings if isinstance(r.source, Path)]
    said = json.dumps([given.patient_id, folders[:1]])
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def would_be_lost(path: Path, option: str, owners: Mapping[Owner, str]) -> ConfigError:
    """Return the refusal to write over what a file says of these patients.

    Args:
        path: The file.
        option: By which it was given.
        owners: What each patient is called; at least one.
    """
    ids = list(owners.values())
    return ConfigError(
        f"{path} holds answers of an earlier call about {counted(len(ids), 'patient')} not given now "
        f"({first_of(ids)}), which would be lost: nothing was done. Give another file with "
        f"{option}, or --replace to let them go."
    )


def require_table_is_theirs(path: Path, patients: Iterable[GivenPatient], *, replaces: bool) -> None:
    """Refuse to write a table where another file lies, or one that says something of somebody else.

    Patients are taken for the same if their `owner_key` is, and they share a recording's name: who is given by files
    alone has no name of their own. A table of a heartprobe that wrote no keys is taken for one about others.

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
        owner = owner_key(given), given.patient_id
        names = there.get(owner)
        if names is not None and (not names or names & {recording.name for recording in given.recordings}):
            del there[owner]
    if there:
        raise would_be_lost(path, "--csv", {owner: owner[1] for owner in there})


def _recordings_in(path: Path) -> dict[tuple[str, str], set[str]]:
    """Return the names of each patient's recordings in a table of answers, by their key and name."""
    found: dict[tuple[str, str], set[str]] = {}
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.DictReader(file)
        try:
            if not {"patient_id", "level", "recording"} <= set(rows.fieldnames or ()):
                raise ConfigError(
                    f"{path} holds something else than a table of `heartprobe predict`; it is left as it is. Give "
                    "another file with --csv."
                )
            for row in rows:
                names = found.setdefault((row.get("patient_key") or "", row["patient_id"]), set())
                if row["recording"]:
                    names.add(row["recording"])
        # What has no lines, such as an archive.
        except csv.Error as error:
            raise ConfigError(
                f"{path} cannot be read as a table ({error}); it is left as it is. Give another file with --csv."
            ) from None
    return found
