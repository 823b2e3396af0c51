"""Who was recorded at each site: sites differ in their patients before a heart is heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.labels import finding_value


def site_table(recordings: RecordingSet, labels: Sequence[str]) -> JSONObject:
    """Return for each site its patients, how many have each finding, and what is known of them.

    Args:
        recordings: The patients; those without recordings do not count.
        labels: What is predicted.
    """
    by_site: dict[str, list[Patient]] = {}
    for patient in recordings.patient_ids:
        by_site.setdefault(recordings.site_of(patient), []).append(recordings.patients[patient])
    n_recordings = Counter(recordings.site_of(recording.patient_id) for recording in recordings.recordings)
    return {
        site: {
            "patients": len(patients),
            "recordings": n_recordings[site],
            "labels": {label: _label(label, patients) for label in labels},
            "demographics": _demographics(patients),
        }
        for site, patients in sorted(by_site.items())
    }


def _label(label: str, patients: Iterable[Patient]) -> JSONObject:
    known = [value for patient in patients if (value := patient.labels.get(label)) is not None]
    return {"known": len(known), "with_finding": known.count(finding_value(label))}


def _demographics(patients: Sequence[Patient]) -> JSONObject:
    known = [patient.demographics for patient in patients]
    ages = [demographics.age for demographics in known if demographics.age is not None]
    found = {
        "age": {"known": len(ages)},
        "sex": _counted([d.sex == "F" for d in known if d.sex is not None], "women"),
        "smoking": _counted([d.smoker for d in known if d.smoker is not None], "smokers"),
        "residence": _counted([d.lives == "R" for d in known if d.lives is not None], "rural"),
    }
    if not any(field["known"] for field in found.values()):
        return {"reason": "nothing is known of age, sex, smoking and residence"}
    if ages:
        found["age"] |= {"mean": sum(ages) / len(ages), "youngest": min(ages), "oldest": max(ages)}
    return found


def _counted(values: Sequence[bool], name: str) -> JSONObject:
    return {"known": len(values), name: sum(values)} if values else {"known": 0}
