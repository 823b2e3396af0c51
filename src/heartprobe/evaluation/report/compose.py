"""The sections of a report in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heartprobe.evaluation.report.background import (
    data_section,
    findings_section,
    limits_section,
    model_section,
    settings_section,
)
from heartprobe.evaluation.report.content import Document, Picture
from heartprobe.evaluation.report.opening import opening
from heartprobe.evaluation.report.results import all_metrics_section, decisions_section, patient_section
from heartprobe.evaluation.report.sites import sites_section
from heartprobe.evaluation.report.wording import Report


def compose(report: Report, *, roc: Picture | None = None, environment: Mapping[str, Any] | None = None) -> Document:
    """Return the whole report as content.

    Args:
        report: As it stands in `report.json`.
        roc: The picture of the curves, where one was drawn.
        environment: As it stands in `environment.json`, where there is one.
    """
    sections = (
        patient_section(report, roc),
        *([sites_section(report)] if "sites" in report else []),
        decisions_section(report),
        all_metrics_section(report),
        data_section(report),
        model_section(report),
        findings_section(report),
        limits_section(report),
        settings_section(report, environment),
    )
    return Document(f"heartprobe: {report['data']['name']}", opening(report), sections)
