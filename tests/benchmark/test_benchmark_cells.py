"""From a benchmark file to experiments with checked settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heartprobe.benchmark.cells import Plan, plan_cells
from heartprobe.benchmark.grid import entries_of
from heartprobe.benchmark.specification import Grid, Specification
from heartprobe.errors import ConfigError


def plan(values: dict[str, Any], path: Path = Path("/where/file.toml"), **options: Any) -> Plan:
    defaults = {
        "tasks": {"home": {"sets": ("bmd-hs",)}},
        "entries": ({"name": "logmel", "encoder": "logmel"}, {"name": "whisper", "encoder": "openai/whisper-tiny.en"}),
    }
    return plan_cells(Specification.model_validate({**defaults, **values}), path, **options)


def test_settings_of_file_task_entry_and_command_line_lie_on_each_other() -> None:
    found = plan(
        {
            "config": {"audio": {"duration": 20}, "training": {"multi_label": True}},
            "tasks": {"home": {"sets": ("bmd-hs",), "config": {"evaluation": {"protocol": "cv", "folds": 3}}}},
            "entries": (
                {"name": "a", "encoder": "logmel", "config": {"audio": {"duration": 10}}},
                {"name": "b", "encoder": "modulation"},
            ),
        },
        overrides=["evaluation.folds=4"],
    )
    first, second = found.cells
    assert (first.config.audio.duration, second.config.audio.duration) == (10, 20)
    assert {cell.config.evaluation.folds for cell in found.cells} == {4}
    assert {cell.config.training.multi_label for cell in found.cells} == {True}
    assert (first.config.models.default_model, second.config.models.default_model) == ("logmel", "modulation")
    assert found.baseline == "a"


def test_tasks_come_in_the_order_of_the_file_with_their_data_sets() -> None:
    found = plan(
        {
            "tasks": {
                "home": {"sets": ("bmd-hs",)},
                "abroad": {"sets": ("bmd-hs", "physionet-2016"), "config": {"evaluation": {"protocol": "cv"}}},
                "elsewhere": {"sets": ("physionet-2016",), "test_sets": ("bmd-hs",)},
            },
            "entries": (
                {"name": "logmel", "encoder": "logmel", "tasks": ("elsewhere", "home")},
                {"name": "modulation", "encoder": "modulation"},
            ),
        }
    )
    assert [(cell.task, cell.entry) for cell in found.cells] == [
        ("home", "logmel"),
        ("home", "modulation"),
        ("abroad", "modulation"),
        ("elsewhere", "logmel"),
        ("elsewhere", "modulation"),
    ]
    abroad, elsewhere = found.cells[2].config, found.cells[3].config
    assert abroad.dataset.name == "bmd-hs+physionet-2016"
    assert elsewhere.evaluation.protocol == "external"
    assert elsewhere.evaluation.test_sets == ("bmd-hs",)


def test_run_folder_depends_on_settings_and_not_on_the_machine() -> None:
    """Where an encoder or a data set lies changes no run folder; a setting does."""
    (_, plain) = plan({}).cells
    (_, elsewhere) = plan(
        {}, Path("/other/file.toml"), folders={"bmd-hs": Path("/d")}, encoders={"openai/whisper-tiny.en": Path("/w")}
    ).cells
    (_, changed) = plan({"config": {"audio": {"duration": 20}}}).cells
    assert plain.folder == elsewhere.folder
    assert plain.folder != changed.folder
    assert plain.folder.parent == Path("runs/home")
    assert plain.folder.name.startswith("whisper-")
    assert elsewhere.config.models.default_model == "/w"
    assert elsewhere.encoder == "openai/whisper-tiny.en"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    found = plan(
        {
            "folders": {"bmd-hs": "data/bmd"},
            "tasks": {
                "home": {
                    "sets": ("bmd-hs",),
                    "config": {"evaluation": {"protocol": "splits", "splits_file": "splits.csv"}},
                }
            },
            "entries": ({"name": "own", "encoder": "../encoder"},),
        },
        tmp_path / "sub" / "file.toml",
    )
    (cell,) = found.cells
    assert cell.config.models.default_model == str(tmp_path / "encoder")
    assert cell.config.evaluation.splits_file == str(tmp_path / "sub" / "splits.csv")
    assert found.folders == {"bmd-hs": tmp_path / "sub" / "data" / "bmd"}
    moved = plan({"folders": {"bmd-hs": "data/bmd"}}, folders={"bmd-hs": Path("/d")})
    assert moved.folders == {"bmd-hs": Path("/d")}


@pytest.mark.parametrize(
    ("values", "options", "sentence"),
    [
        ({"baseline": "logml"}, {}, "the baseline 'logml' is no entry. Did you mean 'logmel'?"),
        ({"entries": ()}, {}, "has no entries"),
        ({"entries": ({"name": "a", "encoder": "logmel"},) * 2}, {}, "two entries have the name 'a'"),
        (
            {},
            {"folders": {"bmdhs": Path("/d")}},
            "--data names 'bmdhs', which /where/file.toml does not have. Did you mean 'bmd-hs'?",
        ),
        ({"folders": {"bmd": "d"}}, {}, "[folders] names 'bmd'"),
        ({}, {"encoders": {"whisper": Path("/d")}}, "--encoder names 'whisper'"),
        ({"config": {"audio": {"time_scal": 4}}}, {}, "'logmel' on 'home': there is no setting 'audio.time_scal'."),
        (
            {"entries": ({"name": "a", "encoder": "logmel", "tasks": ("hme",)},)},
            {},
            "The entry 'a' names 'hme', which /where/file.toml does not have. Did you mean 'home'?",
        ),
        (
            {
                "entries": (
                    {"name": "a", "encoder": "logmel"},
                    {"name": "b", "encoder": "logmel", "config": {"evaluation": {"folds": 3}}},
                )
            },
            {},
            "on the task 'home', evaluation.folds is 5 for 'a' and 3 for 'b'. Rows of one table must answer the same",
        ),
        (
            {"sort_by": "f1", "config": {"evaluation": {"protocol": "leave-site-out"}}},
            {},
            "sort_by is 'f1', but the task 'home' is shown site by site",
        ),
    ],
)
def test_refused_with_a_sentence(values: dict[str, Any], options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        plan(values, **options)
    assert sentence in str(error.value)


def test_grid_makes_every_combination_that_means_another_model() -> None:
    """A model without weights has no layers and no time scales to choose from."""
    grid = Grid(
        encoders=("logmel", "openai/whisper-tiny.en"),
        layers=("select", 1),
        time_scales=(1.0, (1.0, 4.0)),
        heads=("linear",),
        config={"audio": {"duration": 20}},
    )
    entries = list(entries_of(grid))
    assert [entry.name for entry in entries] == [
        "logmel",
        "whisper-tiny.en, layer select, ×1",
        "whisper-tiny.en, layer select, ×1/4",
        "whisper-tiny.en, layer 1, ×1",
        "whisper-tiny.en, layer 1, ×1/4",
    ]
    assert entries[0].config == {"audio": {"duration": 20}, "models": {"head": "linear"}}
    assert entries[4].config == {
        "audio": {"duration": 20, "time_scale": (1.0, 4.0)},
        "models": {"head": "linear"},
        "features": {"layer": 1},
    }
