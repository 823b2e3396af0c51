"""Answers of an earlier call about other people are not written over in silence."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from heartprobe.errors import ConfigError
from heartprobe.predict import GivenPatient, GivenRecording
from heartprobe.predict.earlier import owner_key, require_table_is_theirs
from heartprobe.predict.results import open_results, result_key
from heartprobe.predict.table import keyed, read_results, write_table


def patient(name: str, *files: Path) -> GivenPatient:
    return GivenPatient(name, tuple(GivenRecording(file, file.name) for file in files))


def stored(path: Path, *patients: GivenPatient, model: str = "model") -> None:
    with open_results(path) as results:
        for one in patients:
            results.add(result_key(one, model, {}), {"patient_id": one.patient_id})


def test_results_of_others_are_not_dropped(tmp_path: Path) -> None:
    """Who would be lost is named, and the file is as it was."""
    path = tmp_path / "results.jsonl"
    ada, *others = (patient(name, tmp_path / f"{name}.wav") for name in ("Ada", "Bea", "Cem", "Dan", "Eve"))
    stored(path, ada, *others)
    before = path.read_bytes()
    with open_results(path) as results, pytest.raises(ConfigError) as refused:
        results.require_nobody_lost([ada])
    assert str(refused.value) == (
        f"{path} holds answers of an earlier call about 4 patients not given now (Bea, Cem, Dan and 1 more), which "
        "would be lost: nothing was done. Give another file with --results, or --replace to let them go."
    )
    assert path.read_bytes() == before


def test_the_same_people_are_known_again(tmp_path: Path) -> None:
    """With other sounds, one recording more, another model or in another order; and anybody in a new file."""
    path = tmp_path / "results.jsonl"
    ada, bea = patient("Ada", tmp_path / "a.wav"), patient("Bea", tmp_path / "b.wav")
    with open_results(path) as results:
        results.require_nobody_lost([ada])
    stored(path, ada, bea)
    stored(path, ada, model="another")
    (tmp_path / "b.wav").write_bytes(b"other")
    with open_results(path) as results:
        results.require_nobody_lost([bea, patient("Ada", tmp_path / "a.wav", tmp_path / "a2.wav"), patient("Cem")])


def test_people_of_two_archives_may_be_called_the_same(tmp_path: Path) -> None:
    """The first of each is P1, and nobody wants the one's answer to go with the other's."""
    path = tmp_path / "results.jsonl"
    stored(path, patient("P1", tmp_path / "one" / "P1.wav"))
    with open_results(path) as results, pytest.raises(ConfigError, match=r"1 patient not given now \(P1\)"):
        results.require_nobody_lost([patient("P1", tmp_path / "two" / "P1.wav")])


def test_one_patient_of_two_models_is_one_patient(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    ada = patient("Ada", tmp_path / "a.wav")
    stored(path, ada, model="one")
    stored(path, ada, model="another")
    with open_results(path) as results, pytest.raises(ConfigError, match=r"about 1 patient not given now \(Ada\)"):
        results.require_nobody_lost([patient("Bea")])


def answered(given: GivenPatient) -> dict[str, Any]:
    """Return a result without answers, in the shape of all."""
    empty = {"position": None, "findings": [], "problem": None, "duration_s": None, "heart_rate": None}
    recordings = [{"name": one.name, **empty, "answers": None, "windows": []} for one in given.recordings]
    said = {"patient_id": given.patient_id, "patient": None, "problem": None, "heart_rate": None}
    return said | {"recordings": recordings}


def table(path: Path, *patients: GivenPatient) -> None:
    write_table([keyed(given, answered(given)) for given in patients], path)


def test_tables_of_two_archives_may_have_people_who_are_called_the_same(tmp_path: Path) -> None:
    """Both have a P1 with a P1.wav; and where one table is of both archives, there are two of them."""
    path = tmp_path / "table.csv"
    one, two = (patient("P1", tmp_path / folder / "P1.wav") for folder in ("one", "two"))
    table(path, one)
    require_table_is_theirs(path, [one], replaces=False)
    with pytest.raises(ConfigError, match=r"1 patient not given now \(P1\)"):
        require_table_is_theirs(path, [two], replaces=False)
    table(path, one, two)
    require_table_is_theirs(path, [two, one], replaces=False)
    with pytest.raises(ConfigError, match=r"1 patient not given now \(P1\)"):
        require_table_is_theirs(path, [one], replaces=False)
    with pytest.raises(ConfigError, match=r"2 patients not given now \(P1, P1\)"):
        require_table_is_theirs(path, [patient("P2")], replaces=False)
    assert str(tmp_path) not in path.read_text()


def test_results_and_their_table_know_people_by_the_same_key(tmp_path: Path) -> None:
    ada = patient("Ada", tmp_path / "a.wav")
    with open_results(tmp_path / "results.jsonl") as results:
        results.add(result_key(ada, "model", {}), answered(ada))
    write_table(read_results(tmp_path / "results.jsonl"), tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="") as file:
        assert [row["patient_key"] for row in csv.DictReader(file)] == 2 * [owner_key(ada)]
    require_table_is_theirs(tmp_path / "table.csv", [ada], replaces=False)


def test_a_table_without_keys_is_about_others(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("patient_id,level,recording\nAda,patient,\nAda,recording,a.wav\n")
    with pytest.raises(ConfigError, match=r"1 patient not given now \(Ada\)"):
        require_table_is_theirs(path, [patient("Ada", tmp_path / "a.wav")], replaces=False)


def test_a_table_about_others_is_not_replaced(tmp_path: Path) -> None:
    """One patient has no name: told by the names of the recordings."""
    path = tmp_path / "table.csv"
    table(path, patient("patient", tmp_path / "a_sup_Mit.wav"))
    same = patient("patient", tmp_path / "a_sup_Mit.wav", tmp_path / "a_sup_Aor.wav")
    other = patient("patient", tmp_path / "b_sup_Mit.wav")
    require_table_is_theirs(path, [same], replaces=False)
    require_table_is_theirs(path, [other], replaces=True)
    require_table_is_theirs(tmp_path / "new.csv", [other], replaces=False)
    with pytest.raises(ConfigError) as refused:
        require_table_is_theirs(path, [other], replaces=False)
    assert str(refused.value) == (
        f"{path} holds answers of an earlier call about 1 patient not given now (patient), which would be lost: "
        "nothing was done. Give another file with --csv, or --replace to let them go."
    )
    ada = patient("Ada", tmp_path / "x.wav")
    table(path, ada, patient("Ben", tmp_path / "b.wav"))
    with pytest.raises(ConfigError, match=re.escape("(Ben)")):
        require_table_is_theirs(path, [ada], replaces=False)


@pytest.mark.parametrize("content", [b"file,patient_id\nx.wav,Ada\n", b"my notes\n", b"\x00\x01\r\r\x00"])
def test_another_file_is_never_replaced(content: bytes, tmp_path: Path) -> None:
    """Such as the table that says who is who."""
    path = tmp_path / "who.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"who\.csv .*; it is left as it is\. Give another file with --csv\."):
        require_table_is_theirs(path, [patient("Ada")], replaces=True)
    assert path.read_bytes() == content
    path.write_bytes(b"")
    require_table_is_theirs(path, [patient("Ada")], replaces=False)
