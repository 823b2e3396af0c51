"""What a report says, before it is HTML or Markdown."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from heartprobe.evaluation.report.cells import interval, metric_cell, metric_notes, percent, plain
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import Cell
from heartprobe.evaluation.report.sections.data import data_section
from heartprobe.evaluation.report.sections.limits import limits_section
from heartprobe.evaluation.report.sections.opening import (
    NO_DEVICE,
    SYNTHETIC,
    answer,
    asked,
    more_of_the_answer,
    opening,
)
from heartprobe.evaluation.report.sections.protocol import SplitCounts, read_split_counts
from heartprobe.evaluation.report.sections.result import result_table


@pytest.fixture
def binary(predictions_with, report_of):
    """A binary report: 8 abnormal and 4 normal patients; one abnormal missed, all normal right."""
    truth = np.array([[0]] * 8 + [[1]] * 4)
    model = np.array([[0.1]] * 7 + [[0.7]] + [[0.6], [0.8], [0.9], [0.9]])
    alone = np.array([[0.1]] * 8 + [[0.8]] * 4)
    return report_of(predictions_with(truth, model, ("N",)), predictions_with(truth, alone, ("N",)), protocol="holdout")


def test_the_question_comes_first_and_names_data_model_and_protocol(binary, sample_report):
    """Also what the model is told beside the sound."""
    assert asked(binary) == (
        "Asked: what can be told from heart sounds alone about N (abnormal or normal)? Answered from 12 patients of "
        "made-up patients with the encoder logmel (as it is) and a linear head, by one split into development and test "
        "patients."
    )
    told = copy.deepcopy(sample_report)
    told["task"]["demographics"] = ["age", "sex"]
    assert "from heart sounds, age and sex about N (abnormal or normal), AS (aortic stenosis)" in asked(told)
    assert asked(told).endswith("by cross-validation over patients.")
    assert opening(binary)[0].text == asked(binary)


def test_the_answer_of_a_binary_run(binary):
    """How well patients are ranked, how many are found, and what calling everybody abnormal would be worth."""
    entry = {"value": 0.969, "low": 0.8, "high": 1.0, "n": 12}
    binary["levels"]["patient"]["labels"]["N"]["auroc"] = entry
    assert answer(binary) == (
        "AUROC 0.969 (95 % interval 0.800 to 1.000) for N (abnormal or normal), on 12 test patients that nothing was "
        "learned or chosen from."
    )
    assert more_of_the_answer(binary) == (
        "7 of 8 abnormal patients were found (sensitivity 0.875, 0.473 to 0.997) and 4 of 4 "
        "normal ones recognised (specificity 1.000, 0.398 to 1.000). Calling everybody abnormal would be right for "
        "67 % of them, the model is right for 92 %."
    )


def test_the_answer_of_a_multi_label_run(sample_report):
    """The macro AUROC over the labels that it is the mean of."""
    value = sample_report["levels"]["patient"]["macro"]["auroc"]["value"]
    assert answer(sample_report).startswith(f"Macro AUROC {value:.3f} (95 % interval ")
    assert "over N, AS, AR, MR and MS, on 108 patients, each tested by a model" in answer(sample_report)


@pytest.mark.parametrize(
    ("protocol", "n_models", "repeats", "ending"),
    [
        ("holdout", 1, 1, "on 108 test patients that nothing was learned or chosen from."),
        ("external", 1, 1, "on 108 test patients that nothing was learned or chosen from."),
        ("external", 0, 1, "on 108 patients, by a model that was trained before."),
        ("splits", 1, 1, "on 108 test patients that nothing was learned or chosen from."),
        ("splits", 5, 1, "on 108 patients, each tested by a model that was developed on others."),
        ("splits", 5, 2, "on 108 patients, each tested by a model that was developed on others (2 times over)."),
        ("cv", 5, 1, "on 108 patients, each tested by a model that was developed on others (cross-validation)."),
        ("cv", 5, 2, "each tested by a model that was developed on others (cross-validation, 2 times over)."),
    ],
)
def test_the_answer_says_who_was_tested_by_whom(sample_report, protocol, n_models, repeats, ending):
    """Of a patient whom another fold learned from it is not said that nothing was."""
    report = copy.deepcopy(sample_report)
    report["task"]["protocol"] = protocol
    report["levels"]["patient"]["repeats"] = repeats
    report["selection"] = report["selection"][:n_models]
    assert answer(report).endswith(ending)
    pooled = "The predictions of several models are pooled"
    assert (pooled in " ".join(p.text for p in limits_section(report).blocks)) == (n_models > 1)


def test_what_a_model_was_trained_on_stands_at_the_top_of_its_evaluation(sample_report):
    """It may be the very patients that are tested; a run has its notes with its settings."""
    note = "It was trained on bmd-hs, which is tested here."
    evaluated = {**sample_report, "selection": [], "notes": [note]}
    evaluated["task"] = {**evaluated["task"], "protocol": "external"}
    assert note in [block.text for block in opening(evaluated)]
    assert asked(evaluated).endswith("by testing a model that was trained before.")
    assert sample_report["notes"][0] not in [block.text for block in opening(sample_report)]


def test_the_answer_names_only_the_labels_that_were_averaged(predictions_with, report_of):
    """Nobody has MS: the macro AUROC is that of N and AS, and the table says so."""
    truth = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]] * 6)
    noise = np.random.default_rng(0).random(truth.shape)
    report = report_of(predictions_with(truth, truth * 0.3 + noise * 0.7, ("N", "AS", "MS")), None)
    assert "over N and AS, on 18 patients" in answer(report)
    missing = " ".join(result_table(report).missing)
    assert "without MS, where it is undefined" in missing
    assert "– MS: AUROC" in missing
    assert "(none of the patients is positive for MS)" in missing


def test_the_sentences_of_the_audit_stand_below_the_answer(binary):
    """Warnings cannot be overlooked; all else is plain. Without an audit, the report gives what it can."""
    sentences = [
        {"kind": "warning", "about": "demographics", "text": "Age explains it."},
        {"kind": "note", "about": "place", "text": "One site."},
    ]
    blocks = opening({**binary, "audit": {"sentences": sentences}})
    assert [(b.text, b.tone) for b in blocks[-3:-1]] == [("Age explains it.", "alert"), ("One site.", "plain")]
    assert any(block.tone == "alert" for block in opening(binary))  # demographics alone rank these without a mistake


def test_without_a_demographics_row_the_report_says_why(predictions_with, report_of):
    """It is not silently left away."""
    truth = np.array([[0], [1]] * 6)
    table = result_table(report_of(predictions_with(truth, truth * 0.2 + 0.4, ("N",)), None))
    assert "What demographics alone would reach is not known: the data set has none." in table.notes
    assert not any(row.is_muted for row in table.rows)


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


def test_what_was_not_measured_leaves_no_trace(sample_report):
    """A report without the newer sections has the others, in this order."""
    titles = [section.title for section in compose(sample_report).sections]
    assert titles == [
        "Data and split",
        "Result per patient",
        "Decisions",
        "All metrics",
        "Model, settings and environment",
        "Limits",
        "Reporting checklists",
    ]


def flow_of(report, splits=()):
    stages = data_section(report, splits).blocks[0].stages
    return [[(step.text, step.detail, step.left_out) for step in stage] for stage in stages]


def test_the_flow_counts_what_was_left_out_and_how_patients_were_divided(sample_report):
    """By hand: 216 recordings used and one truncated; two folds of nested selection."""
    splits = (SplitCounts(0, (43, 43), 22), SplitCounts(0, (44, 43), 21))
    first, used, patients, division = flow_of(sample_report, splits)
    assert first == [("217 recordings", "listed in made-up patients", "")]
    assert used[0][0] == "216 recordings used"
    assert used[0][2] == "1 left out: 1 truncated"
    assert patients[0][0] == "108 patients"
    assert division == [
        (
            "86 to 87 patients developed on, by each of 2 models",
            "in 2 folds of 43 to 44, each of which in turn chooses (validation) and is fitted on",
            "",
        ),
        ("108 patients tested", "21 to 22 by each model", ""),
    ]


def test_the_flow_of_one_split_and_of_none(sample_report):
    """One validation part chooses; without `splits.csv` nothing is made up; the reader's own count is preferred."""
    assert flow_of(sample_report, (SplitCounts(60, (26,), 22),))[-1][0] == (
        "86 patients developed on",
        "60 to fit, 26 to choose (validation)",
        "",
    )
    assert flow_of(sample_report)[-1] == [("108 patients tested", "", "")]
    report = {**sample_report, "data": {**sample_report["data"], "recordings_read": 220}}
    assert flow_of(report)[0][0][0] == "220 recordings"
    assert flow_of(report)[1][0][2] == "4 left out: 1 truncated"


