"""Hundreds of findings become few lines, and none is lost from the count."""

from __future__ import annotations

from heartprobe.data.finding_summary import summary_of
from heartprobe.data.recordings import Finding


def test_the_first_of_each_kind_are_named_and_the_rest_counted() -> None:
    findings = [Finding("noisy", f"a{i}", "Noise.") for i in range(5)] + [Finding("missing", "b", "No file.")]
    assert summary_of(findings) == [
        "noisy: a0: Noise.",
        "noisy: a1: Noise.",
        "noisy: a2: Noise.",
        "noisy: 2 more, all named in the report.",
        "missing: b: No file.",
    ]
    assert summary_of([]) == []
