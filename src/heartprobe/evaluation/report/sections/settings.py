"""What was trained, what was chosen, and with which settings and software."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heartprobe.evaluation.report.cells import plain
from heartprobe.evaluation.report.content import Block, Cell, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.wording import Report, question


def settings_section(report: Report, environment: Mapping[str, Any] | None) -> Section:
    """Return the model, what was chosen on validation, all settings and the environment.

    Args:
        report: As it stands in `report.json`.
        environment: As it stands in `environment.json`, where there is one.
    """
    blocks: list[Block] = [_model(report), *_selection(report["selection"])]
    blocks += [Paragraph(note) for note in report["notes"]]
    if settings := report.get("settings"):
        blocks.append(_flat_table("Settings", settings))
    blocks.append(_flat_table("Environment", {**report["created_by"], **(environment or {})}))
    return Section(titles.SETTINGS, tuple(blocks))


def _model(report: Report) -> Table:
    task = report["task"]
    rows = (
        _row("Asked", "; ".join(question(label) for label in task["labels"])),
        _row("Encoder", task["encoder"]["name"]),
        _row("Encoder trained", task.get("is_fine_tuned", False)),
        _row("Head", task["head"]),
        _row("Demographics used", task.get("demographics", [])),
    )
    return Table(("", ""), rows, is_numeric=False)


def _selection(selection: list[Mapping[str, Any]]) -> list[Table]:
    """Return what was chosen in each split; lists of candidates stay in `report.json`."""
    keys = list(
        dict.fromkeys(
            key for chosen in selection for key, value in chosen.items() if not isinstance(value, list | Mapping)
        )
    )
    if not keys:
        return []
    rows = tuple(Row(tuple(Cell(plain(chosen[key]) if key in chosen else "") for key in keys)) for chosen in selection)
    header = tuple(key.replace("_", " ") for key in keys)
    return [Table(header, rows, "Chosen on validation patients, per split", is_folded=len(rows) > 8, is_numeric=False)]


def _flat_table(caption: str, values: Mapping[str, Any]) -> Table:
    rows = tuple(_row(key, value) for key, value in _flat(values).items())
    return Table(("", ""), rows, caption, is_folded=True, is_numeric=False)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return flat


def _row(name: str, value: Any) -> Row:
    return Row((Cell(name), Cell(plain(value))))
