"""The report as HTML, as Markdown, and its picture."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import auc, roc_curve

from heartprobe.errors import TableError
from heartprobe.evaluation.predictions import write_predictions
from heartprobe.evaluation.report import write_report_html, write_report_md
from heartprobe.evaluation.report.html import Html, element
from heartprobe.evaluation.report.roc import _curve, _mean_curve, roc_picture

_VOID = {"meta", "br", "path", "use"}


class Page(HTMLParser):
    """The tags, attributes and text of a page; every element must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def run_folder(tmp_path, five_label_predictions):
    """A folder with predictions and an environment."""
    write_predictions(five_label_predictions, tmp_path / "predictions.csv")
    (tmp_path / "environment.json").write_text(json.dumps({"python": "3.11.7", "seconds": 12.5}))
    return tmp_path


def test_the_page_is_whole_and_needs_no_network(sample_report, run_folder):
    """Well-formed, one picture, no script, nothing fetched, and a policy that forbids fetching."""
    text = write_report_html(sample_report, run_folder).read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("svg") == 1
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert [value for name, value in page.attributes if name in ("src", "href") and not value.startswith("#")] == []
    assert not re.search(r"url\((?!#)|@import", text)
    assert "default-src 'none'" in dict(page.attributes)["content"] or "default-src &#x27;none&#x27;" in text
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text


def test_page_and_markdown_hold_the_same_numbers(sample_report, run_folder):
    """Every metric with its interval, of both levels, stands in both."""
    page = Page(write_report_html(sample_report, run_folder).read_text(encoding="utf-8")).text
    markdown = write_report_md(sample_report, run_folder).read_text(encoding="utf-8")
    for level in ("patient", "recording"):
        for metrics in (*sample_report["levels"][level]["labels"].values(), sample_report["levels"][level]["macro"]):
            entry = metrics["mcc"]
            if entry["value"] is not None and entry["low"] is not None:
                limits = f"({entry['low']:.3f}–{entry['high']:.3f})".replace("-", "−")
                assert limits in page
                assert limits in markdown
    for text in (page, markdown):
        assert "demographics alone" in text
        assert "r7.wav ends too early; it is left out." in text
        assert "3.11.7" in text
        assert "12.5" not in text
        assert "not a medical device" in text


def test_the_same_report_is_the_same_bytes(sample_report, run_folder):
    """No dates and no random ids."""
    first = (
        write_report_html(sample_report, run_folder).read_bytes(),
        write_report_md(sample_report, run_folder).read_bytes(),
    )
    again = (
        write_report_html(sample_report, run_folder).read_bytes(),
        write_report_md(sample_report, run_folder).read_bytes(),
    )
    assert first == again


def test_names_cannot_smuggle_html_or_markdown_in(sample_report, tmp_path):
    """File names come from other people: they are shown, never interpreted."""
    report = copy.deepcopy(sample_report)
    nasty = '<script>alert("x")</script> | [link](http://example.org) & `code`'
    report["data"]["name"] = nasty
    report["findings"] = [{"kind": nasty, "subject": nasty, "detail": nasty, "is_problem": True}]
    report["notes"] = [nasty]
    page = Page(write_report_html(report, tmp_path).read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert "a" not in page.tags
    assert page.text.count(nasty) == 7  # the title twice, data, note, and three times the finding
    markdown = write_report_md(report, tmp_path).read_text(encoding="utf-8")
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert "[link]" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| problem")]
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 5


def test_markdown_tables_are_even(sample_report, tmp_path):
    """Every row of a table has as many cells as its header."""
    markdown = write_report_md(sample_report, tmp_path).read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\n?)+", markdown, flags=re.MULTILINE)
    assert len(tables) >= 10
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_without_predictions_there_is_no_picture(sample_report, tmp_path):
    """The rest of the page is written all the same."""
    page = Page(write_report_html(sample_report, tmp_path).read_text(encoding="utf-8"))
    assert "svg" not in page.tags
    assert "Macro AUROC" in page.text


def test_broken_predictions_are_named(sample_report, run_folder):
    """Not silently left out."""
    path = run_folder / "predictions.csv"
    path.write_text(path.read_text().replace(",patient,", ",person,", 1))
    with pytest.raises(TableError, match="column 'level': 'person'"):
        write_report_html(sample_report, run_folder)


def test_elements_escape():
    """Text and attributes are escaped, what is HTML already is not."""
    assert (
        element("p", "a < b & c", Html("<b>x</b>"), class_='"n"')
        == '<p class="&quot;n&quot;">a &lt; b &amp; c<b>x</b></p>'
    )
    assert element("div", aria_label="t") == '<div aria-label="t"></div>'


def test_the_picture_takes_its_colours_from_the_page(five_label_predictions, sample_report):
    """Valid SVG without a fixed size or colour, with a legend of five labels and their AUROC."""
    svg = roc_picture(five_label_predictions, sample_report["levels"]).svg
    root = ElementTree.fromstring(svg)
    assert root.get("width") is None
    assert root.get("viewBox")
    assert root.get("role") == "img"
    assert not re.search(r"#[0-9a-f]{6}", svg)
    assert {f"var(--curve-{i})" for i in range(5)} <= set(re.findall(r"var\(--[a-z0-9-]+\)", svg))
    texts = " ".join(" ".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    assert f"AS  {sample_report['levels']['patient']['labels']['AS']['auroc']['value']:.3f}" in texts


@pytest.mark.parametrize("label", ["N", "AS"])
def test_the_curve_is_scikit_learns(five_label_predictions, label):
    """The same area; for N, the abnormal are who is to be found."""
    rows = five_label_predictions.query("level == 'patient' and label == @label")
    is_ill = rows["truth"] == (0 if label == "N" else 1)
    score = -rows["probability"] if label == "N" else rows["probability"]
    expected = roc_curve(is_ill, score, drop_intermediate=False)
    np.testing.assert_allclose(_curve(rows, label), expected[:2], atol=1e-15)


def test_the_curve_of_repeats_is_their_mean(predictions_with):
    """By hand: found 0.5 and 1 before the first false alarm give 0.75; the area is the mean area."""
    truth = np.array([[1], [1], [0], [0]])
    probabilities = [np.array([[0.9], [0.3], [0.5], [0.1]]), np.array([[0.9], [0.8], [0.5], [0.1]])]
    rows = pd.concat([predictions_with(truth, p, ("AS",), repeat=r) for r, p in enumerate(probabilities)])
    false_alarms, found = _mean_curve(rows, "AS")
    assert (false_alarms[0], found[0]) == (0, 0)
    assert (false_alarms[1], found[1]) == (0, 0.75)
    assert found[-1] == 1
    assert auc(false_alarms, found) == pytest.approx((0.75 + 1) / 2, abs=0.01)


def test_where_no_curve_can_be_drawn_there_is_none(predictions_with, report_of):
    """Only normal patients: no ranking, no picture, and the report is written."""
    rows = predictions_with(np.ones((6, 1)), np.full((6, 1), 0.7), ("N",))
    report = report_of(rows, rows)
    assert roc_picture(rows, report["levels"]) is None
