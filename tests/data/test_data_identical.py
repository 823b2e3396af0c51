"""One sound under several names: who is concerned, across which border, and with which contradiction."""

from __future__ import annotations

from pathlib import Path

from heartprobe.data.combine import combine
from heartprobe.data.identical import identical_findings, same_sounds
from heartprobe.data.recordings import Patient, Recording, RecordingSet


def recording_set(
    name: str, sites: dict[str, str], labels: dict[str, int | None], per_patient: int = 2
) -> RecordingSet:
    """Return patients `a`, `b`, ... at these sites, whose N is as given."""
    recordings = tuple(Recording(f"{p}{i}", p, Path(f"{p}{i}.wav")) for p in sites for i in range(1, per_patient + 1))
    patients = {p: Patient(p, {"N": labels[p]}, site=site) for p, site in sites.items()}
    return RecordingSet(name, recordings, patients)


TWO_SITES = recording_set("one", {"a": "here", "b": "here", "c": "there"}, {"a": 1, "b": 1, "c": 0})


def test_different_sounds_are_no_finding() -> None:
    sounds = {"a1": "1", "a2": "2", "b1": "3", "b2": "4", "c1": "5", "c2": "6"}
    assert same_sounds(TWO_SITES, sounds) == ()
    assert identical_findings(TWO_SITES, sounds) == []


def test_every_border_is_named() -> None:
    """Within a patient, between patients of a site, and between sites, where the labels contradict each other."""
    within, patients, sites = (
        same_sounds(TWO_SITES, sounds)[0]
        for sounds in ({"a1": "x", "a2": "x"}, {"a1": "x", "b2": "x"}, {"b1": "x", "a2": "x", "c1": "x"})
    )
    assert (within.across, within.patient_ids, within.contradicting) == ("nothing", ("a",), ())
    assert (patients.across, patients.patient_ids, patients.contradicting) == ("patients", ("a", "b"), ())
    assert (sites.across, sites.recording_ids, sites.contradicting) == ("sites", ("a2", "b1", "c1"), ("N",))


def test_data_sets_are_told_from_sites() -> None:
    """A sound that two data sets share lies across data sets, whatever their sites are called."""
    other = recording_set("two", {"a": "here"}, {"a": None})
    both = combine([TWO_SITES, other])
    (shared,) = same_sounds(both, {"one:a1": "x", "two:a1": "x"})
    assert shared.across == "data sets"
    assert shared.contradicting == ()  # 1 and unknown do not contradict each other
    (finding,) = identical_findings(both, {"one:a1": "x", "two:a1": "x"})
    assert finding.kind == "identical"
    assert finding.subject == "one:a1, two:a1"
    assert "in several data sets (one, two)" in finding.detail


def test_a_colon_in_an_id_is_no_data_set() -> None:
    """Only combined sets have the name of a data set before their ids."""
    own = recording_set("folder", {"1:a": "here", "2:a": "here"}, {"1:a": 1, "2:a": 1})
    assert same_sounds(own, {"1:a1": "x", "2:a1": "x"})[0].across == "patients"


def test_the_finding_says_who_and_what() -> None:
    (within,) = identical_findings(TWO_SITES, {"a1": "x", "a2": "x"})
    (sites,) = identical_findings(TWO_SITES, {"a1": "x", "c1": "x"})
    assert within.detail == "The sound is the same under all of these names, all of a: at most one is right."
    assert sites.detail == (
        "The sound is the same at several sites (here, there): at most one can be right. "
        "What they say about N is contradictory."
    )


def test_recordings_without_a_sound_are_left_out() -> None:
    """A file that could not be read is not the same as another that could not."""
    assert same_sounds(TWO_SITES, {"a1": "x"}) == ()
