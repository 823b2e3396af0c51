"""Measures site by site."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.metrics.sites import measure_sites
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.markdown import to_markdown


@pytest.fixture
def predictions(predictions_with):
    """Site a: 40 patients ranked without a mistake. Site b: 40 the other way round. Site c: 10, all normal."""
    truth = np.array([[i % 2] for i in range(80)] + [[1]] * 10)
    right = np.where(truth[:, 0] == 1, 0.8, 0.2) + np.linspace(-0.15, 0.15, 90)
    right[40:80] = 1 - right[40:80]
    return predictions_with(truth, right[:, None], ("N",))


def site_of(patient: str) -> str:
    number = int(patient[1:])
    return "a" if number < 40 else "b" if number < 80 else "c"


def test_each_site_is_measured_as_if_it_were_alone(predictions) -> None:
    found = measure_sites(predictions, site_of, seed=3, draws=100)
    assert found is not None
    assert list(found["sites"]) == ["a", "b", "c"]
    alone = measure(predictions[predictions["patient_id"].map(site_of) == "b"], seed=3, draws=100)
    assert found["sites"]["b"]["levels"] == alone
    aurocs = [found["sites"][site]["levels"]["patient"]["labels"]["N"]["auroc"]["value"] for site in "abc"]
    assert aurocs == [1.0, 0.0, None]


def test_the_mean_counts_sites_and_names_those_that_it_leaves_out(predictions) -> None:
    found = measure_sites(predictions, site_of, seed=3, draws=100)
    assert found is not None
    assert found["sites_mean"]["patient"]["N"]["auroc"] == {"value": 0.5, "n": 2, "left_out": ["c"]}


def test_one_site_needs_no_table(predictions) -> None:
    assert measure_sites(predictions, lambda _: "here", seed=3, draws=100) is None


def test_the_report_shows_every_site_and_says_where_a_model_is_misled(predictions_with, report_of) -> None:
    """The warning stands where the whole interval lies below one half."""
    rng = np.random.default_rng(5)
    truth = np.array([[i % 2] for i in range(80)])
    helps = np.where(np.arange(80) < 40, 1.0, -1.0)
    probability = 1 / (1 + np.exp(-helps * 1.5 * (truth[:, 0] - 0.5) - rng.normal(0, 1, 80)))
    table = predictions_with(truth, probability[:, None], ("N",))
    sites = measure_sites(table, site_of, seed=3, draws=200)
    text = to_markdown(compose({**report_of(table, None, protocol="leave-site-out"), **sites}))
    assert "Each site was tested by another model, which was developed at the other sites" in text
    assert "Macro AUROC" not in text.split("## ")[0]
    assert "At sites that were not trained on, the AUROC for N (abnormal or normal) is 0." in text
    section = text.split("## Site by site")[1].split("## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    assert [line.split("|")[1].strip() for line in lines] == ["", "---", "a", "b", "mean over sites"]
    warning = next(line for line in text.splitlines() if line.startswith("**Below chance"))
    assert " at b." in warning
    assert " at a" not in warning
