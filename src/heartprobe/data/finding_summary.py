"""Findings in few lines: the first of each kind, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable

from heartprobe.data.recordings import Finding

#: Findings of one kind that are named; a noisy data set has hundreds.
NAMED_PER_KIND = 3


def summary_of(findings: Iterable[Finding]) -> list[str]:
    """Return the lines that a person reads while a run goes on; reports name every finding."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    lines = []
    for kind, found in by_kind.items():
        lines += [f"{kind}: {finding.subject}: {finding.detail}" for finding in found[:NAMED_PER_KIND]]
        if len(found) > NAMED_PER_KIND:
            lines.append(f"{kind}: {len(found) - NAMED_PER_KIND} more, all named in the report.")
    return lines
