"""Whom a model was developed on, for its card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from heartprobe.data.catalogue import DATASETS
from heartprobe.data.combine import dataset_names
from heartprobe.data.recordings import RecordingSet
from heartprobe.labels import finding_value


@dataclass(frozen=True, slots=True)
class Source:
    """One data set that the patients are from.

    Attributes:
        title: Its full name.
        url: Where it is published; empty for one's own recordings.
        licence: What its authors allow.
        citation: What to cite.
    """

    title: str
    url: str
    licence: str
    citation: str


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The development patients of a model.

    Attributes:
        patients: How many there are.
        recordings: How many recordings of them.
        sites: How many patients each site has.
        findings: By label, how many have the finding, do not have it, and of how many it is unknown.
        sources: The data sets; none where the sounds were generated.
    """

    patients: int
    recordings: int
    sites: Mapping[str, int]
    findings: Mapping[str, tuple[int, int, int]]
    sources: tuple[Source, ...]

    @classmethod
    def of(cls, recordings: RecordingSet, labels: Sequence[str]) -> Self:
        """Count the patients of a set.

        Args:
            recordings: Of the development patients, under the names of the data sets that these are from.
            labels: What the model predicts.
        """
        ids = recordings.patient_ids
        targets = recordings.targets(ids, labels)
        names = () if recordings.is_synthetic else dataset_names(recordings.name)
        return cls(
            patients=len(ids),
            recordings=len(recordings.recordings),
            sites=dict(sorted(Counter(map(recordings.site_of, ids)).items())),
            findings={
                label: (
                    int((column == finding_value(label)).sum()),
                    int((column == 1 - finding_value(label)).sum()),
                    int(np.isnan(column).sum()),
                )
                for label, column in zip(labels, targets.T, strict=True)
            },
            sources=tuple(_source(name) for name in names),
        )


def _source(name: str) -> Source:
    if name not in DATASETS:
        return Source(title=name, url="", licence="not known", citation="not known")
    facts = DATASETS[name]
    return Source(title=facts.title, url=facts.url, licence=facts.licence, citation=facts.citation)