def test_splits_are_counted_by_fold_and_part(tmp_path):
    """Validation folds are told apart; another repeat is another split."""
    path = tmp_path / "splits.csv"
    path.write_text(
        "repeat,fold,patient_id,part\n0,0,a,train\n0,0,b,validation-0\n0,0,c,validation-1\n0,0,d,validation-1\n"
        "0,0,e,test\n1,0,a,test\n1,0,b,train\n1,0,c,validation\n"
    )
    assert read_split_counts(path) == (SplitCounts(1, (1, 2), 1), SplitCounts(1, (1,), 1))
    assert SplitCounts(1, (1, 2), 1).developed == 4


def test_unknown_labels_are_not_counted_as_absent(sample_report):
    """Shares are of those who are known; where nothing is known of that, there is no share."""
    labels = data_section(sample_report, ()).blocks[2]
    assert labels.header == ("", "Label = 1")
    known = {label: {"known": 100, "with_finding": 30} for label in sample_report["task"]["labels"]}
    report = {**sample_report, "audit": {"sentences": [], "sites": {"here": {"labels": known}}}}
    row = data_section(report, ()).blocks[2].rows[1]
    assert str(row.cells[2]) == "30 of 100 (30 %)"


def test_problems_stand_before_notes_and_long_lists_are_cut_visibly(sample_report):
    """10 of 149 notes of a kind are listed, below the problem, and the reader is told of the others."""
    report = copy.deepcopy(sample_report)
    notes = [{"kind": "short", "subject": f"r{i}", "detail": "", "is_problem": False} for i in range(149)]
    report["findings"] = [*notes, {"kind": "truncated", "subject": "bad", "detail": "", "is_problem": True}]
    table = data_section(report, ()).blocks[-1]
    assert [str(row.cells[2]) for row in table.rows] == ["bad", *(f"r{i}" for i in range(10)), "139 more"]
    assert table.caption == "What was found in the data: 1 problem, 149 notes"
    assert table.is_folded


