"""Probabilities in percent, the same wherever they are printed."""

from __future__ import annotations


def percent(probability: float) -> str:
    """Return a probability in percent; nothing is said to be certain."""
    if probability > 0.99:
        return "> 99 %"
    return "< 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def of_finding(finding_probability: float, *, is_calibrated: bool) -> str:
    """Return P(finding) in percent, and that no calibration stands behind it where there is none."""
    said = percent(finding_probability)
    return said if is_calibrated else f"{said}, uncalibrated"


def where_they_hold(prevalences: dict[str, float | None]) -> str | None:
    """Return, in a sentence, among how many people with the finding probabilities hold; `None` if that is not known.

    Args:
        prevalences: Share of people with the finding, by finding; `None` where it is not known.
    """
    known = [f"{finding} {percent(share)}" for finding, share in prevalences.items() if share is not None]
    if not known:
        return None
    return (
        f"Probabilities hold where so many people have the finding: {', '.join(known)}. Where fewer have it, they are "
        "too high; where more have it, too low."
    )
