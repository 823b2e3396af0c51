"""A model that one person publishes and another one uses answers the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from publishing_hub import PublishingHub
from saved_bundle import save_working


def heartprobe(home: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as somebody with nothing in their cache."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HEARTPROBE_"))}
    settings = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.run(
        [sys.executable, "-c", "from heartprobe.cli.app import main; main()", *map(str, arguments)],
        env={**clean, **settings, "HF_HOME": str(home), "HEARTPROBE_CACHE": str(home / "heartprobe"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_a_published_model_answers_as_it_did(synthetic: Path, tmp_path: Path) -> None:
    """By its commit, which the first use prints, and without an account."""
    bundle = save_working(tmp_path / "bundle")
    wavs = sorted((synthetic / "train").glob("*.wav"))[:2]
    with PublishingHub().serve() as hub:
        pushed = heartprobe(tmp_path / "a", "push", bundle, "lab/heart", HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_lab")
        commit = hub.repositories["lab/heart"].find("main")
        assert (pushed.returncode, pushed.stderr) == (0, "")
        assert pushed.stdout == (
            f"Published: {hub.endpoint}/lab/heart/tree/{commit}\n"
            f"To use it: heartprobe predict --from-hub lab/heart@{commit} FILE...\n"
        )
        there = heartprobe(
            tmp_path / "b", "predict", "--from-hub", "lab/heart", "--json", *wavs, HF_ENDPOINT=hub.endpoint
        )
    here = heartprobe(tmp_path / "b", "predict", bundle, "--json", *wavs)
    assert f"The model is lab/heart@{commit}" in there.stderr
    assert there.returncode == here.returncode
    assert json.loads(there.stdout) == json.loads(here.stdout)
    answer = json.loads(there.stdout)["patient"]["AS"]
    assert 0 < answer["low"] <= answer["finding_probability"] <= answer["high"] < 1
    # It is known by its commit, and used without a hub.
    again = heartprobe(
        tmp_path / "b", "predict", "--from-hub", f"lab/heart@{commit}", *wavs, HF_ENDPOINT="http://127.0.0.1:9"
    )
    assert again.returncode == here.returncode
    assert "95 % interval" in again.stdout


def test_a_model_without_recordings_is_wrong_use(tmp_path: Path) -> None:
    """As is a hub that refuses a failure."""
    bundle = save_working(tmp_path / "bundle")
    alone = heartprobe(tmp_path, "predict", bundle)
    assert (alone.returncode, alone.stdout) == (2, "")
    assert alone.stderr.endswith("is a model folder, and no recording is given; name audio files after it.\n")
    no_token = heartprobe(tmp_path, "push", bundle, "lab/heart")
    assert no_token.returncode == 1
    assert no_token.stderr.startswith("heartprobe: There is no token for https://huggingface.co: make one")
