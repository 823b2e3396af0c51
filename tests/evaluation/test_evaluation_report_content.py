"""What a report says, before it is HTML or Markdown."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from heartprobe.evaluation.report.background import findings_section
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import Cell
from heartprobe.evaluation.report.opening import NO_DEVICE, SYNTHETIC, headline, opening, warnings
from heartprobe.evaluation.report.results import result_table
from heartprobe.evaluation.report.wording import listed, metric_cell, metric_notes, metric_text, number, plain


@pytest.fixture
def binary(predictions_with, report_of):
    """A binary report: 8 abnormal and 4 normal patients; one abnormal missed, all normal right."""
    truth = np.array([[0]] * 8 + [[1]] * 4)
    model = np.array([[0.1]] * 7 + [[0.7]] + [[0.6], [0.8], [0.9], [0.9]])
    alone = np.array([[0.1]] * 8 + [[0.8]] * 4)
    return report_of(predictions_with(truth, model, ("N",)), predictions_with(truth, alone, ("N",)), protocol="holdout")


def with_aurocs(report, model, alone):
    """The report with other AUROCs of N: (value, low, high)."""
    changed = copy.deepcopy(report)
    for levels, limits in ((changed["levels"], model), (changed["demographics_only"]["levels"], alone)):
        entry = dict(zip(("value", "low", "high"), limits, strict=True)) | {"n": 12}
        levels["patient"]["labels"]["N"]["auroc"] = entry
    return changed


def test_the_headline_of_a_binary_run(binary):
    """How well patients are ranked, how many are found, and what calling everybody abnormal would be worth."""
    text = headline(with_aurocs(binary, (0.969, 0.8, 1.0), (0.5, 0.4, 0.6)))
    assert text == (
        "AUROC 0.969 (95 % interval 0.800 to 1.000) for N (abnormal or normal), on 12 test patients that nothing was "
        "learned or chosen from. 7 of 8 abnormal patients were found (sensitivity 0.875, 0.473 to 0.997) and 4 of 4 "
        "normal ones recognised (specificity 1.000, 0.398 to 1.000). Calling everybody abnormal would be right for "
        "67 % of them, the model is right for 92 %."
    )


def test_the_headline_of_a_multi_label_run(sample_report):
    """The macro AUROC over the labels that it is the mean of."""
    value = sample_report["levels"]["patient"]["macro"]["auroc"]["value"]
    assert headline(sample_report).startswith(f"Macro AUROC {value:.3f} (95 % interval ")
    assert "over N, AS, AR, MR and MS, on 108 patients, each tested by a model" in headline(sample_report)


def test_the_headline_names_only_the_labels_that_were_averaged(predictions_with, report_of):
    """Nobody has MS: the macro AUROC is that of N and AS, and the table says so."""
    truth = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]] * 6)
    noise = np.random.default_rng(0).random(truth.shape)
    report = report_of(predictions_with(truth, truth * 0.3 + noise * 0.7, ("N", "AS", "MS")), None)
    assert "over N and AS, on 18 patients" in headline(report)
    notes = " ".join(result_table(report).notes)
    assert "without MS, where it is undefined" in notes
    assert "– MS: AUROC" in notes
    assert "(none of the patients is positive for MS)" in notes


@pytest.mark.parametrize(
    ("model", "alone", "expected"),
    [
        ((0.95, 0.90, 0.98), (0.96, 0.91, 0.99), "N: demographics alone predict it as well as the model does"),
        ((0.95, 0.90, 0.98), (0.95, 0.91, 0.99), "N: demographics alone predict it as well as the model does"),
        ((0.95, 0.90, 0.98), (0.90, 0.75, 0.95), "N: demographics alone may explain it (AUROC 0.900 (0.750 to 0.950)"),
        ((0.95, 0.836, 0.99), (0.666, 0.444, 0.845), None),
        ((1.0, None, None), (0.97, 0.70, 1.0), "N: demographics alone may explain it"),
        ((0.95, 0.90, 0.98), (0.93, None, None), "N: demographics alone may explain it"),
        ((0.95, 0.90, 0.98), (0.60, 0.50, 0.70), None),
        ((1.0, None, None), (0.60, 0.50, 0.70), None),
        ((None, None, None), (0.60, 0.50, 0.70), None),
    ],
)
def test_demographics_that_explain_a_label_are_named_at_the_top(binary, model, alone, expected):
    """As good, within 0.07 = hypot(0.05, 0.05), barely overlapping, no interval, clearly apart, undefined."""
    found = warnings(with_aurocs(binary, model, alone))
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("paired", "is_warned"),
    [((0.05, -0.01, 0.11), True), ((0.05, 0.01, 0.09), False), ((0.05, None, None), True)],
)
def test_the_paired_difference_decides_where_it_has_an_interval(binary, paired, is_warned):
    """Pieced together from the two intervals, 0.05 might be chance; on the same patients it may be none."""
    report = with_aurocs(binary, (0.95, 0.90, 0.98), (0.90, 0.75, 0.95))
    entry = dict(zip(("value", "low", "high"), paired, strict=True))
    report["demographics_only"]["difference"] = {"labels": {"N": {"auroc": entry}}}
    found = warnings(report)
    assert len(found) == 1
    # Where the difference is settled, what remains to be said is that demographics alone are this good.
    assert ("can be told without hearing the heart" in found[0]) == (not is_warned)
    if is_warned:
        said = "; difference on the same patients 0.050 (−0.010 to 0.110)"
        assert (said in found[0]) == (paired[1] is not None)


def test_a_label_left_to_chance_is_named(binary):
    """An interval that holds 0.5 is said in a sentence."""
    found = warnings(with_aurocs(binary, (0.6, 0.45, 0.75), (0.3, 0.2, 0.4)))
    assert found == ["N: the interval of the AUROC holds 0.5, so this may be chance."]


def test_demographics_among_the_inputs_are_named(binary):
    """A reader learns that the model is told the age."""
    report = with_aurocs(binary, (0.95, 0.9, 0.99), (0.5, 0.4, 0.6))
    report["task"]["demographics"] = ["age", "sex"]
    assert warnings(report) == ["The model is told age and sex beside the sound."]


def test_without_a_demographics_row_the_report_says_why(predictions_with, report_of):
    """It is not silently left away."""
    truth = np.array([[0], [1]] * 6)
    report = report_of(predictions_with(truth, truth * 0.2 + 0.4, ("N",)), None)
    assert "What demographics alone would reach is not known: the data set has none." in warnings(report)
    assert not any(row.is_muted for row in result_table(report).rows)


def test_demographics_stand_below_every_label(sample_report):
    """Each label's row, and the macro row, is followed by that of demographics alone, with its own numbers."""
    rows = result_table(sample_report).rows
    assert [row.is_muted for row in rows] == [False, True] * 6
    alone = sample_report["demographics_only"]["levels"]["patient"]
    assert str(rows[3].cells[1]).startswith(f"{alone['labels']['AS']['auroc']['value']:.3f} (")
    assert str(rows[11].cells[1]).startswith(f"{alone['macro']['auroc']['value']:.3f} (")


