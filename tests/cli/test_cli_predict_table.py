"""`heartprobe predict --csv` about one patient, and then about another one."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import soundfile

from heart_like_sounds import beating

HEARTPROBE = Path(sys.executable).with_name("heartprobe")


def predict(cwd: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(HEARTPROBE), "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=110)


def test_a_table_about_another_patient_is_not_replaced(tmp_path: Path) -> None:
    """Two people in one folder or of one name, one call each, as anybody would; both in one call are asked about."""
    for name, bpm in (("ada_sup_Mit.wav", 66), ("ben_sup_Mit.wav", 80)):
        soundfile.write(tmp_path / name, beating(bpm, 10.0), 4000)
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "ben_sup_Mit.wav", tmp_path / "b" / "ada_sup_Mit.wav")
    assert predict(tmp_path, "ada_sup_Mit.wav", "--csv", "table.csv").returncode == 0
    for other in ("ben_sup_Mit.wav", "b/ada_sup_Mit.wav"):
        refused = predict(tmp_path, other, "--csv", "table.csv")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "table.csv holds answers of an earlier call about 1 patient not given now (patient)" in refused.stderr
    done = predict(tmp_path, "ada_sup_Mit.wav", "ben_sup_Mit.wav", "--csv", "table.csv", "--json")
    assert done.returncode == 0, done.stderr
    asked, *_ = json.loads(done.stdout)["notes"]
    assert asked.startswith("Are all recordings of one person?")
    with (tmp_path / "table.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["prevalence"] for row in table if row["label"]} == {"0.5"}
