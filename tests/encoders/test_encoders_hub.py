"""Fetching from a stand-in hub. In processes of their own: the hub's client reads its environment when imported."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stand_in_hub import COMMIT, StandInHub

from heartprobe.encoders.hub import find_checkpoint
from heartprobe.encoders.load import require_encoder
from heartprobe.errors import EncoderError
from tiny_encoders import TinyEncoder, save_tiny_encoder

LOAD = """
import json, sys, warnings
warnings.simplefilter("error")
from heartprobe.encoders.{module} import {function}
from heartprobe.errors import EncoderError
for name in sys.argv[1:]:
    name, _, revision = name.partition("@")
    try:
        found = {function}(name, revision=revision or None)
    except EncoderError as error:
        print(json.dumps({{"error": str(error)}}))
    else:
        print(json.dumps({{key: str(getattr(found{info}, key)) for key in ("name", "source", "revision")}}))
"""
FIND = LOAD.format(module="hub", function="find_checkpoint", info="")
FIND_AND_LOAD = LOAD.format(module="load", function="load_encoder", info=".info")


def ask(names: list[str], home: Path, *, code: str = FIND, **environment: str) -> list[dict[str, str]]:
    """Ask for encoders one after another in a fresh process; return what each came to."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    result = subprocess.run(
        [sys.executable, "-c", code, *names],
        env={**clean, "HF_HOME": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def hub(tiny_encoder: TinyEncoder, tmp_path: Path) -> Iterator[StandInHub]:
    wavlm = tiny_encoder("wavlm")
    no_weights = tmp_path / "no-weights"
    no_weights.mkdir()
    (no_weights / "config.json").write_text((wavlm / "config.json").read_text())
    (tmp_path / "data-set").mkdir()
    repositories = {"lab/wavlm": wavlm, "lab/gated": wavlm, "lab/unfinished": no_weights}
    repositories |= {"lab/data-set": tmp_path / "data-set"}
    with StandInHub(repositories, gated={"lab/gated"}).serve() as hub:
        yield hub


def test_an_encoder_is_fetched_once_and_then_found_without_the_hub(hub: StandInHub, tmp_path: Path) -> None:
    """All files from one commit, from HF_ENDPOINT into HF_HOME; afterwards offline and with the hub gone."""
    home = tmp_path / "home"
    expected = {"name": "lab/wavlm", "source": "lab/wavlm", "revision": COMMIT}
    assert ask(["lab/wavlm"], home, code=FIND_AND_LOAD, HF_ENDPOINT=hub.endpoint) == [expected]
    fetched = [request for request in hub.requests if request.startswith("GET") and "resolve" in request]
    assert fetched == [
        "GET /lab/wavlm/resolve/main/config.json",
        f"GET /lab/wavlm/resolve/{COMMIT}/preprocessor_config.json",
        f"GET /lab/wavlm/resolve/{COMMIT}/model.safetensors",
    ]
    assert ask(["lab/wavlm"], home, HF_ENDPOINT="http://127.0.0.1:9") == [expected]
    hub.requests.clear()
    assert ask(["lab/wavlm"], home, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="1") == [expected]
    assert hub.requests == []


def test_what_the_hub_refuses_is_one_sentence_each(hub: StandInHub, tmp_path: Path) -> None:
    """Missing, misspelt, gated, at no such revision, without weights, no encoder at all."""
    names = ["lab/nothing", "facebok/wav2vec2-base", "lab/gated", "lab/wavlm@v9", "lab/unfinished", "lab/data-set"]
    missing, misspelt, gated, revision, unfinished, no_encoder = (
        answer["error"] for answer in ask(names, tmp_path, HF_ENDPOINT=hub.endpoint)
    )
    ways_on = "Use `--model-name heartprobe-pcg`, which is here already, or `logmel`, which needs no download."
    assert missing == (
        f"Encoder 'lab/nothing' is not on {hub.endpoint}, or it is private and HF_TOKEN does not give access. {ways_on}"
    )
    assert misspelt.endswith(f"Did you mean 'facebook/wav2vec2-base'? {ways_on}")
    assert gated == (
        f"Encoder 'lab/gated' is gated: accept its terms at {hub.endpoint}/lab/gated and give your token in HF_TOKEN. "
        + ways_on
    )
    assert revision == f"Encoder 'lab/wavlm' has no revision 'v9' on {hub.endpoint}."
    assert unfinished == "The hub's 'lab/unfinished' holds neither model.safetensors nor pytorch_model.bin."
    assert no_encoder.startswith("The hub's 'lab/data-set' holds no config.json")


def test_a_token_opens_what_is_gated(hub: StandInHub, tmp_path: Path) -> None:
    """HF_TOKEN is respected."""
    answer = ask(["lab/gated"], tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN=hub.token)
    assert answer == [{"name": "lab/gated", "source": "lab/gated", "revision": COMMIT}]


def test_no_hub_is_said_at_once(tmp_path: Path) -> None:
    """Connection refused: no minutes of retries, and the way without a download is named."""
    (answer,) = ask(["facebook/wav2vec2-base"], tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert answer["error"] == (
        "Encoder 'facebook/wav2vec2-base' cannot be fetched from http://127.0.0.1:9: [Errno 111] Connection refused. "
        "Use `--model-name heartprobe-pcg`, which is here already, or `logmel`, which needs no download."
    )


def test_offline_with_nothing_cached_is_said(hub: StandInHub, tmp_path: Path) -> None:
    """HF_HUB_OFFLINE is respected: the hub is not asked."""
    (answer,) = ask(["lab/wavlm"], tmp_path, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="1")
    assert answer["error"] == (
        f"Encoder 'lab/wavlm': its config.json is not in the cache {tmp_path}/hub, and HF_HUB_OFFLINE forbids to "
        "fetch it. "
        "Use `--model-name heartprobe-pcg`, which is here already, or `logmel`, which needs no download."
    )
    assert hub.requests == []


def test_what_another_program_fetched_is_found_offline(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """A cache without notes about what the repository does not have, as `hf download` leaves it."""
    snapshot = tmp_path / "hub" / "models--lab--wavlm" / "snapshots" / COMMIT
    shutil.copytree(tiny_encoder("wavlm"), snapshot)
    expected = {"name": "lab/wavlm", "source": "lab/wavlm", "revision": COMMIT}
    assert ask([f"lab/wavlm@{COMMIT}"], tmp_path, HF_HUB_OFFLINE="1") == [expected]
    (snapshot / "preprocessor_config.json").unlink()
    (answer,) = ask([f"lab/wavlm@{COMMIT}"], tmp_path, HF_HUB_OFFLINE="1")
    assert answer["error"].startswith("Encoder 'lab/wavlm': its preprocessor_config.json is not in the cache")


@pytest.mark.slow
def test_a_hub_that_fails_is_said(hub: StandInHub, tmp_path: Path) -> None:
    """Status 500; the hub's own client tries it again for about 20 s first."""
    hub.broken.add("lab/wavlm")
    (answer,) = ask(["lab/wavlm"], tmp_path, HF_ENDPOINT=hub.endpoint)
    assert answer["error"].startswith(f"Encoder 'lab/wavlm' cannot be fetched from {hub.endpoint}: Server error '500")


@pytest.mark.parametrize("name", ["logmel", "facebook/wav2vec2-base", "somebody/something"])
def test_a_name_that_may_be_one_is_not_refused_early(name: str) -> None:
    """Whether the hub has it is told when it is loaded; nothing is asked before."""
    require_encoder(name)


def test_a_misspelt_name_is_refused_before_anything_is_read() -> None:
    """With the closest name, that of a setting included."""
    with pytest.raises(EncoderError, match=r"Unknown encoder 'logmle'.*Did you mean 'logmel'\?"):
        require_encoder("logmle")
    with pytest.raises(EncoderError, match=r"Did you mean 'my-encoder'\?"):
        require_encoder("my-encodr", known=["my-encoder"])


@pytest.mark.parametrize("name", ["./nowhere", "../a/b", "/tmp/not/there", "models/mine/v2", "nowhere/", "~/nowhere"])
def test_a_folder_that_is_not_there(name: str) -> None:
    """Whatever looks like a path is not looked for on the hub."""
    with pytest.raises(EncoderError, match=r"Unknown encoder .*there is no such folder\..*needs no download"):
        find_checkpoint(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("logmell", "logmel"), ("Modulation", "modulation"), ("wav2vec2-base", "facebook/wav2vec2-base")],
)
def test_a_misspelt_name_gets_a_suggestion(name: str, meant: str) -> None:
    """Without asking the hub, whose ids have an owner."""
    with pytest.raises(EncoderError, match=rf"neither in the catalogue nor a folder\. Did you mean '{meant}'\?"):
        find_checkpoint(name)


def test_other_known_names_are_suggested_too() -> None:
    """Those of `models.available_models`."""
    with pytest.raises(EncoderError, match="Did you mean 'my-heart-encoder'"):
        find_checkpoint("my-hart-encoder", known=["my-heart-encoder"])


def test_a_folder_wins_over_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder `facebook/wav2vec2-base` below the current one is meant by that name."""
    save_tiny_encoder("wav2vec2-group-norm", tmp_path / "facebook" / "wav2vec2-base")
    monkeypatch.chdir(tmp_path)
    checkpoint = find_checkpoint("facebook/wav2vec2-base")
    assert checkpoint.name == "wav2vec2-base"
    assert checkpoint.source == str(tmp_path / "facebook" / "wav2vec2-base")
    assert checkpoint.revision == "local"
