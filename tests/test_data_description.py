"""What a bundle says that its model was made from."""

from __future__ import annotations

from pathlib import Path

from heartprobe.data.combine import combine
from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.data.split import Split
from heartprobe.data_description import describe_recordings, developed_on


def data_set(name: str, n: int) -> RecordingSet:
    """Return patients with two recordings each; no file is ever read."""
    ids = [f"p{i}" for i in range(n)]
    recordings = tuple(Recording(f"{p}_{i}", p, Path("none.wav")) for p in ids for i in range(2))
    return RecordingSet(name, recordings, {p: Patient(p, {"N": 1}) for p in ids})


def test_a_data_set_that_was_only_tested_is_not_named() -> None:
    """Nor are its patients counted, or those held out of a single data set."""
    both = combine([data_set("bmd-hs", 3), data_set("circor", 4)])
    tested = tuple(p for p in both.patient_ids if p.startswith("circor"))
    split = Split(0, 0, ("bmd-hs:p0",), (("bmd-hs:p1",), ("bmd-hs:p2",)), tested)
    said = describe_recordings(developed_on(both, split))
    assert (said["name"], said["patients"], said["recordings"]) == ("bmd-hs", 3, 6)
    assert "circor" not in said["licence"]
    one = developed_on(data_set("bmd-hs", 4), Split(0, 0, ("p0",), (("p1",),), ("p2", "p3")))
    assert (one.name, one.patient_ids) == ("bmd-hs", ("p0", "p1"))
