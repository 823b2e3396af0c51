"""What is to be known of an answer, beside the answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import soundfile

from heart_like_sounds import RATE_HZ, beating
from heartprobe.data.recordings import Demographics
from heartprobe.predict import GivenPatient, Predictor
from heartprobe.predict.listed import read_listed
from heartprobe.predict.tree import Tree

OF_SINGLES = (
    "The patient's probability is calibrated as that of one recording, as all patients of validation had one. Several "
    "say more, so it lies nearer to the middle than it should, and the answer is uncertain more often."
)


@pytest.fixture(scope="module")
def shipped() -> Iterator[Predictor]:
    with Predictor.shipped() as opened:
        yield opened


@pytest.fixture
def wavs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("ada_sup_Mit.wav", "ada_sup_Aor.wav", "ben_sit_Mit.wav")]
    for number, path in enumerate(paths):
        soundfile.write(path, beating(66 + number, 10.0), RATE_HZ)
    return paths


def test_the_shipped_model_says_where_its_probabilities_hold(shipped: Predictor, wavs: list[Path]) -> None:
    """Half of the people of each place were ill, as its card says; of the patient, each recording and window."""
    said = shipped.predict(wavs[:1]).as_dict()
    (recording,) = said["recordings"]
    for answers in (said["patient"], recording["answers"], recording["windows"][0]["answers"]):
        assert (answers["N"]["prevalence"], answers["N"]["is_calibrated"]) == (0.5, True)


def test_a_model_of_single_recordings_says_so_of_several(shipped: Predictor, wavs: list[Path]) -> None:
    """Of one there is nothing to say."""
    assert shipped.predict(wavs[:1]).notes == ()
    assert shipped.predict(wavs[:2]).notes == (OF_SINGLES,)
    assert shipped.predict(wavs[:2]).as_dict()["notes"] == [OF_SINGLES]


def test_a_model_of_patients_with_several_has_nothing_to_say(predictor: Predictor, wavs: list[Path]) -> None:
    assert predictor.bundle.manifest.decision.recordings_per_patient == 8
    prediction = predictor.predict(wavs[:2])
    assert prediction.notes == ()
    shares = [answer.prevalence for answer in prediction.answers if answer.is_calibrated]
    assert all(share is not None and 0 < share < 1 for share in shares)


def test_recordings_of_two_people_are_asked_about(predictor: Predictor, wavs: list[Path]) -> None:
    (note,) = predictor.predict(wavs).notes
    assert note.startswith("Are all recordings of one person? Of these, their names differ")
    assert "ada, ben" in note


def test_recordings_that_do_not_count_raise_no_doubt(predictor: Predictor, wavs: list[Path], tmp_path: Path) -> None:
    """A copy, which counts once, and a file that is no sound, whatever they are called."""
    copy, broken = tmp_path / "zoe_sup_Mit.wav", tmp_path / "text.wav"
    shutil.copyfile(wavs[0], copy)
    broken.write_text("no sound")
    prediction = predictor.predict([wavs[0], copy, broken])
    assert [recording.problem is None for recording in prediction.recordings] == [True, False, False]
    assert prediction.notes == ()


def test_who_lies_in_one_folder_is_asked_about_and_who_is_told_apart_is_not(
    predictor: Predictor, wavs: list[Path], tmp_path: Path
) -> None:
    """The same files as a folder's patient, as a table's patient, and by their names."""

    def notes(patients: Iterable[GivenPatient]) -> list[tuple[str, ...]]:
        return [prediction.notes for prediction in predictor.predict_each(patients)]

    assert notes(Tree([tmp_path], "folder").patients()) == [predictor.predict(sorted(wavs)).notes]
    assert notes(Tree([tmp_path], "name").patients()) == [(), ()]
    table = tmp_path / "who.csv"
    table.write_text("file,patient_id\n" + "".join(f"{path.name},Ada\n" for path in wavs))
    assert notes(read_listed(table, Demographics()).patients()) == [()]
