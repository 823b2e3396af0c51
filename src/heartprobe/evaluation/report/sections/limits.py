"""What the numbers cannot tell."""

from __future__ import annotations

from heartprobe.evaluation.report.content import Paragraph, Section
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.protocol import has_several_models
from heartprobe.evaluation.wording import Report, counted


def limits_section(report: Report) -> Section:
    """Return one paragraph per limit, those of this run among them."""
    texts = (
        "The data are synthetic: no number here is about people." if report["data"]["is_synthetic"] else "",
        _elsewhere(report),
        "The intervals hold the trained models as they are; training again would add to them.",
        "PPV, NPV and accuracy hold for the share of the sick in this data set, which is not that of a clinic, unless "
        "another prevalence stands beside them.",
        _calibration(report),
        _pooled(report),
        "The labels are taken as they are: how, when and by whom the hearts were examined is for the data set to say.",
    )
    return Section(titles.LIMITS, tuple(Paragraph(text) for text in texts if text))


def _elsewhere(report: Report) -> str:
    patients = counted(report["levels"]["patient"]["patients"], "patient")
    where = f"{len(report['sites'])} sites" if "sites" in report else "one data set"
    return (
        f"{patients} of {where}: the intervals tell how other patients of the same kind would come out, and nothing "
        "about other hospitals, stethoscopes or populations. Models of heart sounds are known to lose much of their "
        "accuracy there."
    )


def _calibration(report: Report) -> str:
    method = (report.get("calibration") or {}).get("method", "none")
    if method == "none":
        return "Probabilities are not calibrated: they rank patients and are no risks."
    return (
        "Probabilities are calibrated for patients like those whom the model was calibrated on; where the finding is "
        "rarer or commoner, or sounds are recorded otherwise, they are off."
    )


def _pooled(report: Report) -> str:
    if not has_several_models(report):
        return ""
    return (
        "The predictions of several models are pooled; the model that is kept was trained on everybody and is none of "
        "those that were tested."
    )
