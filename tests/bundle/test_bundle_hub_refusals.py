"""What cannot be published or fetched, in a sentence each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hub_process import do

from heartprobe.bundle.folder import read_bundle
from heartprobe.errors import BundleError
from publishing_hub import PublishingHub, Repository
from saved_bundle import LOGMEL, save


def test_what_cannot_be_published_is_one_sentence_each(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    """No token, a wrong one, one of somebody else; offline; no hub; no bundle, for which no hub is asked."""
    step = ("push", str(bundle), "lab/heart")
    (no_token,) = do(step, home=tmp_path, HF_ENDPOINT=hub.endpoint)
    (wrong,) = do(step, home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_nobody")
    (others,) = do(step, home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_other")
    (offline,) = do(step, home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_lab", HF_HUB_OFFLINE="1")
    (no_hub,) = do(step, home=tmp_path, HF_ENDPOINT="http://127.0.0.1:9", HF_TOKEN="hf_lab")
    assert no_token["error"] == (
        f"There is no token for {hub.endpoint}: make one with write access at {hub.endpoint}/settings/tokens and give "
        "it in HF_TOKEN, or run `hf auth login`."
    )
    assert wrong["error"] == (
        f"{hub.endpoint} does not know the token (401): give a valid one with write access in HF_TOKEN."
    )
    assert others["error"] == (
        f"{hub.endpoint} does not let your token write to 'lab/heart' (403): give one with write access to what 'lab' "
        "owns in HF_TOKEN, or publish under your own name."
    )
    assert offline["error"] == (
        f"'lab/heart' cannot be published: HF_HUB_OFFLINE forbids to ask {hub.endpoint}. Unset it."
    )
    assert no_hub["error"] == (
        "'lab/heart' cannot be published on http://127.0.0.1:9: [Errno 111] Connection refused. Give the same command "
        "again."
    )
    assert {answer["kind"] for answer in (no_token, wrong, others, offline, no_hub)} == {"HubError"}
    assert hub.repositories == {}
    hub.requests.clear()
    (bundle / "model.safetensors").write_bytes(b"x")
    (damaged, named, no_name) = do(
        step,
        ("push", str(bundle), "lab/heart@main"),
        ("push", str(bundle), "heart"),
        home=tmp_path,
        HF_ENDPOINT=hub.endpoint,
        HF_TOKEN="hf_lab",
    )
    assert "model.safetensors was changed after the model was saved" in str(damaged["error"])
    assert str(named["error"]).startswith("'lab/heart@main' names a revision")
    assert str(no_name["error"]).endswith("expected OWNER/NAME, such as my-lab/heart-sounds.")
    assert hub.requests == []


def test_what_the_hub_leaves_out_is_said(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    """A repository's .gitignore makes the client pass over files in silence."""
    hub.repositories["lab/heart"] = Repository(ignored=("*.safetensors",))
    hub.repositories["lab/heart"].commit({})
    (pushed,) = do(("push", str(bundle), "lab/heart"), home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_lab")
    assert str(pushed["error"]).startswith("The hub left model.safetensors out of 'lab/heart'")


def test_what_cannot_be_fetched_is_one_sentence_each(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    """Nothing there, no such revision, no model, a hub that does not answer, and nothing cached while offline."""
    hub.repositories["lab/data"] = Repository()
    hub.repositories["lab/data"].commit({"README.md": b"data"})
    _, missing, revision, no_model, no_name = do(
        ("push", str(bundle), "lab/heart"),
        ("fetch", "lab/nothing"),
        ("fetch", "lab/heart@v9"),
        ("fetch", "lab/data"),
        ("fetch", "../heart"),
        home=tmp_path,
        HF_ENDPOINT=hub.endpoint,
        HF_TOKEN="hf_lab",
    )
    (no_hub,) = do(("fetch", "lab/heart"), home=tmp_path / "a", HF_ENDPOINT="http://127.0.0.1:9")
    (offline,) = do(("fetch", "lab/heart"), home=tmp_path / "b", HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="1")
    assert missing["error"] == (
        f"The model 'lab/nothing' is not on {hub.endpoint}, or it is private and the token in HF_TOKEN does not give "
        "access to it."
    )
    assert revision["error"] == (
        f"The model 'lab/heart' has no revision 'v9' on {hub.endpoint}; leave it away for the newest one."
    )
    assert no_model["error"] == (
        "The hub's lab/data@main is no model of heartprobe: it has no bundle.json. `heartprobe push` publishes one."
    )
    assert str(no_name["error"]).startswith("'../heart' is no name of a model on the hub; expected OWNER/NAME")
    assert no_hub["error"] == (
        "The model 'lab/heart' cannot be fetched from http://127.0.0.1:9: [Errno 111] Connection refused. Try again, "
        "or set HF_HUB_OFFLINE=1 to use what was fetched before."
    )
    assert offline["error"] == (
        f"The model 'lab/heart' at main is not whole in the cache {tmp_path}/b/hub, and HF_HUB_OFFLINE forbids to "
        "fetch it: unset it once, or give a model folder."
    )


def test_a_hub_that_lies_is_caught(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    """A changed weight, a lacking file, a path of the author's machine, a file outside, a huge description."""
    good = {name: (bundle / name).read_bytes() for name in ("bundle.json", "model.safetensors")}

    def describe(**changed: object) -> bytes:
        return json.dumps(json.loads(good["bundle.json"]) | changed).encode()

    there = json.loads(good["bundle.json"])["encoder"] | {"source": "/home/anna/mine"}
    bad = {
        "changed": good | {"model.safetensors": b"x" + good["model.safetensors"][1:]},
        "lacking": {"bundle.json": good["bundle.json"]},
        "path": good | {"bundle.json": describe(encoder=there)},
        "outside": good | {"bundle.json": describe(files={"../../evil.json": "0" * 64})},
        "huge": good | {"bundle.json": b" " * (2 << 20) + good["bundle.json"]},
    }
    for name, files in bad.items():
        hub.repositories[f"lab/{name}"] = Repository()
        hub.repositories[f"lab/{name}"].commit(files)
    answers = do(*(("fetch", f"lab/{name}") for name in bad), home=tmp_path, HF_ENDPOINT=hub.endpoint)
    said = dict(zip(bad, (str(answer["error"]) for answer in answers), strict=True))
    commit = hub.repositories["lab/changed"].find("main")
    assert said["changed"].startswith(f"lab/changed@{commit}: model.safetensors was changed after the model was saved")
    assert said["lacking"].endswith(
        "lacks model.safetensors, which its bundle.json names. Ask its author to publish it again."
    )
    assert said["path"].startswith("The model 'lab/path' names a folder of its author's machine as its encoder")
    assert "'../../evil.json' is no file of a model folder" in said["outside"]
    assert said["huge"] == "The bundle.json of lab/huge@main is too large to be a model description."
    assert {answer["kind"] for answer in answers} == {"BundleError"}
    assert not [path for path in (tmp_path / "heartprobe").rglob("*") if path.is_file()]


def test_a_model_without_its_encoder_says_how_to_name_it(tmp_path: Path) -> None:
    """Which the receiver of a published model reads."""
    from heartprobe.predict.opening import encoder_of

    bundle = read_bundle(save(tmp_path / "bundle", encoder=LOGMEL.model_copy(update={"source": "elsewhere"})))
    with pytest.raises(BundleError, match=r"comes without its encoder logmel.*--encoder ENCODER.*abababababababab"):
        encoder_of(bundle, None)
    with pytest.raises(BundleError, match="their fingerprints differ"):
        encoder_of(bundle, "logmel")
