"""The hardest patients: who they are, how they are shown, and that sounds are embedded only on demand."""

from __future__ import annotations

import base64
import dataclasses
import io

import numpy as np
import pytest
import soundfile

from heartprobe.data.recordings import Patient, Position, Recording, RecordingSet
from heartprobe.errors import DataError
from heartprobe.evaluation.predictions.table import write_predictions
from heartprobe.evaluation.report import write_report_html, write_report_md
from heartprobe.evaluation.report.mistakes import hardest_patients
from heartprobe.evaluation.report.sections.hardest import N_HARDEST, hardest_section


@pytest.fixture
def predictions(predictions_with):
    """Eight patients; p001 was ill and looked well, p002 is wrong about AS, nothing is known of p003's N."""
    truth = np.array([[1, 0]] * 8)
    probability = np.array([[0.9, 0.1]] * 8) - np.arange(8)[:, None] * 0.01
    truth[1, 0], probability[1, 0] = 0, 0.95
    probability[2, 1] = 0.85
    rows = predictions_with(truth, probability, ("N", "AS"))
    rows.loc[(rows["patient_id"] == "p003") & (rows["label"] == "N"), ["truth", "probability"]] = [np.nan, 0.0]
    return rows


@pytest.fixture
def recordings(tmp_path):
    """Sounds of p001 and p002, one of p001's cut off."""
    found = []
    rng = np.random.default_rng(0)
    for i, patient in enumerate(("p001", "p001", "p002")):
        path = tmp_path / f"r{i}.wav"
        soundfile.write(path, 0.1 * rng.standard_normal(8000), 4000)
        found.append(Recording(f"r{i}", patient, path, Position("sup", "Mit") if i else None))
    (tmp_path / "r1.wav").write_bytes((tmp_path / "r1.wav").read_bytes()[:4000])
    return RecordingSet("made-up", tuple(found), {p: Patient(p, {}) for p in ("p001", "p002")})


def test_the_worst_come_first_each_once_at_the_worst_label(predictions):
    """By hand: abnormal with P(normal) .95 is wrong by .95, P(AS) .85 without AS by .85; unknown truth is no error."""
    first, second, third = hardest_patients(predictions, 3)
    assert (first.patient_id, first.label, first.has_finding) == ("p001", "N", True)
    assert first.probability == pytest.approx(0.05)
    assert first.error == pytest.approx(0.95)
    assert (second.patient_id, second.label, second.has_finding) == ("p002", "AS", False)
    assert second.error == pytest.approx(0.85)
    assert third.error < 0.2
    assert "p003" not in [m.patient_id for m in hardest_patients(predictions, 8) if m.label == "N"]


def test_repeats_are_averaged(predictions):
    """Declared with the finding in one of two repeats."""
    again = predictions.assign(repeat=1)
    again.loc[again["patient_id"] == "p001", ["probability", "decision"]] = [0.15, 0]
    both = type(predictions)(np.concatenate([predictions, again]), columns=predictions.columns).infer_objects()
    (mistake,) = [m for m in hardest_patients(both, 8) if m.patient_id == "p001"]
    assert mistake.probability == pytest.approx((0.05 + 0.85) / 2)
    assert mistake.share_declared == 0.5
    table = hardest_section([mistake], None).blocks[1]
    assert str(table.rows[0].cells[-1]) == "with in 50 % of the repeats"


def test_without_the_recordings_the_table_says_how_to_see_them(predictions):
    """The patients are named all the same."""
    section = hardest_section(hardest_patients(predictions, N_HARDEST), None)
    _, table, hint = section.blocks
    assert [str(cell) for cell in table.rows[0].cells] == ["p001", "N", "with", "0.050", "0.500", "without"]
    assert len(table.rows) == N_HARDEST
    assert "heartprobe report RUN --data-dir DIR" in hint.text


def test_spectrograms_are_drawn_and_broken_recordings_named(predictions, recordings):
    """A position in words, else the recording's name; no sound is embedded."""
    section = hardest_section(hardest_patients(predictions, 2), recordings)
    first, second = section.blocks[-2:]
    picture, note = first.blocks
    assert first.title == "p001: N (abnormal or normal)"
    assert picture.caption == "The patient has the finding; the probability that was given to it is 0.050."
    assert [panel.title for panel in picture.panels] == ["r0"]
    assert note.text == "r1 cannot be drawn (truncated)."
    assert second.blocks[0].panels[0].title == "mitral, lying"
    assert second.blocks[0].panels[0].detail == "r2"
    assert all(panel.sound == "" for panel in picture.panels)


def test_sounds_are_embedded_only_on_demand(sample_report, predictions, recordings, tmp_path):
    """As flac, whole and at full scale; otherwise the page has none."""
    run = tmp_path / "run"
    write_predictions(predictions, run / "predictions.csv")
    page = write_report_html(sample_report, run, recordings).read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert "<audio" not in page
    assert "data:audio" not in page
    page = write_report_html(sample_report, run, recordings, with_audio=True).read_text(encoding="utf-8")
    assert page.count("<audio") == 2
    assert "pass it on only where they may be passed on" in page
    samples, rate_hz = soundfile.read(
        io.BytesIO(base64.b64decode(page.split("data:audio/flac;base64,")[1].split('"')[0]))
    )
    assert (rate_hz, len(samples)) == (4000, 8000)
    assert np.abs(samples).max() == pytest.approx(1, abs=1e-3)
    assert "data:audio" not in write_report_md(sample_report, run).read_text(encoding="utf-8")


def test_other_data_are_refused(predictions, recordings):
    """With the patient that was looked for; some missing patients are only said."""
    mistakes = hardest_patients(predictions, 3)
    stranger = dataclasses.replace(
        recordings, recordings=(dataclasses.replace(recordings.recordings[0], patient_id="x"),)
    )
    with pytest.raises(DataError, match="has no recordings of the patients of this run, such as p001"):
        hardest_section(mistakes, stranger)
    third = hardest_section(mistakes, recordings).blocks[-1]
    assert third.blocks[-1].text == "The data set that was given has no recordings of this patient."


def test_without_known_truth_there_is_no_section(predictions):
    """Nothing can be called an error."""
    assert hardest_section(hardest_patients(predictions.assign(truth=np.nan), 6), None) is None


def test_nobody_is_heard_under_the_name_of_another(sample_report, five_label_predictions, recordings, tmp_path):
    """Recordings that were not predicted are refused, though patients of the same name are among them."""
    run = tmp_path / "other"
    write_predictions(five_label_predictions, run / "predictions.csv")
    with pytest.raises(DataError, match=r"The data set made-up lacks \d+ of the \d+ recordings of this run, such as"):
        write_report_html(sample_report, run, recordings)
