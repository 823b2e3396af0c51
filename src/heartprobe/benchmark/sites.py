"""Results of a model at several sites: each by itself, and means over groups of them.

Patients of two sites are never ranked against each other: with `leave-site-out` they were predicted
by different models. So every label is measured at every site as if it were a label of its own, and
what is averaged are those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pandas as pd

from heartprobe.data.combine import dataset_of
from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.metrics.entries import JSONObject

#: The name of the group of all sites that were tested.
ALL_SITES: Final = "all sites"

_AT: Final = " at "


def tested_sites(recordings: RecordingSet, test_sets: Sequence[str]) -> list[str]:
    """Return the sites that are tested, sorted: those of some data sets, or all where none is named."""
    tested = (patient for patient in recordings.patient_ids if not test_sets or dataset_of(patient) in test_sets)
    return sorted({recordings.site_of(patient) for patient in tested})


def mean_over(by_site: Mapping[str, Mapping[str, JSONObject]], sites: Sequence[str]) -> JSONObject:
    """Return the unweighted mean of the AUROC over sites and labels.

    Args:
        by_site: By site and label, an entry with its `value`.
        sites: The sites to average.

    Returns:
        `value` and `n`, the number of values; `left_out` names what is undefined. There is no interval: a
        handful of sites does not tell how far others would lie from them.
    """
    entries = {f"{label}{_AT}{site}": entry for site in sites for label, entry in by_site.get(site, {}).items()}
    values = [entry["value"] for entry in entries.values() if entry["value"] is not None]
    left_out = [name for name, entry in entries.items() if entry["value"] is None]
    if not values:
        return {"value": None, "reason": "it is undefined at every site"}
    mean = {"value": sum(values) / len(values), "n": len(values)}
    return {**mean, "left_out": left_out} if left_out else mean


def compare_sites(
    baseline: pd.DataFrame,
    run: pd.DataFrame,
    site_of: Callable[[str], str],
    groups: Mapping[str, Sequence[str]],
    *,
    seed: int,
    draws: int,
    names: tuple[str, str],
) -> JSONObject:
    """Return the paired difference of AUROC, run minus baseline, at every site and for the means over groups.

    Intervals are about patients of these sites; about other sites they say nothing.

    Args:
        baseline: As `read_predictions` returns it.
        run: The predictions that are compared with it.
        site_of: Returns where a patient was recorded.
        groups: Sites to average over, by the name of the group.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
        names: What error messages call the two.

    Returns:
        `site_means`, by group; `sites`, by site and label.
    """
    both = [_with_sites(table, site_of) for table in (baseline, run)]
    means, sites = {}, {}
    for group, members in groups.items():
        of_group = [table[table["site"].isin(members)].reset_index(drop=True) for table in both]
        found = compare(of_group[0], of_group[1], level="patient", seed=seed, draws=draws, names=names)
        means[group] = found["macro"]["auroc"]
        if group == ALL_SITES:
            sites = _by_site(found["labels"])
    return {"site_means": means, "sites": sites}


def _with_sites(predictions: pd.DataFrame, site_of: Callable[[str], str]) -> pd.DataFrame:
    patients = predictions[predictions["level"] == "patient"]
    site = patients["patient_id"].map(site_of)
    return patients.assign(site=site, label=patients["label"] + _AT + site)


def _by_site(labels: Mapping[str, JSONObject]) -> JSONObject:
    by_site: JSONObject = {}
    for name, metrics in labels.items():
        label, _, site = name.partition(_AT)
        by_site.setdefault(site, {})[label] = metrics["auroc"]
    return by_site
