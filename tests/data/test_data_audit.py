"""The audit listens to every recording and names what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_dataset import TinyDataset

from broken_audio import write_broken_audio
from heartprobe.audio import AUDIO_ERROR_KINDS
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.audit import Audit, audit
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.finding_kinds import FINDING_KINDS
from heartprobe.data.recordings import Demographics, Finding, Patient, Recording, RecordingSet
from heartprobe.progress import Advance

SETTINGS = DatasetConfig(recording_columns=("recording_1", "recording_2"))
DOCS = Path(__file__).resolve().parents[2] / "docs" / "data.md"


def check(tiny: TinyDataset) -> Audit:
    """Audit under a name without a declared duration, so that short files are as long as they should be."""
    return audit(replace(read_bmd_hs(tiny.folder, SETTINGS), name="tiny"))


def found(result: Audit) -> list[tuple[str, str]]:
    return [(finding.kind, finding.subject) for finding in result.findings]


def test_a_sound_data_set_has_nothing_wrong(tiny: TinyDataset) -> None:
    """Its counts are those of the tables and the files."""
    tiny.write()
    tiny.write_sound("N_1_sup_Mit.wav", seconds=1.55)
    result = check(tiny)
    assert result.findings == ()
    assert not result.has_problems
    assert (result.counts.patients, result.counts.recordings, result.counts.readable) == (2, 4, 4)
    assert result.counts.with_label == {"N": 1, "AS": 1, "AR": 0, "MR": 1, "MS": 0}
    assert result.counts.rates_hz == {4000: 4}
    assert (result.counts.shortest_s, result.counts.median_s, result.counts.longest_s) == (1.5, 1.5, 1.55)
    assert result.counts.total_s == pytest.approx(6.05)


def test_notes_are_no_problems(tiny: TinyDataset) -> None:
    """A correction that was applied does not fail the check; what the reader could not use does."""
    tiny.rows[0] = "p1,0,0,0,0,1,MD_085_sit_Tri,N_1_sit_Aor"
    tiny.write()
    sound = tiny.folder / "train" / "MD_085_sit_Tri.wav"
    sound.rename(sound.with_stem("MD_085_sit_Tri6_06"))
    result = check(tiny)
    assert found(result) == [("misnamed", "MD_085_sit_Tri")]
    assert not result.has_problems
    tiny.write_sound("MD_022_sup_Mit.wav")
    assert check(tiny).has_problems


def test_identical_sounds_are_found_whatever_file_holds_them(tiny: TinyDataset) -> None:
    """Within a patient and, worse, between patients; wav and flac of the same samples agree."""
    tiny.write()
    tiny.write_sound("N_1_sup_Mit.wav", seed=5)
    (tiny.folder / "train" / "N_1_sit_Aor.wav").unlink()
    tiny.write_sound("N_1_sit_Aor.flac", seed=5)
    result = check(tiny)
    assert found(result) == [("identical", "N_1_sup_Mit, N_1_sit_Aor")]
    assert "all of p1" in result.findings[0].detail
    tiny.write_sound("MD_2_sup_Mit.wav", seed=5)
    result = check(tiny)
    assert found(result) == [("identical", "N_1_sup_Mit, N_1_sit_Aor, MD_2_sup_Mit")]
    assert "the patients differ (p1, p2)" in result.findings[0].detail
    assert result.has_problems


def test_shorter_than_the_data_set_declares_is_short(tiny: TinyDataset) -> None:
    """BMD-HS declares 20 s; 19.9 s are near enough, 18.9 s are not."""
    tiny.write()
    for seed, (name, seconds) in enumerate(zip(tiny.listed(), (20.0, 19.9, 18.9, 15.0), strict=True)):
        tiny.write_sound(f"{name}.wav", seed=seed, seconds=seconds)
    result = audit(read_bmd_hs(tiny.folder, SETTINGS))
    assert found(result) == [("short", "MD_2_sup_Mit"), ("short", "MD_2_sit_Aor")]
    assert result.findings[1].detail == "It lasts 15.00 s; 20 s were expected."


def test_synthetic_recordings_are_measured_by_their_own_median(tiny: TinyDataset) -> None:
    """They may be of any length, as long as they agree."""
    tiny.write()
    (tiny.folder / "synthetic.json").write_text("{}")
    tiny.write_sound("N_1_sup_Mit.wav", seconds=1.2)
    result = audit(read_bmd_hs(tiny.folder, SETTINGS))
    assert result.is_synthetic
    assert found(result) == [("short", "N_1_sup_Mit")]


def test_clipped_and_flat_recordings_are_found(tiny: TinyDataset) -> None:
    """Cut-off peaks, a stretch without any movement, and a file without any."""
    tiny.write()
    noise = np.random.default_rng(1).normal(0, 0.3, 12_000)
    stuck = noise.copy()
    stuck[:6000] = 0.125
    for name, samples in (
        ("N_1_sup_Mit", np.clip(noise, -0.1, 0.1)),
        ("N_1_sit_Aor", stuck),
        ("MD_2_sup_Mit", noise * 0),
    ):
        tiny.write_sound(f"{name}.wav", samples=samples)
    tiny.write_sound("MD_2_sit_Aor.wav", seconds=3)
    result = check(tiny)
    assert found(result) == [("clipped", "N_1_sup_Mit"), ("flat", "N_1_sit_Aor"), ("flat", "MD_2_sup_Mit")]
    assert result.findings[1].detail == "The sound does not move for 1.5 s of 3.0 s."
    assert "silent" in result.findings[2].detail
    assert result.counts.readable == 3


def test_a_full_scale_peak_is_not_clipping(tiny: TinyDataset) -> None:
    """Every recording of BMD-HS is peak-normalised."""
    tiny.write()
    noise = np.random.default_rng(1).normal(0, 0.3, 6000)
    tiny.write_sound("N_1_sup_Mit.wav", samples=noise / np.abs(noise).max())
    assert check(tiny).findings == ()


def test_broken_files_are_named_and_the_rest_is_heard(tmp_path: Path) -> None:
    """More than a hundred damaged files: each is a finding of a known kind, none ends the audit."""
    files = [f for f in write_broken_audio(tmp_path / "broken") if f.content is not None]
    paths = [tmp_path / "broken" / file.name for file in files]
    recordings = RecordingSet(
        "odd",
        tuple(Recording(path.name, "p1", path) for path in paths),
        {"p1": Patient("p1", {"N": 1}, Demographics(age=30))},
    )
    result = audit(recordings)
    kinds = {subject: kind for kind, subject in found(result)}
    for file in files:
        if file.kind is not None:
            assert kinds[file.name] == {"silent": "flat"}.get(file.kind, file.kind)
    assert len(files) > 100
    assert 0 < result.counts.readable < len(files)
    assert {finding.kind for finding in result.findings} <= FINDING_KINDS.keys()
    json.dumps(result.as_dict(), allow_nan=False)


def test_nothing_readable_is_no_traceback(tiny: TinyDataset) -> None:
    """Durations are null then."""
    tiny.write()
    for name in tiny.listed():
        (tiny.folder / "train" / f"{name}.wav").write_text("no sound")
    result = check(tiny)
    assert found(result) == [("unreadable", name) for name in tiny.listed()]
    assert result.counts.median_s is None
    assert result.as_dict()["counts"]["rates_hz"] == {}


def test_a_label_that_hangs_on_the_demographics_is_noted() -> None:
    """The note names the label; it is the reader's to judge, not a fault of the files."""
    people = {
        f"p{i}": Patient(f"p{i}", {"N": int(i < 6), "AS": i % 2}, Demographics(age=20 + 5 * i)) for i in range(12)
    }
    result = audit(RecordingSet("x", tuple(Recording(p, p, Path("none.wav")) for p in people), people))
    notes = [finding for finding in result.findings if not finding.is_problem]
    assert [(note.kind, note.subject) for note in notes] == [("confounded", "N")]
    assert f"an AUROC of {result.demographics_auroc['N'].value:.3f}" in notes[0].detail
    assert list(result.demographics_auroc) == ["N", "AS"]


