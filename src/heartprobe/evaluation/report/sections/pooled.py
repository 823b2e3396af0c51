"""The caution where numbers over all sites stand, each of which was tested by another model."""

from __future__ import annotations

from typing import Final

from heartprobe.evaluation.report.content import Paragraph
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Report

RANKED: Final = (
    "Over all sites together, each of which was tested by another model: what ranks patients (AUROC, average "
    "precision) compares models as well as patients here, and may lie on the other side of chance than at every site. "
    f"“{titles.SITES}” has each site alone."
)
DECIDED: Final = (
    "Over all sites together, each of which was tested by another model, with a threshold of its own: decisions are "
    "counted as they were made, and a site counts as much as it has patients. “Decision curve” and “Error over "
    "coverage” put the probabilities of all these models on one scale, and what comes out holds for this mixture of "
    f"sites alone. “{titles.SITES}” has the sensitivity and the specificity of each."
)
CALIBRATED: Final = (
    "Over all sites together, each of which was tested by another model: their errors are mixed here. What is said too "
    "high at one site and too low at another can cancel out, and differences between sites can turn the slope, so that "
    "calibration may look better or worse than at any of them."
)


def pooled_caution(report: Report, text: str) -> tuple[Paragraph, ...]:
    """Return a caution as a block where each site was tested by another model, and nothing elsewhere."""
    return (Paragraph(text),) if has_model_per_site(report) else ()
