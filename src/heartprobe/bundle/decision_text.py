"""How a bundle decides, in words and tables for its card."""

from __future__ import annotations

from typing import Final

from heartprobe.decisions.decider import Decider
from heartprobe.decisions.fusion import is_by_agreement
from heartprobe.decisions.level import Level
from heartprobe.decisions.position_weights import shares
from heartprobe.labels import finding_name

_FUSIONS: Final = {
    "mean": "A patient's probability is the mean over the recordings.",
    "median": "A patient's probability is the median over the recordings.",
    "max": "A patient's probability is that of the most conspicuous recording.",
    "noisy-or": "A patient's probability is that of a finding in at least one recording, as if each told something of "
    "its own (noisy-or).",
    "any-positive": "A patient's probability is that of the most conspicuous recording after its calibration.",
    "learned": "A patient's log odds are a mean over the recordings, weighted by position (below). Where positions "
    "are missing, the others count the more.",
}

_FREQUENT: Final = (
    "They hold where as many people have a finding as the table says; where fewer have it, they are too high."
)
_CALIBRATIONS: Final = {
    "none": "Probabilities are not calibrated: they put patients in an order, but 0.8 need not mean eight of ten.",
    "platt": f"Probabilities are calibrated on validation patients by slope and intercept (Platt). {_FREQUENT}",
    "temperature": "Probabilities are calibrated on validation patients by slope alone (temperature). "
    "Where they hold is not known without an intercept: compare them with the threshold, and with nothing else.",
}

_THRESHOLDS: Final = {
    "fixed": "A finding is declared from a threshold that was given.",
    "youden": "A finding is declared from where sensitivity + specificity was highest on validation patients.",
    "sensitivity": "A finding is declared from where the wanted sensitivity was just reached on validation patients.",
}


def decision_text(decider: Decider) -> str:
    """Return how recordings are fused and how answers come about, in Markdown."""
    lines = [
        f"- {_FUSIONS[decider.patient_rule]}",
        f"- {_CALIBRATIONS[decider.calibration]}",
        f"- {_threshold(decider)}",
        f"- {_uncertain(decider)}",
        "",
        "| finding | slope | intercept | holds where | declared from | uncertain |",
        "|---|---|---|---|---|---|",
        *(_row(label, chosen.patients) for label, chosen in decider.labels.items()),
    ]
    reasons = [
        f"- {finding_name(label)}: {what} could not be chosen freely: {reason}."
        for label, chosen in decider.labels.items()
        for what, reason in _reasons(chosen.patients)
    ]
    blocks = [lines, reasons, _weights(decider)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _threshold(decider: Decider) -> str:
    if decider.threshold_rule == "fixed" and decider.patient_rule == "any-positive":
        return f"{_THRESHOLDS['youden']} That of single recordings was given."
    return _THRESHOLDS[decider.threshold_rule]


def _uncertain(decider: Decider) -> str:
    band = (
        "The answer is *uncertain* where the probability is too near to the threshold: outside that band, at most "
        f"{100 * decider.largest_error:g} % of the decisions about validation patients were wrong"
    )
    if not is_by_agreement(decider.patient_rule):
        return f"{band}."
    return f"{band}; and where fewer than half of the patient's recordings, judged alone, share the decision."


def _row(label: str, level: Level) -> str:
    calibration, band = level.calibration, level.band
    holds = "unknown" if calibration.prevalence is None else f"{100 * calibration.prevalence:.0f} % have it"
    uncertain = f"{band.low:.3f} to {band.high:.3f}" if band.low < band.high else "nowhere"
    return (
        f"| {finding_name(label)} | {calibration.slope:.3f} | {calibration.intercept:.3f} | {holds} | "
        f"{level.threshold.value:.3f} | {uncertain} |"
    )


def _reasons(level: Level) -> list[tuple[str, str]]:
    """Return what could not be chosen, each reason once with all that it concerns."""
    concerns: dict[str, list[str]] = {}
    for what, reason in (
        ("calibration", level.calibration.reason),
        ("threshold", level.threshold.reason),
        ("uncertain answers", level.band.reason),
    ):
        if reason is not None:
            concerns.setdefault(reason, []).append(what)
    return [(", ".join(what), reason) for reason, what in concerns.items()]


def _weights(decider: Decider) -> list[str]:
    """Return the table of what each position counts, in percent; no lines where nothing was learned."""
    by_label = {label: shares(chosen.position_weights) for label, chosen in decider.labels.items()}
    positions = sorted({position for weights in by_label.values() for position in weights})
    if not positions:
        return []
    return [
        f"| position | {' | '.join(finding_name(label) for label in by_label)} |",
        f"|---|{'---|' * len(by_label)}",
        *(
            f"| {position} | "
            + " | ".join(f"{100 * weights[position]:.0f} %" if weights else "equal" for weights in by_label.values())
            + " |"
            for position in positions
        ),
    ]