def test_the_dictionary_is_the_whole_result(tiny: TinyDataset) -> None:
    """What `--json` prints: counts, findings, and scores that are null with a reason."""
    tiny.write()
    tiny.write_sound("MD_022_sup_Mit.wav")
    result = check(tiny).as_dict()
    assert result == json.loads(json.dumps(result))
    assert list(result) == [
        "schema", "name", "is_synthetic", "has_problems", "counts", "kinds", "findings", "demographics_auroc",
    ]  # fmt: skip
    assert result["kinds"] == {"unlisted": 1}
    assert result["findings"] == [
        {
            "kind": "unlisted",
            "subject": "train/MD_022_sup_Mit.wav",
            "detail": "No table lists this file, so it has no label and is not used.",
            "is_problem": True,
        }
    ]
    assert result["demographics_auroc"]["N"] == {
        "value": None,
        "reason": "it takes two patients of each kind, of one there are 1",
    }


def test_progress_counts_every_recording(tiny: TinyDataset) -> None:
    """Readable or not."""
    tiny.write()
    (tiny.folder / "train" / "N_1_sup_Mit.wav").write_text("no sound")
    counted: list[tuple[str, int | None, str, int]] = []

    class Listener:
        @contextmanager
        def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
            yield lambda n: counted.append((description, total, unit, n))

        def note(self, text: str) -> None:
            raise AssertionError(text)

    audit(read_bmd_hs(tiny.folder, SETTINGS), progress=Listener())
    assert counted == [("Checking recordings", 4, "recording", 1)] * 4


def test_every_kind_of_finding_is_documented() -> None:
    """The table in the documentation has exactly the kinds that there are, and every kind of the sound reader."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (problem|note)", DOCS.read_text(), flags=re.MULTILINE)
    assert {kind for kind, _ in rows} == set(FINDING_KINDS)
    assert set(AUDIO_ERROR_KINDS) - {"silent"} <= set(FINDING_KINDS)


def test_findings_keep_their_order(tiny: TinyDataset) -> None:
    """First what the reader found, then what is wrong with single sounds, then between them."""
    first = Finding("missing", "a", "b")
    tiny.write()
    recordings = replace(read_bmd_hs(tiny.folder, SETTINGS), findings=(first,))
    assert [f.kind for f in audit(recordings).findings] == ["missing", "short", "short", "short", "short"]
