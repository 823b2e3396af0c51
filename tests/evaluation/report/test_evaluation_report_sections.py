"""The sections on curves, calibration, decisions, positions, confounders and sites, from what the measures return."""

from __future__ import annotations

import copy

import pytest

from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import Group, Paragraph, Picture, Table
from heartprobe.evaluation.report.html import to_html
from heartprobe.evaluation.report.markdown import to_markdown
from heartprobe.evaluation.report.sections.audit import audit_section
from heartprobe.evaluation.report.sections.calibration import calibration_section
from heartprobe.evaluation.report.sections.curves import curves_section
from heartprobe.evaluation.report.sections.decisions import decisions_section
from heartprobe.evaluation.report.sections.positions import positions_section
from heartprobe.evaluation.report.sections.sites import sites_section


def inside(blocks):
    """All blocks, those of groups among them."""
    for block in blocks:
        yield block
        if isinstance(block, Group):
            yield from inside(block.blocks)
        if isinstance(block, Picture):
            yield from block.numbers


def tables(section):
    return [block for block in inside(section.blocks) if isinstance(block, Table)]


def pictures(section):
    return [block for block in inside(section.blocks) if isinstance(block, Picture)]


def said(section):
    """All sentences and cells of a section."""
    blocks = list(inside(section.blocks))
    texts = [block.text for block in blocks if isinstance(block, Paragraph)]
    texts += [
        str(text)
        for block in blocks
        if isinstance(block, Table)
        for text in (
            block.caption,
            *block.header,
            *block.notes,
            *block.missing,
            *(c for r in block.rows for c in r.cells),
        )
    ]
    return "\n".join(texts)


def three(value):
    return f"{value:.3f}".replace("-", "−")


def test_every_section_is_there_and_in_the_promised_order(full_report):
    """The order in which a reader needs them."""
    titles = [section.title for section in compose(full_report).sections]
    assert titles == [
        "Data and split",
        "Result per patient",
        "ROC and precision-recall",
        "Calibration",
        "Decisions",
        "Positions",
        "Confounder audit",
        "All metrics",
        "Model, settings and environment",
        "Limits",
        "Reporting checklists",
    ]


@pytest.mark.parametrize("missing", ["curves", "calibration", "decisions", "fusion", "positions", "audit"])
def test_each_section_can_be_absent(full_report, missing):
    """Nothing fails and the others stay."""
    report = {key: value for key, value in full_report.items() if key != missing}
    for text in (to_html(compose(report)), to_markdown(compose(report))):
        assert "Result per patient" in text
        assert "None" not in text


def test_each_label_has_its_curves_with_what_they_amount_to(full_report):
    """A panel per label; the numbers stand in tables, which are all that Markdown has of a picture."""
    roc, recall = pictures(curves_section(full_report))
    assert [panel.title for panel in roc.panels] == ["N", "AS", "AR", "MR", "MS"]
    auroc = full_report["levels"]["patient"]["labels"]["AS"]["auroc"]
    assert roc.panels[1].detail.startswith(f"AUROC {three(auroc['value'])} (")
    assert "ROC curve of AS (aortic stenosis)" in roc.panels[1].drawing
    curve = full_report["curves"]["labels"]["AS"]["roc"]
    at_90 = [round(s, 2) for s in curve["specificity"]].index(0.9)
    assert str(roc.numbers[0].rows[1].cells[2]).startswith(three(curve["sensitivity"][at_90]))
    # Average precision of N here is that of the abnormal, as the curve is.
    abnormal = full_report["levels"]["patient"]["labels"]["N"]["average_precision_abnormal"]["value"]
    assert recall.panels[0].detail.startswith(f"AP {three(abnormal)}")


def test_one_label_has_one_large_picture(full_report):
    """Both curves side by side, and all decision curves."""
    report = copy.deepcopy(full_report)
    for part in (report["curves"], report["decisions"], report["calibration"], report["levels"]["patient"]):
        part["labels"] = {"AS": part["labels"]["AS"]}
    (curves,) = pictures(curves_section(report))
    assert (len(curves.panels), curves.is_large, len(curves.numbers)) == (2, True, 2)
    benefit = next(p for p in pictures(decisions_section(report)) if "Where 5 % have the finding" in str(p.panels))
    assert len(benefit.panels) == 3


