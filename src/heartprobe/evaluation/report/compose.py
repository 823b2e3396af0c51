"""The sections of a report in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heartprobe.evaluation.report.checklists.section import checklists_section
from heartprobe.evaluation.report.content import Document, Section
from heartprobe.evaluation.report.sections.audit import audit_section
from heartprobe.evaluation.report.sections.calibration import calibration_section
from heartprobe.evaluation.report.sections.curves import curves_section
from heartprobe.evaluation.report.sections.data import data_section
from heartprobe.evaluation.report.sections.decisions import decisions_section
from heartprobe.evaluation.report.sections.limits import limits_section
from heartprobe.evaluation.report.sections.metrics import metrics_section
from heartprobe.evaluation.report.sections.opening import opening
from heartprobe.evaluation.report.sections.positions import positions_section
from heartprobe.evaluation.report.sections.protocol import SplitCounts
from heartprobe.evaluation.report.sections.result import result_section
from heartprobe.evaluation.report.sections.settings import settings_section
from heartprobe.evaluation.report.sections.sites import sites_section
from heartprobe.evaluation.wording import Report


def compose(
    report: Report,
    *,
    splits: Sequence[SplitCounts] = (),
    hardest: Section | None = None,
    environment: Mapping[str, Any] | None = None,
) -> Document:
    """Return the whole report as content; what was not measured has no section.

    Args:
        report: As it stands in `report.json`.
        splits: How many patients each part of each split has, where it is known.
        hardest: The section on the hardest patients, where predictions are at hand.
        environment: As it stands in `environment.json`, where there is one.
    """
    sections = (
        data_section(report, splits),
        result_section(report),
        curves_section(report),
        calibration_section(report),
        decisions_section(report),
        positions_section(report),
        audit_section(report),
        sites_section(report),
        hardest,
        metrics_section(report),
        settings_section(report, environment),
        limits_section(report),
    )
    there = tuple(section for section in sections if section is not None)
    checklists = checklists_section([section.title for section in there], is_developed=bool(report["selection"]))
    return Document(f"heartprobe: {report['data']['name']}", opening(report), (*there, checklists))
