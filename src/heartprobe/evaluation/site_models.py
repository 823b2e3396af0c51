"""Whether each site was tested by a model of its own, whose probabilities those of other sites cannot be ranked with.

Under `leave-site-out` every site is tested by a model that was developed, and calibrated, at the others. A probability
of 0.3 then means another thing at each site. Decisions can be counted over all of them, as each was made at the
threshold of its own model; an AUROC over all of them compares models as well as patients.
"""

from __future__ import annotations

from heartprobe.evaluation.wording import Report


def has_model_per_site(report: Report) -> bool:
    """Whether patients of different sites were tested by different models because of their sites."""
    return bool(report["task"]["protocol"] == "leave-site-out")
