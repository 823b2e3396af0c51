"""What is wrong with a data set: its tables, its files, its sound, and what the labels hang on beside it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from heartprobe.data.demographics_check import DemographicsScore, demographics_scores
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.sound_audit import Sound, listen_to_all
from heartprobe.labels import LABEL_NAMES, LABELS
from heartprobe.progress import Progress, SilentProgress

#: From here on the demographics alone tell a label well: "excellent discrimination" begins at an area of 0.8
#: (Hosmer, Lemeshow, Sturdivant: Applied Logistic Regression, 3rd ed., section 5.2.4).
CONFOUNDED_AUROC = 0.8


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is.

    Attributes:
        patients: Patients with a label and at least one recording.
        recordings: Their recordings.
        readable: Recordings whose sound can be read.
        with_label: Patients of whom a label is 1, by label.
        rates_hz: Readable recordings by sampling rate.
        total_s, shortest_s, median_s, longest_s: Durations of the readable ones; `None` without any.
    """

    patients: int
    recordings: int
    readable: int
    with_label: Mapping[str, int]
    rates_hz: Mapping[int, int]
    total_s: float
    shortest_s: float | None
    median_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit.

    Attributes:
        name: Name of the data set.
        is_synthetic: Whether its sounds were generated.
        counts: How much there is.
        findings: What the reader found, then what was found in the sound and in the patients.
        demographics_auroc: How well the demographics alone predict each label.
    """

    name: str
    is_synthetic: bool
    counts: Counts
    findings: tuple[Finding, ...]
    demographics_auroc: Mapping[str, DemographicsScore]

    @property
    def has_problems(self) -> bool:
        """Whether something is wrong; corrections that were applied and other notes are not."""
        return any(finding.is_problem for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as it stands in JSON."""
        counts = asdict(self.counts)
        counts["rates_hz"] = {str(rate_hz): n for rate_hz, n in self.counts.rates_hz.items()}
        return {
            "schema": 1,
            "name": self.name,
            "is_synthetic": self.is_synthetic,
            "has_problems": self.has_problems,
            "counts": counts,
            "kinds": dict(Counter(finding.kind for finding in self.findings)),
            "findings": [asdict(finding) for finding in self.findings],
            "demographics_auroc": {label: score.as_dict() for label, score in self.demographics_auroc.items()},
        }


def audit(recordings: RecordingSet, *, progress: Progress | None = None) -> Audit:
    """Listen to every recording of a data set and say what is wrong with it.

    One recording is in memory at a time. A recording that cannot be read is a finding.

    Args:
        recordings: What a reader returned, with its findings.
        progress: Is told of every recording that was read.
    """
    sounds, findings = listen_to_all(recordings, progress or SilentProgress())
    labels = _labels(recordings)
    scores = demographics_scores(recordings, labels)
    return Audit(
        name=recordings.name,
        is_synthetic=recordings.is_synthetic,
        counts=_count(recordings, labels, list(sounds.values())),
        findings=(*recordings.findings, *findings, *_confounded(scores)),
        demographics_auroc=scores,
    )


def _confounded(scores: Mapping[str, DemographicsScore]) -> list[Finding]:
    return [
        Finding(
            "confounded",
            label,
            f"Age, sex, smoking and residence alone tell {LABEL_NAMES.get(label, label)} from the rest with an AUROC "
            f"of {score.value:.3f}: a model can be right without hearing the disease.",
            is_problem=False,
        )
        for label, score in scores.items()
        if score.value is not None and score.value >= CONFOUNDED_AUROC
    ]


def _labels(recordings: RecordingSet) -> tuple[str, ...]:
    """Return the labels of the patients: the known ones in their declared order, then others."""
    given = dict.fromkeys(label for patient in recordings.patients.values() for label in patient.labels)
    return (*(label for label in LABELS if label in given), *(label for label in given if label not in LABELS))


def _count(recordings: RecordingSet, labels: Sequence[str], sounds: Sequence[Sound]) -> Counts:
    patients = [recordings.patients[patient_id] for patient_id in recordings.patient_ids]
    durations = [sound.duration_s for sound in sounds]
    return Counts(
        patients=len(patients),
        recordings=len(recordings.recordings),
        readable=len(sounds),
        with_label={label: sum(patient.labels.get(label) == 1 for patient in patients) for label in labels},
        rates_hz=dict(sorted(Counter(sound.rate_hz for sound in sounds).items())),
        total_s=sum(durations),
        shortest_s=min(durations, default=None),
        median_s=statistics.median(durations) if durations else None,
        longest_s=max(durations, default=None),
    )
