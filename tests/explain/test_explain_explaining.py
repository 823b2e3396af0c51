"""Explanations of a trained model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from heart_like_sounds import audio
from heartprobe.audio import Audio
from heartprobe.cli.app import app
from heartprobe.data.recordings import Demographics
from heartprobe.decisions.log_odds import log_odds
from heartprobe.errors import ConfigError
from heartprobe.explain import Explanation, explain
from heartprobe.explain.explaining import asking
from heartprobe.explain.grid import Grid
from heartprobe.explain.picture import draw
from heartprobe.explain.quieting import Part, Quieting
from heartprobe.predict import GivenPatient, GivenRecording, Predictor

HEARTPROBE = Path(sys.executable).with_name("heartprobe")


@pytest.fixture(scope="module")
def of_stenosis(explained_model: Predictor, stenosis: Audio) -> Explanation:
    return explain(explained_model, stenosis, "AS")


def test_murmur_in_systole_speaks_for_stenosis(of_stenosis: Explanation) -> None:
    """Systole (1/8 and 2/8 of a beat) above 160 Hz, and not late diastole (5/8 and 6/8), in which nothing sounds."""
    assert of_stenosis.finding_probability > 0.5
    assert of_stenosis.beat_effect is not None
    murmur = of_stenosis.beat_effect[3:6]
    assert murmur[:, 1:3].sum() > 1.0
    assert np.abs(murmur[:, 5:7]).sum() < murmur[:, 1:3].sum() / 5


def test_silent_stretch_does_not_speak(explained_model: Predictor, stenosis: Audio) -> None:
    """The sound fades out from 6.0 to 8.0 s: no cell there has a tenth of the effect of the strongest."""
    time_s = np.arange(stenosis.samples.size) / stenosis.rate_hz
    loudness = np.where((time_s > 6.0) & (time_s < 8.0), 0.001, 1.0)
    paused = audio(stenosis.samples * np.convolve(loudness, np.hanning(400) / np.hanning(400).sum(), "same"))
    found = explain(explained_model, paused, "AS")
    silent = found.effect[:, 13:15]
    assert found.grid.time_edges_s[[13, 15]].tolist() == [6.5, 7.5]
    assert np.abs(silent).max() < np.abs(found.effect).max() / 10


def test_taking_away_what_spoke_for_it_lowers_the_answer(explained_model: Predictor, stenosis: Audio) -> None:
    """The deletion test: the strongest tenth of the cells, beside three random tenths."""
    found = explain(explained_model, stenosis, "AS")
    grid, ask = found.grid, asking(explained_model, "AS", Demographics())
    quieting, steps = Quieting.of(stenosis, grid), grid.steps(stenosis.samples.size, stenosis.rate_hz)

    def without(places: np.ndarray) -> float:
        cells = (divmod(int(place), grid.shape[1]) for place in places)
        return ask(quieting.without(*(Part((band,), steps[step]) for band, step in cells)))

    order = np.argsort(-found.effect, axis=None, kind="stable")
    n = order.size // 10
    rng = np.random.default_rng(0)
    assert without(order[:n]) < min(without(rng.permutation(order)[:n]) for _ in range(3))
    assert without(order[:n]) < ask(stenosis) < without(order[-n:])


def test_probability_is_the_one_that_is_predicted(
    explained_model: Predictor, stenosis: Audio, of_stenosis: Explanation
) -> None:
    """Calibrated, and of the finding."""
    given = GivenPatient("P", (GivenRecording(stenosis, "stenosis.wav"),))
    (prediction,) = explained_model.predict_each([given], uses_poor=True)
    answers = {answer.label: answer for answer in prediction.recordings[0].answers}
    assert of_stenosis.finding_probability == pytest.approx(answers["AS"].finding_probability)
    about_normal = explain(explained_model, stenosis, "N", step_s=5.0)
    assert about_normal.finding_probability == pytest.approx(answers["N"].finding_probability)


def test_effect_is_the_change_of_the_log_odds_of_the_finding(explained_model: Predictor, stenosis: Audio) -> None:
    """For `N`, of an abnormal heart."""
    found = explain(explained_model, stenosis, "N", step_s=5.0)
    grid = Grid.over(10.0, 1000.0, step_s=5.0)
    without = Quieting.of(stenosis, grid).without(Part((3,), grid.steps(40_000, 4000)[1]))
    before, after = (
        log_odds(np.array(1 - explained_model.recording_probabilities(sound)[0])) for sound in (stenosis, without)
    )
    slope = explained_model.bundle.manifest.decision.labels["N"].recordings.calibration.slope
    assert found.effect[3, 1] == pytest.approx(float(slope * (before - after)))


def test_same_twice(explained_model: Predictor, stenosis: Audio) -> None:
    once, again = (explain(explained_model, stenosis, "AS", step_s=2.5, threads=n) for n in (1, 4))
    assert json.dumps(once.as_dict()) == json.dumps(again.as_dict())


def test_as_plain_values(of_stenosis: Explanation) -> None:
    told = json.loads(json.dumps(of_stenosis.as_dict(), allow_nan=False))
    assert (told["label"], told["method"], told["unit"]) == ("AS", "occlusion", "change of log odds")
    assert told["band_edges_hz"] == [0, 60, 100, 160, 250, 400, 700, 1000]
    assert len(told["time_edges_s"]) == 21
    assert [len(row) for row in told["effect"]] == [20] * 7
    assert [len(row) for row in told["beat"]["effect"]] == [8] * 7
    assert len(told["beat"]["phase_edges"]) == 9
    assert len(told["band_effect"]) == 7
    assert all(0 <= beat_s <= 10 for beat_s in told["beats_s"])


def test_strongest_cells(of_stenosis: Explanation) -> None:
    cells = of_stenosis.strongest(3)
    sizes = [abs(cell.effect) for cell in cells]
    assert sizes == sorted(np.abs(of_stenosis.effect).ravel())[:-4:-1]
    assert all(cell.end_s - cell.start_s == pytest.approx(0.5) for cell in cells)


def test_unknown_label_is_refused(explained_model: Predictor, stenosis: Audio) -> None:
    with pytest.raises(ConfigError, match=r"no label 'As'; it answers about N, AS, AR, MR, MS\. Did you mean 'AS'\?"):
        explain(explained_model, stenosis, "As")


def test_recording_that_is_too_long_is_refused(explained_model: Predictor) -> None:
    hour = audio(np.random.default_rng(0).standard_normal(130 * 1000), 1000)
    with pytest.raises(ConfigError, match=r"hand-made.wav lasts 130 s, at most 120 s can be explained"):
        explain(explained_model, hour, "AS")


def test_drawing_holds_every_cell(of_stenosis: Explanation, stenosis: Audio) -> None:
    tree = ET.fromstring(draw(of_stenosis, stenosis))
    cells = [one for one in tree.iter() if one.get("class") == "cell"]
    assert len(cells) == 7 * 20 + 7 * 8
    opacities = [float(cell.get("fill-opacity", "nan")) for cell in cells]
    assert max(opacities) == 1
    assert tree.get("aria-label", "").startswith("What spoke for aortic stenosis")


def test_command(explained_run: Path, stenosis: Audio, tmp_path: Path) -> None:
    file = tmp_path / "one.wav"
    soundfile.write(file, stenosis.samples, stenosis.rate_hz)
    given = ["explain", str(explained_run / "bundle"), str(file), "--device=cpu", "--step=2.5"]
    command = [str(HEARTPROBE), *given, "--label=AS", "--svg", str(tmp_path / "why.svg")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert shown.returncode == 0, shown.stderr
    assert "one.wav: aortic stenosis, probability" in shown.stdout
    assert re.search(r"at S1 +1/8 beat .* 7/8 beat", shown.stdout)
    assert "need not be where a disease is heard" in " ".join(shown.stdout.split())
    assert ET.parse(tmp_path / "why.svg").getroot().tag.endswith("svg")
    told = CliRunner().invoke(app, [*given, "--label=MR", "--json"])
    assert np.array(json.loads(told.stdout)["effect"]).shape == (7, 4)
    wrong = CliRunner().invoke(app, [*given, "--label=XX"])
    assert isinstance(wrong.exception, ConfigError)
    two = CliRunner().invoke(app, [*given, str(file), "--label=AS"])
    assert str(two.exception) == "2 recordings are given, and one is explained at a time; name one of them."


def test_without_a_model_the_shipped_one_is_explained(stenosis: Audio, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", stenosis.samples, stenosis.rate_hz)
    shown = CliRunner().invoke(app, ["explain", str(tmp_path / "one.wav"), "--label=N", "--step=5", "--device=cpu"])
    assert shown.exit_code == 0, shown.exception
    assert "one.wav: abnormal heart, probability" in shown.stdout
    assert "No model is named: normal-abnormal answers" in " ".join(shown.stderr.split())


@pytest.mark.slow
def test_onnx_explains_alike_and_imports_no_torch(
    explained_run: Path, explained_model: Predictor, stenosis: Audio, tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript")
    from heartprobe.export import export_onnx

    export_onnx(explained_run / "bundle", tmp_path / "exported")
    soundfile.write(tmp_path / "one.wav", stenosis.samples, stenosis.rate_hz, subtype="FLOAT")
    code = (
        "import json, sys; from pathlib import Path\n"
        "from heartprobe.audio import read_audio; from heartprobe.explain import explain\n"
        "from heartprobe.predict import Predictor\n"
        "predictor = Predictor.open(Path('exported'), runtime='onnx')\n"
        "found = explain(predictor, read_audio(Path('one.wav')), 'AS', step_s=2.5)\n"
        "print(json.dumps([found.as_dict()['effect'], 'torch' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=110)
    assert done.returncode == 0, done.stderr
    effect, has_torch = json.loads(done.stdout)
    assert not has_torch
    expected = explain(explained_model, stenosis, "AS", step_s=2.5).effect
    assert np.array(effect) == pytest.approx(expected, abs=2e-3)
