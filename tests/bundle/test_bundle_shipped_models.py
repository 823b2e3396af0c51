"""The model that comes with heartprobe."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import heartprobe
from heartprobe.bundle.folder import CARD, read_bundle
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, SHIPPED, is_model_folder, model_folder
from heartprobe.predict import Predictor

REPOSITORY = Path(__file__).resolve().parents[2]
FIGURES = json.loads((REPOSITORY / "benchmarks" / "shipped_classifier.json").read_text())


def test_it_opens_with_all_its_checks() -> None:
    """The encoder beside it is the one that it was trained with."""
    predictor = Predictor.shipped()
    manifest = predictor.bundle.manifest
    assert predictor.bundle.folder == SHIPPED / NORMAL_ABNORMAL
    assert manifest.labels == ("N",)
    assert manifest.encoder.source == "heartprobe-pcg"
    assert (manifest.training.dataset, manifest.training.is_synthetic) == ("physionet-2016", False)
    assert manifest.front_end["windows"] == "whole"


def test_its_name_is_enough_unless_a_model_of_that_name_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for encoders: a folder wins. Damaged, too, it is what is meant."""
    monkeypatch.chdir(tmp_path)
    assert read_bundle(Path(NORMAL_ABNORMAL)).folder == SHIPPED / NORMAL_ABNORMAL
    own = tmp_path / NORMAL_ABNORMAL
    own.mkdir()
    assert model_folder(NORMAL_ABNORMAL) == SHIPPED / NORMAL_ABNORMAL
    (own / CARD).write_text("mine")
    assert model_folder(NORMAL_ABNORMAL) == Path(NORMAL_ABNORMAL)
    assert not is_model_folder(tmp_path)


@pytest.mark.parametrize("page", [SHIPPED / NORMAL_ABNORMAL / CARD, REPOSITORY / "docs" / "pretraining.md"])
def test_what_is_said_of_it_was_measured(page: Path) -> None:
    """AUROC and interval at every site and on BMD-HS are those of `benchmarks/shipped_classifier.py`."""
    text = page.read_text()
    measured = {site: found["auroc"] for site, found in FIGURES["sites"].items()}
    measured |= {level: FIGURES["bmd_hs"][level]["auroc"] for level in ("patient", "recording")}
    for name, entry in measured.items():
        value, low, high = (f"{entry[key]:.3f}".removeprefix("0") for key in ("value", "low", "high"))
        assert re.search(re.escape(f"{value} ({low}-{high})"), text), f"{name}: {value} ({low}-{high})"


def test_it_is_what_was_measured() -> None:
    """The kept figures are those of the recipe itself, at the strength that the card names."""
    assert FIGURES["set"] == []
    card = (SHIPPED / NORMAL_ABNORMAL / CARD).read_text()
    assert f"C = {FIGURES['shipped_strength']:g}" in card
    line = read_bundle(SHIPPED / NORMAL_ABNORMAL).manifest.decision.labels["N"].patients.calibration
    assert f"{line.slope:.3f} * v {line.intercept:+.3f}" in card


def test_its_card_is_what_its_figures_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the byte: no figure was changed by hand, and no sentence of it alone."""
    monkeypatch.syspath_prepend(REPOSITORY / "benchmarks")
    from shipped_card import shipped_card

    manifest = read_bundle(SHIPPED / NORMAL_ABNORMAL).manifest
    made = shipped_card(FIGURES, manifest.decision, manifest.training.recordings)
    assert (SHIPPED / NORMAL_ABNORMAL / CARD).read_text() == made


def test_source_and_licence_are_named() -> None:
    """PhysioNet/CinC 2016 asks for attribution."""
    for page in (SHIPPED / NORMAL_ABNORMAL / CARD, REPOSITORY / "NOTICE"):
        assert "10.1088/0967-3334/37/12/2181" in page.read_text()
    assert "bundle/shipped/normal-abnormal" in (REPOSITORY / "NOTICE").read_text()


def test_the_package_stays_small() -> None:
    """A wheel holds these files compressed: less than 30 MB."""
    package = Path(heartprobe.__file__).parent
    files = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert SHIPPED / NORMAL_ABNORMAL / "model.safetensors" in files
    assert sum(path.stat().st_size for path in files) < 30e6
