"""Segmentations of recordings into heart sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.segmentation import Segment, read_segmentation
from heartprobe.errors import DataError, TableError


def test_phases_are_named(tmp_path: Path) -> None:
    """The numbers are those of the challenge; 0 is nothing annotated."""
    path = tmp_path / "1_AV.tsv"
    path.write_text("0\t0.242\t0\n0.242\t0.400176\t1\n0.400176\t0.497\t2\n0.497\t0.62\t3\n0.62\t0.78\t4\n")
    assert read_segmentation(path) == (
        Segment(0.0, 0.242, None),
        Segment(0.242, 0.400176, "S1"),
        Segment(0.400176, 0.497, "systole"),
        Segment(0.497, 0.62, "S2"),
        Segment(0.62, 0.78, "diastole"),
    )


def test_lines_twice_and_out_of_order_are_put_right(tmp_path: Path) -> None:
    """Two published files list every segment twice; unannotated and annotated ones may begin together."""
    path = tmp_path / "1_AV.tsv"
    path.write_text("0.5\t0.6\t2\n0\t0.5\t1\n\n0.5\t0.6\t2\n0\t0.5\t0\n")
    assert [(segment.start_s, segment.end_s) for segment in read_segmentation(path)] == [
        (0.0, 0.5),
        (0.0, 0.5),
        (0.5, 0.6),
    ]


@pytest.mark.parametrize(
    "line", ["0.1\t0.2", "0.1\t0.2\t5", "0.2\t0.1\t1", "-0.1\t0.2\t1", "a\t0.2\t1", "0.1\tnan\t1", "0\tinf\t1", "\x00"]
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    """File, line, content and expectation."""
    path = tmp_path / "1_AV.tsv"
    path.write_text(f"0\t0.1\t1\n{line}\n")
    with pytest.raises(TableError, match=r"1_AV\.tsv, line 2: found .*, expected the start and end of a segment"):
        read_segmentation(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Not an empty segmentation; nor is a file of other bytes."""
    with pytest.raises(DataError, match="cannot be read"):
        read_segmentation(tmp_path / "1_AV.tsv")
    (tmp_path / "1_AV.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="not a text table in UTF-8"):
        read_segmentation(tmp_path / "1_AV.tsv")
