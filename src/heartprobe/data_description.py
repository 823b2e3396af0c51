"""What reports, manifests and model cards say of the data that a model was made from or tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from heartprobe.data.catalogue import dataset_facts
from heartprobe.data.combine import JOIN, dataset_names, dataset_of
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split


def describe_data(labels: Sequence[str], recordings: RecordingSet, fingerprint: str) -> dict[str, Any]:
    """Return the section `data` of `report.json`."""
    patients = [recordings.patients[patient] for patient in recordings.patient_ids]
    return describe_recordings(recordings) | {
        "patients_with_label": {label: sum(p.labels.get(label) == 1 for p in patients) for label in labels},
        "fingerprint": fingerprint,
    }


def describe_recordings(recordings: RecordingSet) -> dict[str, Any]:
    """Return name, licence and size of a data set, for reports and model cards."""
    made_up = recordings.is_synthetic
    return {
        "name": "synthetic patients" if made_up else recordings.name,
        "is_synthetic": made_up,
        "licence": "none needed, the sounds are generated" if made_up else _licence(recordings.name),
        "patients": len(recordings.patient_ids),
        "recordings": len(recordings.recordings),
    }


def developed_on(recordings: RecordingSet, split: Split) -> RecordingSet:
    """Return the recordings of the development patients, under the names of the data sets that these are from."""
    developed = recordings.of_patients(split.development)
    names = dataset_names(recordings.name)
    if len(names) > 1:
        used = {dataset_of(patient) for patient in developed.patient_ids}
        names = tuple(name for name in names if name in used)
    return replace(developed, name=JOIN.join(names))


def _licence(name: str) -> str:
    names = dataset_names(name)
    if len(names) == 1:
        return dataset_facts(name).licence
    return "; ".join(f"{part}: {dataset_facts(part).licence}" for part in names)
