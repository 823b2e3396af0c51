"""Several data sets as one.

Ids are made unique with the name of the data set before them (`bmd-hs:patient_001`), whether they
would clash or not, so that a patient has the same id in every run over several data sets. Sites keep
their names; those of which two data sets have one get the data set's name before them. A label that a
data set does not know stays unknown for its patients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.errors import ConfigError

#: Stands between the names of combined data sets, and between a data set and an id.
JOIN: Final = "+"
OF: Final = ":"


def combine(sets: Sequence[RecordingSet]) -> RecordingSet:
    """Return the recordings of several data sets as one; a single one is returned as it is.

    Raises:
        ConfigError: If a data set is named twice.
    """
    twice = [name for name, n in Counter(part.name for part in sets).items() if n > 1]
    if twice:
        raise ConfigError(
            f"The data set {twice[0]!r} is named twice. Name each once; recordings of your own from several places "
            "fit into one folder with a column `site` in its table."
        )
    if len(sets) == 1:
        return sets[0]
    parts = list(_with_own_ids(sets))
    return RecordingSet(
        name=JOIN.join(part.name for part in sets),
        recordings=tuple(recording for part in parts for recording in part.recordings),
        patients={patient_id: patient for part in parts for patient_id, patient in part.patients.items()},
        findings=tuple(finding for part in parts for finding in part.findings),
        is_synthetic=any(part.is_synthetic for part in sets),
    )


def dataset_names(name: str) -> tuple[str, ...]:
    """Return the names of the data sets that a set was combined of: its own where it was not."""
    return tuple(name.split(JOIN))


def dataset_of(patient_id: str) -> str:
    """Return the data set that a patient of a combined set is from; empty where the set is not combined."""
    return patient_id.partition(OF)[0] if OF in patient_id else ""


def _with_own_ids(sets: Sequence[RecordingSet]) -> Iterator[RecordingSet]:
    sites = [{part.site_of(patient) for patient in part.patients} for part in sets]
    in_several = {site for site, n in Counter(site for named in sites for site in named).items() if n > 1}
    for part in sets:
        prefix = f"{part.name}{OF}"
        patients: dict[str, Patient] = {}
        for patient_id, patient in part.patients.items():
            site = part.site_of(patient_id)
            patients[prefix + patient_id] = replace(
                patient,
                patient_id=prefix + patient_id,
                site=prefix + site if site in in_several else site,
                group=None if patient.group is None else prefix + patient.group,
            )
        yield replace(
            part,
            recordings=tuple(
                replace(r, recording_id=prefix + r.recording_id, patient_id=prefix + r.patient_id)
                for r in part.recordings
            ),
            patients=patients,
            findings=tuple(replace(finding, subject=prefix + finding.subject) for finding in part.findings),
        )
