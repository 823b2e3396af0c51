"""The same measures site by site: a mean over places can hide that a model fails in one of them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.metrics.measure import measure


def measure_sites(
    predictions: pd.DataFrame, site_of: Callable[[str], str], *, seed: int, draws: int
) -> JSONObject | None:
    """Return what `measure` says of each site, and the mean AUROC over them.

    Args:
        predictions: As `read_predictions` returns them.
        site_of: Returns where a patient was recorded.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `sites`: by site, its `levels`; `sites_mean`: by level and label, the unweighted mean of the
        sites' AUROC with the sites for which it is undefined in `left_out`. `None` where all tested
        patients are of one site.
    """
    sites = predictions["patient_id"].map(site_of)
    names = sorted(sites.unique())
    if len(names) < 2:
        return None
    by_site = {
        name: {"levels": measure(predictions[sites == name].reset_index(drop=True), seed=seed, draws=draws)}
        for name in names
    }
    levels: JSONObject = by_site[names[0]]["levels"]
    mean = {
        level: {label: {"auroc": _mean_auroc(by_site, level, label)} for label in values["labels"]}
        for level, values in levels.items()
    }
    return {"sites": by_site, "sites_mean": mean}


def _mean_auroc(by_site: JSONObject, level: str, label: str) -> JSONObject:
    """Return the mean with the number of sites as `n`; a handful of sites tells no interval for others."""
    entries = {site: found["levels"][level]["labels"][label]["auroc"] for site, found in by_site.items()}
    values = [entry["value"] for entry in entries.values() if entry["value"] is not None]
    left_out = [site for site, entry in entries.items() if entry["value"] is None]
    if not values:
        return {"value": None, "reason": "it is undefined at every site"}
    entry = {"value": sum(values) / len(values), "n": len(values)}
    return {**entry, "left_out": left_out} if left_out else entry
