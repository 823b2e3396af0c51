"""`heartprobe predict --csv` about one patient, and then about another one."""

from __future__ import annotations

import csv
import json
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
    """Two people in one folder, one call each, as anybody would; and both in one call are asked about."""
    for name in ("ada_sup_Mit.wav", "ben_sup_Mit.wav"):
        soundfile.write(tmp_path / name, beating(66, 10.0), 4000)
    (tmp_path / "table.csv").write_text("patient_id,level,recording\npatient,recording,ada_sup_Mit.wav\n")
    refused = predict(tmp_path, "ben_sup_Mit.wav", "--csv", "table.csv")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "table.csv holds answers of an earlier call about 1 patient not given now (patient)" in refused.stderr
    done = predict(tmp_path, "ada_sup_Mit.wav", "ben_sup_Mit.wav", "--csv", "table.csv", "--json")
    assert done.returncode == 1, done.stderr
    asked, *_ = json.loads(done.stdout)["notes"]
    assert asked.startswith("Are all recordings of one person?")
    with (tmp_path / "table.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["prevalence"] for row in table if row["label"]} == {"0.5"}
