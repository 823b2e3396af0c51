"""The figures about test patients that a bundle keeps, taken from the report of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heartprobe.bundle.manifest import LabelResult, Measured
from heartprobe.evaluation.site_models import has_model_per_site

_LONGEST_REASON = 300


def results_of(report: Mapping[str, Any], labels: Sequence[str]) -> tuple[LabelResult, ...]:
    """Return how well a run did, a line per label; or per label and site where each site had a model of its own.

    Args:
        report: What stands in `report.json`.
        labels: The labels, in the order of the bundle.
    """
    if has_model_per_site(report):
        return tuple(
            _result(label, found["levels"]["patient"]["labels"][label], site=site)
            for label in labels
            for site, found in report["sites"].items()
        )
    alone = report["demographics_only"]["levels"]["patient"]["labels"]
    metrics = report["levels"]["patient"]["labels"]
    decisions = (report.get("decisions") or {}).get("labels", {})
    calibration = (report.get("calibration") or {}).get("labels", {})
    return tuple(
        _result(
            label,
            metrics[label],
            uncertain=_measured(decisions.get(label, {}).get("uncertain", {}).get("share")),
            brier=_measured(calibration.get(label, {}).get("brier")),
            calibration_slope=_measured(calibration.get(label, {}).get("slope")),
            demographics_auroc=_measured(alone[label]["auroc"]),
        )
        for label in labels
    )


def _result(
    label: str, metrics: Mapping[str, Any], *, site: str | None = None, **further: Measured | None
) -> LabelResult:
    auroc, sensitivity, specificity = (
        Measured(value=None) if (found := _measured(metrics.get(name))) is None else found
        for name in ("auroc", "sensitivity", "specificity")
    )
    return LabelResult(label=label, site=site, auroc=auroc, sensitivity=sensitivity, specificity=specificity, **further)


def _measured(metric: Mapping[str, Any] | None) -> Measured | None:
    if metric is None:
        return None
    reason = metric.get("reason")
    return Measured(
        value=metric["value"],
        low=metric.get("low"),
        high=metric.get("high"),
        reason=None if reason is None else str(reason)[:_LONGEST_REASON],
        n=metric.get("n"),
    )