def test_without_findings_the_report_says_so(sample_report):
    """An empty table would leave it open."""
    paragraph = data_section({**sample_report, "findings": []}, ()).blocks[-1]
    assert paragraph.text == "Nothing was wrong with the data, and nothing was left out."


@pytest.mark.parametrize(
    ("entry", "cell"),
    [
        ({"value": 0.5, "low": 0.25, "high": 0.75, "n": 4}, Cell("0.500", "(0.250–0.750)")),
        ({"value": -0.5, "low": -0.75, "high": -0.25, "n": 4}, Cell("−0.500", "(−0.750 to −0.250)")),
        ({"value": 1.0, "low": None, "high": None, "n": 4, "reason": "few"}, Cell("1.000*")),
        ({"value": 0.5, "n": 4}, Cell("0.500")),
        ({"value": None, "reason": "none"}, Cell("–")),
        (None, Cell("")),
    ],
)
def test_metrics_in_cells(entry, cell):
    """With an interval, without one, undefined, not measured."""
    assert metric_cell(entry) == cell


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
    """Shares, intervals, settings."""
    assert (percent(0.05), percent(0.806), percent(1.0)) == ("5 %", "80.6 %", "100 %")
    assert interval(-0.1, 0.2) == "(−0.100 to 0.200)"
    said = {"not set": None, "yes": True, "0.03": 0.03, "none": [], "x, 1": ["x", 1], "N 0.1": {"N": 0.1}}
    assert [plain(value) for value in said.values()] == list(said)
