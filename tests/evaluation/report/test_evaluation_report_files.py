"""The report as HTML and as Markdown."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser

import pytest

from heartprobe.errors import DataError, TableError
from heartprobe.evaluation.predictions.table import write_predictions
from heartprobe.evaluation.report import read_report, write_report_html, write_report_md
from heartprobe.evaluation.report.cells import interval
from heartprobe.evaluation.report.compose import compose
from heartprobe.evaluation.report.content import (
    Cell,
    Document,
    Flow,
    Group,
    Panel,
    Paragraph,
    Picture,
    Row,
    Section,
    Step,
    Table,
)
from heartprobe.evaluation.report.html import to_html
from heartprobe.evaluation.report.markdown import to_markdown
from heartprobe.evaluation.report.markup import Html, element


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


def test_the_page_is_whole_and_needs_no_network(full_report, run_folder):
    """Well-formed, with pictures, no script, nothing fetched, and a policy that forbids fetching."""
    text = write_report_html(full_report, run_folder).read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags.count("svg") > 20
    assert {"script", "link", "img", "iframe", "audio"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert not re.search(r"#[0-9a-f]{6}", text.split("</style>")[1])  # colours are the style sheet's
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
                limits = interval(entry["low"], entry["high"])
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
    assert not [v for n, v in page.attributes if n == "href" and not v.startswith("#")]
    assert page.text.count(nasty) == 9  # the title twice, the question, flow, data, note, three times the finding
    markdown = write_report_md(report, tmp_path).read_text(encoding="utf-8")
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert "[link]" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| problem")]
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 5


def test_names_of_patients_sites_and_recordings_are_only_shown(full_report, five_label_predictions, tmp_path):
    """Wherever else a name of somebody's file or place can get in."""
    nasty = "<img src=x onerror=alert(1)>"
    report = copy.deepcopy(full_report)
    site = report["audit"]["sites"].popitem()[1]
    report["audit"]["sites"] = {nasty: site, "b": site}
    report["audit"]["identical"]["groups"] = [{"recordings": [nasty], "patients": [nasty], "across": nasty}]
    report["audit"]["sentences"] = [{"kind": "warning", "about": "place", "text": nasty}]
    report["calibration"]["method"] = nasty
    report["decisions"]["rule"] = {nasty: nasty, "largest_error": 0.1}
    report["positions"]["positions"][nasty] = report["positions"]["positions"]["sup_Aor"]
    write_predictions(five_label_predictions.replace({"patient_id": {"p000": nasty}}), tmp_path / "predictions.csv")
    text = write_report_html(report, tmp_path).read_text(encoding="utf-8")
    assert "img" not in Page(text).tags
    assert text.count("&lt;img") >= 7
    assert nasty not in write_report_md(report, tmp_path).read_text(encoding="utf-8")


def test_markdown_tables_are_even(sample_report, tmp_path):
    """Every row of a table has as many cells as its header."""
    markdown = write_report_md(sample_report, tmp_path).read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\n?)+", markdown, flags=re.MULTILINE)
    assert len(tables) >= 10
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_links_lead_to_sections(full_report, run_folder):
    """Of the contents and of the checklists; every section has an address of its own."""
    page = Page(write_report_html(full_report, run_folder).read_text(encoding="utf-8"))
    places = [value for name, value in page.attributes if name == "id"]
    links = [value.removeprefix("#") for name, value in page.attributes if name == "href"]
    assert len(places) == len(set(places)) == len(compose(full_report).sections) + 1  # and the hardest patients
    assert set(links) == set(places)


def test_every_picture_is_described(full_report, run_folder):
    """For those who cannot see it, and in a caption."""
    text = write_report_html(full_report, run_folder).read_text(encoding="utf-8")
    drawings = re.findall(r"<svg viewBox[^>]*>", text.replace("<svg x=", "<inner x="))
    assert len(drawings) > 20
    assert all('role="img" aria-label="' in drawing for drawing in drawings)
    assert text.count("<figure") == text.count("<figcaption")


def test_without_predictions_there_are_no_hardest_patients(full_report, tmp_path):
    """The rest of the page is written all the same."""
    page = Page(write_report_html(full_report, tmp_path).read_text(encoding="utf-8"))
    assert "Hardest patients" not in page.text
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


def test_every_kind_of_block_in_both_forms():
    """Folded tables, headings, notes, flows, groups, and a picture whose numbers are all that Markdown has."""
    rows = (
        Row((Cell("Sex"), Cell("")), is_heading=True),
        Row((Cell("women", "4 of them"), Cell("1"))),
        Row((Cell("*"), Cell("2")), is_muted=True),
    )
    reasons = ("One reason.", "Another.", "A third.")
    table = Table(("", "n"), rows, "A table", ("A note.",), reasons, is_folded=True)
    picture = Picture(
        (Panel(Html("<svg></svg>"), "a < b", sound="data:audio/flac;base64,AA"),), "Seen.", numbers=(table,)
    )
    flow = Flow(((Step("10 read", "from x"),), (Step("8 used", left_out="2 short"),)), "The way.")
    blocks = (Paragraph("Mind!", "alert"), flow, Group("Part", (picture,)), Group("Seen only", (Picture((), "x"),)))
    document = Document("T", (Paragraph("Lead", "lead"),), (Section("One & two", blocks),))
    html = to_html(document)
    page = Page(html)
    assert page.tags.count("details") == 2  # the table, and its reasons, of which there are many
    assert '<section id="one-two"><h2>One &amp; two</h2>' in html
    assert '<audio controls="" preload="metadata" src="data:audio/flac;base64,AA">' in html
    assert to_markdown(document) == (
        "# T\n\nLead\n\n## One & two\n\n**Mind!**\n\nThe way.\n\n"
        "- 10 read. from x.\n- 8 used. Left out before: 2 short.\n\n### Part\n\nA table:\n\n"
        "|  | n |\n| --- | ---: |\n| *Sex* |  |\n| women 4 of them | 1 |\n| *\\** | 2 |\n\n"
        "A note.\n\nOne reason.\n\nAnother.\n\nA third.\n"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no report at"),
        ("{", "cannot be read as JSON"),
        ("[]", "is no report of a run"),
        ("{}", "is no"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path, content, message):
    """With the path, and what to do."""
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(DataError, match=message):
        read_report(tmp_path)


def test_a_report_is_read_as_it_was_written(sample_report, tmp_path):
    """From the run folder."""
    (tmp_path / "report.json").write_text(json.dumps(sample_report))
    assert read_report(tmp_path)["levels"] == sample_report["levels"]
