"""The comparison of targets pairs what belongs together: settings and recordings of a kept measurement are its own."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from heartprobe.encoders.pcg.network import Convolutions
from heartprobe.pretraining.encoder_folder import write_encoder_folder
from heartprobe.pretraining.settings import PretrainingSettings

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def work() -> ModuleType:
    return benchmark("targets_work")


def benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_measurement_of_other_settings_is_refused(work: ModuleType, tmp_path: Path) -> None:
    """Its own settings give it back, others are named, and a file that does not tell its settings is no measurement."""
    path = tmp_path / "training-a.json"
    work.write_measurement(path, ["schedule.steps=400", "schedule.seed=1"], {"recordings": ["a1"], "findings": [0.5]})
    found = work.read_measurement(path, ["schedule.steps=400", "schedule.seed=1"])
    assert found == {"recordings": ["a1"], "findings": [0.5]}
    text = (
        r"training-a\.json was measured with schedule\.steps=400 schedule\.seed=1, and the variant is schedule\.steps="
    )
    with pytest.raises(SystemExit, match=text):
        work.read_measurement(path, ["schedule.steps=300", "schedule.seed=1"])
    path.write_text(json.dumps({"recordings": ["a1"], "findings": [0.5]}))
    with pytest.raises(SystemExit, match=r"does not say which settings it was measured with; remove it to measure ag"):
        work.read_measurement(path, [])


def test_an_encoder_of_other_settings_is_refused(
    work: ModuleType, settings: PretrainingSettings, tmp_path: Path
) -> None:
    write_encoder_folder(tmp_path / "it", Convolutions(settings.architecture), settings, heard={"training-a": 1})
    work.require_made_with(tmp_path / "it", settings)
    schedule = settings.schedule.model_copy(update={"steps": 7})
    other = settings.model_copy(update={"schedule": schedule, "architecture": PretrainingSettings().architecture})
    with pytest.raises(SystemExit, match=r"it was made with another architecture and schedule; remove it to make it"):
        work.require_made_with(tmp_path / "it", other)


@pytest.mark.parametrize(("key", "values"), [("recordings", ["a2", "a1"]), ("abnormal", [True, True])])
def test_only_the_same_recordings_are_paired(key: str, values: list[object]) -> None:
    pairs = benchmark("targets_pairs")
    one = {"recordings": ["a1", "a2"], "abnormal": [True, False], "findings": [0.1, 0.2]}
    pairs.require_same_recordings("training-a", {"recipe": one, "untrained": {**one, "findings": [0.3, 0.4]}})
    with pytest.raises(SystemExit, match=f"'recipe' and 'untrained' differ in the {key} of training-a"):
        pairs.require_same_recordings("training-a", {"recipe": one, "untrained": {**one, key: values}})
