"""A report of sites that were left out: nothing ranks patients of two sites without a caution."""

from __future__ import annotations

import copy

import pytest

from heartprobe.evaluation.metrics.sites import measure_sites
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import Group, Paragraph, Table
from heartprobe.evaluation.report.markdown import to_markdown
from heartprobe.evaluation.report.sections.opening import answer
from heartprobe.evaluation.report.sections.pooled import CALIBRATED, DECIDED, RANKED
from heartprobe.evaluation.report.sections.result import result_table
from heartprobe.evaluation.report.sections.sites import sites_section

CAUTIONS = {
    "Calibration": CALIBRATED,
    "Decisions": DECIDED,
    "Positions": RANKED,
    "Confounder audit": RANKED,
    "All metrics": RANKED,
}


@pytest.fixture(scope="module")
def sites(five_label_predictions) -> dict:
    """Two sites of 54 patients."""
    return measure_sites(five_label_predictions, lambda patient: "a" if patient < "p054" else "b", seed=0, draws=50)


@pytest.fixture
def by_site(full_report, sites) -> dict:
    """The full report, had each of the two sites been tested by a model of the other."""
    report = copy.deepcopy({**full_report, **sites})
    report["task"]["protocol"] = "leave-site-out"
    return report


def test_a_caution_stands_wherever_all_sites_are_taken_together(by_site, full_report):
    """And nowhere in a report of one model for all."""
    found = {s.title: [b.text for b in s.blocks if isinstance(b, Paragraph)] for s in compose(by_site).sections}
    assert {title: text for title, text in CAUTIONS.items() if text in found[title]} == CAUTIONS
    assert not any(text in to_markdown(compose(full_report)) for text in CAUTIONS.values())


def test_neither_the_result_nor_curves_rank_patients_of_two_sites(by_site, full_report):
    """Decisions are counted; what ranks is left to the sites."""
    table = result_table(by_site)
    assert table.header == ("", "Sensitivity", "Specificity", "Balanced accuracy", "F1")
    assert table.notes[0].startswith("Each site was tested by another model")
    assert result_table(full_report).header[1:3] == ("AUROC", "Average precision")
    assert "ROC and precision-recall" not in [section.title for section in compose(by_site).sections]
    decisions = next(section for section in compose(by_site).sections if section.title == "Decisions")
    thresholds = next(b for b in decisions.blocks if isinstance(b, Group) and b.title == "Thresholds")
    assert thresholds.blocks[1].header == ("", "Threshold: median (range over folds)")
    pooled = f"{by_site['levels']['patient']['macro']['auroc']['value']:.3f}"
    top = to_markdown(compose(by_site)).split("## Calibration")[0]
    assert pooled not in top


def test_several_sites_of_one_protocol_get_a_note_on_the_pooled_ranking(full_report, sites):
    """Under cross-validation the AUROC stays, with what it may reward."""
    table = result_table({**full_report, **sites})
    assert "AUROC" in table.header
    assert "also rewards telling the sites apart" in table.notes[0]
    assert not any("rewards" in note for note in result_table(full_report).notes)


def test_every_site_has_its_rates_for_several_labels_too(by_site):
    """The AUROC open, the rates folded; their mean over sites is that of the AUROC alone."""
    tables = [block for block in sites_section(by_site).blocks if isinstance(block, Table)][:3]
    assert [table.is_folded for table in tables] == [False, True, True]
    assert [table.header[2] for table in tables] == ["AUROC N", "Sensitivity N", "Specificity N"]
    assert [str(table.rows[-1].cells[0]) for table in tables] == ["mean over sites", "b", "b"]
    rate = by_site["sites"]["b"]["levels"]["patient"]["labels"]["AS"]["sensitivity"]["value"]
    assert tables[1].rows[1].cells[3].text == f"{rate:.3f}"


def test_where_no_site_has_both_kinds_no_pooled_auroc_takes_their_place(by_site):
    """All normal at one site and all abnormal at the other: pooled, that would rank the sites."""
    by_site["sites_mean"]["patient"]["N"]["auroc"] = {"value": None, "reason": "it is undefined at every site"}
    said = answer(by_site)
    assert said.startswith(
        "At none of the 2 sites there are patients with and without the finding of N (abnormal or normal), so how well"
    )
    assert "AUROC for AS (aortic stenosis) is 0." in said
    for mean in by_site["sites_mean"]["patient"].values():
        mean["auroc"] = {"value": None, "reason": "it is undefined at every site"}
    assert "AUROC" not in answer(by_site)


def test_a_dash_at_a_site_has_its_reason(by_site):
    """Of every metric, not of the AUROC alone."""
    undefined = {"value": None, "reason": "none of the patients is positive for MS"}
    by_site["sites"]["b"]["levels"]["patient"]["labels"]["MS"]["sensitivity"] = undefined
    table = [block for block in sites_section(by_site).blocks if isinstance(block, Table)][1]
    assert table.missing == ("– b: Sensitivity MS (none of the patients is positive for MS).",)
