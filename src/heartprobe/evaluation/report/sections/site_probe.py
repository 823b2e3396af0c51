"""How well the place of a recording can be read off the features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.report.cells import percent
from heartprobe.evaluation.report.content import Block, Cell, Group, Paragraph, Row, Table
from heartprobe.evaluation.wording import counted, listed, metric_text, number

_TITLE: Final = "Whether the site can be heard"


def site_probe_group(probe: Mapping[str, Any] | None) -> Group | None:
    """Return the accuracy of a model that tells the site, and what it mistakes for what."""
    if probe is None:
        return None
    if "reason" in probe:
        return Group(_TITLE, (Paragraph(f"Not measured: {probe['reason']}."),))
    layer = f" of layer {probe['layer']}" if probe.get("layer") is not None else ""
    sentence = (
        f"From the features{layer}, a linear model tells the site of a recording with a balanced accuracy of "
        f"{metric_text(probe['balanced_accuracy'])}; guessing among {len(probe['sites'])} sites would reach "
        f"{number(probe['chance'])}. Where it is well above guessing, a model of several sites can use the site "
        "instead of the heart."
    )
    blocks: list[Block] = [Paragraph(sentence), *_normals(probe.get("normals_alone")), *_left_out(probe)]
    if probe.get("confusion"):
        blocks.append(_confusion(probe))
    return Group(_TITLE, tuple(blocks))


def _normals(probe: Mapping[str, Any] | None) -> list[Block]:
    """Say the same of normal hearts alone, which differ between sites in nothing but the site."""
    if probe is None:
        return []
    if "reason" in probe:
        return [Paragraph(f"Among normal hearts alone it was not measured: {probe['reason']}.")]
    return [
        Paragraph(
            f"Among normal hearts alone, of {counted(probe['patients'], 'patient')}: "
            f"{metric_text(probe['balanced_accuracy'])}, by chance {number(probe['chance'])}."
        )
    ]


def _left_out(probe: Mapping[str, Any]) -> list[Block]:
    reasons = [f"{site}: {reason}" for site, reason in (probe.get("left_out") or {}).items()]
    left_out = [Paragraph(f"Left out: {listed(reasons)}.", "note")] if reasons else []
    return [*left_out, *(Paragraph(note, "note") for note in probe.get("notes") or ())]


def _confusion(probe: Mapping[str, Any]) -> Table:
    sites = probe["sites"]
    rows = tuple(
        Row((Cell(site), *(Cell(percent(round(share, 3))) for share in shares)))
        for site, shares in zip(sites, probe["confusion"], strict=True)
    )
    return Table(
        ("Recorded at", *(f"told as {site}" for site in sites)), rows, "What is taken for what", is_folded=True
    )
