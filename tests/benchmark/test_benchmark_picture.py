"""The picture of quality against cost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from heartprobe.benchmark.picture import WIDTH, Panel, Point, draw, draw_file, frontier

POINTS = (
    Point("cheap", 1.0, 0.70, 0.60, 0.80, is_baseline=True),
    Point("no better & dearer", 2.0, 0.65, 0.55, 0.75),
    Point("better", 10.0, 0.80, 0.70, 0.90),
    Point("dear", 500.0, 0.80),
)
PANEL = Panel("At home", "macro AUROC", "milliseconds", POINTS, floor=0.5)
SVG = "{http://www.w3.org/2000/svg}"


def texts(drawing: str) -> dict[str, tuple[float, float]]:
    found = ElementTree.fromstring(drawing).iter(f"{SVG}text")
    return {str(text.text): (float(text.attrib["x"]), float(text.attrib["y"])) for text in found}


def test_frontier_has_what_nothing_cheaper_reaches() -> None:
    assert [point.name for point in frontier(PANEL)] == ["cheap", "better"]
    assert [p.name for p in frontier(replace(PANEL, is_lower_better=True))] == ["cheap", "no better & dearer"]


def test_better_is_higher_and_dearer_further_right() -> None:
    circles = [c.attrib for c in ElementTree.fromstring(draw(PANEL)).iter(f"{SVG}circle")]
    across, down = ([float(circle[axis]) for circle in circles] for axis in ("cx", "cy"))
    assert across == sorted(across)
    assert down[2] == down[3] < down[0] < down[1]
    assert across[2] - across[0] == pytest.approx(across[3] - across[2], rel=0.8)  # the axis is logarithmic
    assert [circle["class"] for circle in circles] == ["baseline", "model", "model", "model"]


def test_every_name_is_there_and_none_lies_on_another() -> None:
    crowd = tuple(Point(f"model number {i}", 5.0 + i / 100, 0.8 + i / 1000) for i in range(8))
    found = texts(draw(replace(PANEL, points=crowd)))
    heights = sorted(found[point.name][1] for point in crowd)
    assert min(b - a for a, b in pairwise(heights)) >= 14
    assert all(0 <= found[point.name][0] <= WIDTH for point in crowd)


def test_of_many_models_only_those_worth_their_cost_are_named() -> None:
    many = tuple(Point(f"model {i}", 1.0 + i, 0.6 + (i % 3) / 10, is_baseline=i == 7) for i in range(12))
    found = texts(draw(replace(PANEL, points=many)))
    assert {name for name in found if name.startswith("model")} == {"model 0", "model 1", "model 2", "model 7"}


def test_one_model_alone_can_be_drawn() -> None:
    assert "alone" in texts(draw(Panel("t", "q", "c", (Point("alone", 3.0, 0.5),))))


def test_file_stands_alone_with_all_panels_in_light_and_dark() -> None:
    drawing = draw_file([PANEL, replace(PANEL, title="Abroad")])
    found = texts(drawing)
    assert {"At home", "Abroad", "no better & dearer", "demographics alone"} <= found.keys()
    assert "prefers-color-scheme: dark" in drawing
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
