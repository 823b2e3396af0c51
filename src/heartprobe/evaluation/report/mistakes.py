"""Which patients the model was most wrong about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from heartprobe.labels import finding_value


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was said of one patient and one label, in the mean over repeats.

    Attributes:
        patient_id: Whom it is about.
        label: What it is about.
        has_finding: The truth.
        probability: P(finding), calibrated where the run calibrates.
        threshold: P(finding) from which the finding was declared; `None` where the table does not tell.
        share_declared: In which share of the repeats it was declared.
    """

    patient_id: str
    label: str
    has_finding: bool
    probability: float
    threshold: float | None
    share_declared: float

    @property
    def error(self) -> float:
        """How far the probability lies from the truth."""
        return abs(self.has_finding - self.probability)


def hardest_patients(predictions: pd.DataFrame, n: int) -> tuple[Mistake, ...]:
    """Return the patients with the largest errors, each with the label where it is largest, the worst first.

    Args:
        predictions: As `read_predictions` returns them. An unknown truth is no error.
        n: How many patients, where there are as many.
    """
    worst: dict[str, Mistake] = {}
    for mistake in _mistakes(predictions):
        before = worst.get(mistake.patient_id)
        if before is None or mistake.error > before.error:
            worst[mistake.patient_id] = mistake
    return tuple(sorted(worst.values(), key=lambda m: (-m.error, m.patient_id))[:n])


def _mistakes(predictions: pd.DataFrame) -> list[Mistake]:
    rows = predictions[(predictions["level"] == "patient") & predictions["truth"].notna()]
    sick = rows["label"].map(finding_value)
    of_findings = rows.assign(
        probability=np.where(sick == 1, rows["probability"], 1 - rows["probability"]),
        has_finding=rows["truth"] == sick,
        is_declared=rows["decision"] == sick,
    )
    means = of_findings.groupby(["patient_id", "label"], sort=True)[
        ["has_finding", "probability", "threshold", "is_declared"]
    ].mean()
    return [
        Mistake(
            str(patient),
            str(label),
            bool(has_finding),
            float(probability),
            None if np.isnan(threshold) else float(threshold),
            float(declared),
        )
        for (patient, label), (has_finding, probability, threshold, declared) in zip(
            means.index, means.to_numpy(np.float64), strict=True
        )
    ]
