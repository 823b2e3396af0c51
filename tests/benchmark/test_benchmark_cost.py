"""Measuring what a prediction costs."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from heartprobe.benchmark.cost import covers, measure_costs, way_of
from heartprobe.progress import SilentProgress


def bundles(finished: Path) -> dict[str, Path]:
    rows = json.loads((finished / "leaderboard.json").read_text())["tasks"]["home"]["rows"]
    return {row["entry"]: finished / row["run"] / "bundle" for row in rows}


def test_every_model_is_timed_on_one_thread_and_the_number_is_put_back(finished: Path) -> None:
    before = torch.get_num_threads()
    found = measure_costs(bundles(finished), rounds=3, progress=SilentProgress())
    assert torch.get_num_threads() == before
    assert list(found["ways"]) == list(bundles(finished))
    assert (found["rounds"], found["recording_s"]) == (3, 20.0)
    assert found["machine"]["threads"] == 1
    assert [way["encoder"] for way in found["ways"].values()] == [
        "logmel" if name == "levels" else "modulation" for name in bundles(finished)
    ]
    assert min(way["processor_milliseconds"] for way in found["ways"].values()) > 0


def test_way_is_the_encoder_and_its_windows(finished: Path, tmp_path: Path) -> None:
    """Not the head, the labels or the data."""
    ways = {name: way_of(bundle) for name, bundle in bundles(finished).items()}
    assert ways["levels"] != ways["changes"]
    manifest = json.loads((bundles(finished)["levels"] / "bundle.json").read_text())
    (tmp_path / "bundle.json").write_text(json.dumps(manifest | {"labels": ["N"], "layer": 3}))
    assert way_of(tmp_path) == ways["levels"]
    manifest["front_end"]["duration_s"] = 20.0
    (tmp_path / "bundle.json").write_text(json.dumps(manifest))
    assert way_of(tmp_path) != ways["levels"]


def test_costs_of_another_machine_or_of_fewer_models_do_not_count(finished: Path) -> None:
    costs = json.loads((finished / "cost.json").read_text())
    ways = list(costs["ways"])
    assert covers(costs, ways[:1])
    assert not covers(costs, [*ways, "another"])
    assert not covers(costs | {"machine": costs["machine"] | {"processor": "another"}}, ways)
