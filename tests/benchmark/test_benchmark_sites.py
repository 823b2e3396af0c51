"""Means over sites and the paired differences of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heartprobe.benchmark.sites import ALL_SITES, compare_sites, mean_over

#: The first letter of a patient is the site.
GROUPS = {ALL_SITES: ["a", "b", "c"], "two of them": ["a", "c"]}


def predictions(shift: float, seed: int) -> pd.DataFrame:
    """Ten patients at each of three sites, half of them normal; the more shift, the better they are told apart."""
    rng = np.random.default_rng(seed)
    rows = []
    for site in "abc":
        for i in range(10):
            probability = float(np.clip(0.5 + shift * (i % 2 - 0.5) + rng.normal(0, 0.15), 0, 1))
            rows.append((0, 0, "patient", f"{site}{i}", "", "N", float(i % 2), probability, int(probability >= 0.5)))
    columns = ("repeat", "fold", "level", "patient_id", "recording_id", "label", "truth", "probability", "decision")
    return pd.DataFrame(rows, columns=list(columns))


def test_mean_counts_every_site_the_same_and_names_what_is_left_out() -> None:
    by_site = {
        "a": {"N": {"value": 0.9}},
        "b": {"N": {"value": 0.5}},
        "c": {"N": {"value": None, "reason": "all are normal"}},
    }
    assert mean_over(by_site, ["a", "b"]) == {"value": pytest.approx(0.7), "n": 2}
    assert mean_over(by_site, ["a", "b", "c"]) == {"value": pytest.approx(0.7), "n": 2, "left_out": ["N at c"]}
    assert mean_over(by_site, ["c"]) == {"value": None, "reason": "it is undefined at every site"}


def test_difference_of_means_is_the_mean_of_differences() -> None:
    found = compare_sites(
        predictions(0.1, 1), predictions(0.4, 2), lambda p: p[0], GROUPS, seed=1, draws=200, names=("first", "second")
    )
    at = {site: labels["N"] for site, labels in found["sites"].items()}
    assert sorted(at) == ["a", "b", "c"]
    for entry in at.values():
        assert entry["value"] == pytest.approx(entry["run"] - entry["baseline"])
    means = found["site_means"]
    assert means[ALL_SITES]["value"] == pytest.approx(np.mean([at[site]["value"] for site in "abc"]))
    assert means["two of them"]["value"] == pytest.approx(np.mean([at["a"]["value"], at["c"]["value"]]))
    assert means[ALL_SITES]["low"] < means[ALL_SITES]["value"] < means[ALL_SITES]["high"]


def test_patients_of_different_sites_are_never_ranked_against_each_other() -> None:
    """A model that gives a whole site higher probabilities is the same model there."""
    shifted = predictions(0.2, 3)
    lifted = shifted.assign(probability=shifted["probability"] / 4 + 0.7 * (shifted["patient_id"].str[0] == "a"))
    found = compare_sites(shifted, lifted, lambda p: p[0], GROUPS, seed=1, draws=100, names=("first", "second"))
    assert [mean["value"] for mean in found["site_means"].values()] == [0, 0]