def test_an_undefined_curve_has_no_panel(full_report):
    """A label without a class is left out of the picture; without any there is no section."""
    report = copy.deepcopy(full_report)
    report["curves"]["labels"]["MS"] = {"roc": {"value": None, "reason": "r"}, "precision_recall": {"value": None}}
    roc, _ = pictures(curves_section(report))
    assert [panel.title for panel in roc.panels] == ["N", "AS", "AR", "MR"]
    report["curves"]["labels"] = {"MS": report["curves"]["labels"]["MS"]}
    assert curves_section(report) is None


def test_calibration_shows_before_and_after_and_names_the_bias_of_the_ece(full_report):
    """Brier, ECE beside what calibrated probabilities would have, slope and intercept."""
    section = calibration_section(full_report)
    found = full_report["calibration"]["labels"]["AS"]
    table = tables(section)[-1]
    after = next(row for row in table.rows if str(row.cells[0]) == "AS")
    before = table.rows[table.rows.index(after) + 1]
    assert str(after.cells[1]).startswith(three(found["brier"]["value"]))
    assert str(after.cells[2]) == three(found["ece"]["value"])
    assert str(after.cells[3]).startswith(three(found["ece"]["expected_if_calibrated"]))
    assert before.is_muted
    assert str(before.cells[1]).startswith(three(found["uncalibrated"]["brier"]["value"]))
    assert "above 0 by chance even where every probability is right" in said(section)
    assert "Platt" in said(section)
    (picture,) = pictures(section)
    assert picture.panels[1].drawing.count('class="other"') == 1 + len(found["uncalibrated"]["reliability"])


def test_decisions_are_quoted_with_thresholds_and_elsewhere(full_report):
    """The rule in words, the range of thresholds, PPV and NPV at each prevalence, net benefit, uncertainty."""
    section = decisions_section(full_report)
    text = said(section)
    assert "sensitivity plus specificity is highest on validation patients" in text
    assert "more than 10 % of such decisions were wrong" in text
    found = full_report["decisions"]["labels"]["AR"]
    assert three(found["at_prevalence"][0]["ppv"]["value"]) in text
    assert "PPV at 5 %" in text
    assert three(found["net_benefit"]["model"][49]) in text
    assert three(found["uncertain"]["error_decided"]["value"]) in text
    cells = full_report["levels"]["patient"]["labels"]["AR"]["confusion"]
    confusion = tables(section)[0].rows[2]
    assert [str(cell) for cell in confusion.cells] == ["AR", *(f"{cells[k]:g}" for k in ("tp", "fn", "fp", "tn"))]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"threshold_rule": "fixed", "threshold": 0.4}, "declared from a probability of 0.4 on"),
        ({"threshold_rule": "sensitivity", "sensitivity": 0.95}, "a sensitivity of 0.95 is reached on validation"),
        ({"threshold_rule": "fixed"}, "declared from a probability that was given on"),
        ({"threshold_rule": "sensitivity"}, "the wanted sensitivity is reached on validation"),
        ({"unheard": 1}, "Decided by: unheard 1."),
    ],
)
def test_the_rule_in_words(full_report, rule, words):
    """Also one that this version does not know."""
    report = {**full_report, "decisions": {**full_report["decisions"], "rule": rule}}
    assert words in said(decisions_section(report))


def test_what_validation_could_not_tell_is_said(full_report):
    """A threshold that fell back to 0.5 is never silent."""
    steps = {"threshold": {"value": 0.5, "reason": "nobody had it"}, "calibration": {"slope": 1, "reason": None}}
    selection = [{"fold": 0, "decisions": {"labels": {"MS": {"patients": steps}}}}, {"fold": 1}]
    text = said(decisions_section({**full_report, "selection": selection}))
    assert "MS, threshold: nobody had it (1 of 2 splits)." in text
    assert "calibration:" not in text


def test_positions_are_a_grid_of_postures_and_areas(full_report):
    """The numbers in the cells, in the words of the picture and in the table are the same."""
    chest, *_ = pictures(positions_section(full_report))
    found = full_report["positions"]["positions"]["sup_Aor"]["labels"]["AS"]["auroc"]["value"]
    assert f"aortic, lying {found:.2f}" in chest.panels[1].drawing
    assert f">{found:.2f}</text>" in chest.panels[1].drawing
    row = next(row for row in chest.numbers[0].rows if row.cells[0].text == "aortic, lying")
    assert str(row.cells[2]).startswith(three(found))
    assert [table.caption.split()[0] for table in chest.numbers] == ["AUROC", "Sensitivity", "Specificity"]


