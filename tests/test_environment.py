"""The identity of the data of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heartprobe.data.recordings import Patient, Position, Recording, RecordingSet
from heartprobe.environment import data_fingerprint

MITRAL, AORTIC = Position("sup", "Mit"), Position("sup", "Aor")


def fingerprint(name: str, position: Position | None) -> str:
    recording = Recording(name, "p", Path("none.wav"), position)
    return data_fingerprint(RecordingSet("made-up", (recording,), {"p": Patient("p", {"N": 1})}), {name: "0" * 64})


def test_a_position_that_the_name_does_not_tell_counts() -> None:
    """The fusion by position goes by it; one that the name tells is in the name."""
    assert len({fingerprint("one", None), fingerprint("one", MITRAL), fingerprint("one", AORTIC)}) == 3
    assert fingerprint("MD_001_sup_Mit", MITRAL) != fingerprint("MD_001_sup_Mit", AORTIC)
    # As before positions counted at all, so that finished runs stay what they are.
    assert fingerprint("MD_001_sup_Mit", MITRAL) == "570798ff5265b241a9fd4b1bccb68ab3fc27cb2d890921f22c32cdcd98e7753b"


def test_labels_and_sounds_count() -> None:
    patient = Patient("p", {"N": 1})
    one = RecordingSet("made-up", (Recording("r", "p", Path("none.wav")),), {"p": patient})
    other = replace(one, patients={"p": replace(patient, labels={"N": 0})})
    found = {data_fingerprint(one, {"r": "a"}), data_fingerprint(one, {"r": "b"}), data_fingerprint(other, {"r": "a"})}
    assert len(found) == 3
