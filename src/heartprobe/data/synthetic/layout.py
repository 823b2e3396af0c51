"""The tables and names of BMD-HS, filled with synthetic patients."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from heartprobe.data.synthetic.chest import all_positions
from heartprobe.data.synthetic.patient import SyntheticPatient
from heartprobe.labels import NORMAL

#: The label columns in the order of the published table.
_LABEL_COLUMNS: Final = ("AS", "AR", "MR", "MS", "N")


def patient_id(number: int) -> str:
    """Return the id of patient `number` (from 0): the first one is `patient_001`."""
    return f"patient_{number + 1:03d}"


def recording_names(number: int, patient: SyntheticPatient) -> list[str]:
    """Return names as in BMD-HS: `N_001_sup_Mit`, with `MD` (multiple diseases) for several lesions."""
    prefix = "MD" if len(patient.lesions) > 1 else (*patient.lesions, NORMAL)[0]
    return [f"{prefix}_{number + 1:03d}_{position}" for position in all_positions()]


def label_row(number: int, patient: SyntheticPatient) -> dict[str, object]:
    """Return the patient's row of `train.csv`."""
    labels = {column: patient.labels[column] for column in _LABEL_COLUMNS}
    names = recording_names(number, patient)
    recordings = {f"recording_{i}": name for i, name in enumerate(names, start=1)}
    return {"patient_id": patient_id(number), **labels, **recordings}


def metadata_row(number: int, patient: SyntheticPatient) -> dict[str, object]:
    """Return the patient's row of `additional_metadata.csv`."""
    person = patient.demographics
    return {
        "patient_id": patient_id(number),
        "Age": f"{person.age:g}",
        "Gender": person.sex,
        "Smoker": int(bool(person.smoker)),
        "Lives": person.lives,
    }


def write_table(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write rows, whose keys are the columns in their order."""
    complete = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(complete[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(complete)