def test_synthetic_data_are_announced_first(binary, sample_report):
    """Before any number; and the notice that this is no medical device stands there exactly once."""
    synthetic = copy.deepcopy(binary)
    synthetic["data"]["is_synthetic"] = True
    assert opening(synthetic)[0].text == SYNTHETIC
    assert opening(binary)[0].text != SYNTHETIC
    for report in (synthetic, sample_report):
        document = compose(report)
        texts = [getattr(b, "text", "") for b in (*document.opening, *(b for s in document.sections for b in s.blocks))]
        assert texts.count(NO_DEVICE) == 1


def test_the_sections(sample_report):
    """Everything that was promised is there, in this order."""
    titles = [section.title for section in compose(sample_report).sections]
    assert titles == [
        "Per patient",
        "Decisions",
        "All metrics",
        "Data",
        "Model",
        "Findings",
        "Limits",
        "Settings and environment",
    ]


def test_problems_stand_before_notes_and_long_lists_are_cut_visibly(sample_report):
    """100 of 150 findings are listed, the problem among them, and the reader is told of the others."""
    report = copy.deepcopy(sample_report)
    notes = [{"kind": "short", "subject": f"r{i}", "detail": "", "is_problem": False} for i in range(149)]
    report["findings"] = [*notes, {"kind": "truncated", "subject": "bad", "detail": "", "is_problem": True}]
    (table,) = findings_section(report).blocks
    assert str(table.rows[0].cells[2]) == "bad"
    assert len(table.rows) == 100
    assert table.caption == "1 problem(s) and 149 note(s)"
    assert table.notes == ("50 more are in report.json.",)
    assert table.is_folded


def test_without_findings_the_report_says_so(sample_report):
    """An empty table would leave it open."""
    (paragraph,) = findings_section({**sample_report, "findings": []}).blocks
    assert paragraph.text == "Nothing was wrong with the data, and nothing was left out."


@pytest.mark.parametrize(
    ("entry", "cell", "text"),
    [
        (
            {"value": 0.5, "low": 0.25, "high": 0.75, "n": 4},
            Cell("0.500", "(0.250–0.750)"),
            "0.500 (95 % interval 0.250 to 0.750)",
        ),
        (
            {"value": 1.0, "low": None, "high": None, "n": 4, "reason": "few"},
            Cell("1.000*"),
            "1.000 (no interval: few)",
        ),
        ({"value": None, "reason": "none"}, Cell("–"), "undefined (none)"),
    ],
)
def test_metrics_in_words(entry, cell, text):
    """With an interval, without one, undefined."""
    assert metric_cell(entry) == cell
    assert metric_text(entry) == text


def test_notes_collect_what_has_the_same_reason():
    """One note per reason, with labels and metrics."""
    undefined = {"value": None, "reason": "nobody was called"}
    starred = {"value": 1.0, "low": None, "high": None, "n": 3, "reason": "all agree"}
    columns = [("AS", {"ppv": undefined, "mcc": undefined, "auroc": starred}), ("MS", {"mcc": undefined})]
    assert metric_notes(columns, ["auroc", "ppv", "mcc"]) == (
        "* AS: AUROC (all agree).",
        "– AS: PPV and MCC; MS: MCC (nobody was called).",
    )


def test_small_words():
    """Lists, minus signs, settings."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert number(-0.1234) == "−0.123"
    said = {"not set": None, "yes": True, "0.03": 0.03, "none": [], "x, 1": ["x", 1], "N 0.1": {"N": 0.1}}
    assert [plain(value) for value in said.values()] == list(said)