def test_rules_of_fusion_stand_against_the_one_that_was_used(full_report):
    """The paired difference, and the warning that the best was read off the test patients."""
    section = positions_section(full_report)
    table = next(t for t in tables(section) if t.caption == "Rules from recordings to patients")
    mean, other = table.rows
    assert str(mean.cells[0]) == "mean used in this run"
    assert str(mean.cells[-1]) == ""
    difference = full_report["fusion"]["rules"]["max"]["difference"]
    assert str(other.cells[-1]).startswith(three(difference["value"]))
    assert "read off the test patients" in said(section)
    assert f"{full_report['fusion']['weights']['AS']['sup_Aor']:.2f}" in said(section)


def test_the_audit_shows_groups_and_says_what_was_not_measured(full_report):
    """Groups with their numbers, reasons for what is missing, identical recordings."""
    section = audit_section(full_report)
    text = said(section)
    women = next(p for p in full_report["audit"]["subgroups"] if p["by"] == "sex")["groups"][0]
    assert f"{women['group']} {women['patients']} patients" in text
    assert three(women["labels"]["AS"]["auroc"]["value"]) in text
    assert "Not measured: no second model was trained." in text
    assert "Not measured: all recordings are of one site." in text
    assert "Under several names: 1 sound (1 across patients), 2 recordings of 2 patients." in text


def test_the_site_probe_in_words(full_report):
    """Balanced accuracy against chance, also among normal hearts, and what is taken for what."""
    probe = {
        "layer": 3,
        "sites": ["a", "b"],
        "patients": 80,
        "recordings": 90,
        "left_out": {"c": "4 patients are too few"},
        "notes": [],
        "chance": 0.5,
        "balanced_accuracy": {"value": 0.9, "low": 0.85, "high": 0.95, "n": 80},
        "confusion": [[0.95, 0.05], [0.15, 0.85]],
        "normals_alone": {"reason": "b has no normal heart"},
    }
    text = said(audit_section({**full_report, "audit": {**full_report["audit"], "site_probe": probe}}))
    assert "balanced accuracy of 0.900 (95 % interval 0.850 to 0.950); guessing among 2 sites would reach 0.500" in text
    assert "Among normal hearts alone it was not measured: b has no normal heart." in text
    assert "Left out: c: 4 patients are too few." in text
    assert "told as b" in text
    assert "15 %" in text


def test_sites_tell_what_is_unknown(full_report):
    """Shares of the known; a site that knows no age has no age."""
    labels = {"N": {"known": 20, "with_finding": 5}}
    known = {
        "age": {"known": 10, "mean": 40.2, "youngest": 20, "oldest": 60},
        "sex": {"known": 10, "women": 4},
        "smoking": {"known": 0},
        "residence": {"known": 0},
    }
    sites = {
        "a": {"patients": 25, "recordings": 50, "labels": labels, "demographics": known},
        "b": {"patients": 9, "recordings": 9, "labels": {"N": {"known": 0}}, "demographics": {"reason": "none"}},
    }
    section = sites_section({**full_report, "audit": {"sites": sites}})
    assert section.blocks[0].text.startswith("All tested patients are of one site, so nothing can be said of how")
    (table,) = tables(section)
    a, b = ([str(cell) for cell in row.cells] for row in table.rows)
    assert a == ["a", "25", "50", "25 % (5 of 20)", "40 (20–60, 10 known)", "40 % (4 of 10)", "unknown", "unknown"]
    assert b == ["b", "9", "9", *["unknown"] * 5]


def test_all_of_it_becomes_html_and_markdown(full_report):
    """Whatever the sections hold, both know how to show it; unknown values are shown with their reason."""
    report = copy.deepcopy(full_report)
    report["decisions"]["labels"]["MS"]["at_prevalence"][0]["ppv"] = {"value": None, "reason": "nobody was declared"}
    html, markdown = to_html(compose(report)), to_markdown(compose(report))
    for text in (html, markdown):
        assert "– MS: PPV at 5 % (nobody was declared)." in text
        assert "nan" not in text.lower().replace("non-", "").split()
    assert html.count("<svg") > markdown.count("<svg") == 0
