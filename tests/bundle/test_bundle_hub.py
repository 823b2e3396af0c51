"""Publishing to a stand-in hub and fetching from it, each in a process of its own with an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heartprobe.bundle.folder import read_bundle
from heartprobe.bundle.hub.reference import HubReference
from heartprobe.errors import BundleError, ConfigError
from publishing_hub import PublishingHub, Repository
from saved_bundle import LOGMEL, save

DO = """
import json, sys, warnings
warnings.simplefilter("error")
# The hub's client uploads large files in a way that the HTTP library below it no longer likes.
warnings.filterwarnings("ignore", message="Use 'content=")
from pathlib import Path
from heartprobe.bundle.hub import fetch_bundle, publish_bundle
from heartprobe.errors import HeartprobeError
for what, *given in json.loads(sys.argv[1]):
    try:
        if what == "push":
            done = publish_bundle(Path(given[0]), given[1], is_private="private" in given)
            answer = {"commit": done.commit, "url": done.url, "notes": done.notes}
        else:
            done = fetch_bundle(given[0])
            answer = {"commit": done.commit, "folder": str(done.folder), "pinned": done.pinned}
    except HeartprobeError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    print(json.dumps(answer))
"""


def do(*steps: tuple[str, ...], home: Path, **environment: str) -> list[dict[str, object]]:
    """Publish and fetch in a fresh process; return what each step came to."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HEARTPROBE_"))}
    # What is stored in chunks on the hub (Xet) goes through a library that speaks to no stand-in.
    settings = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    result = subprocess.run(
        [sys.executable, "-c", DO, json.dumps(steps)],
        env={**clean, **settings, "HF_HOME": str(home), "HEARTPROBE_CACHE": str(home / "heartprobe"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def hub() -> Iterator[PublishingHub]:
    with PublishingHub().serve() as hub:
        yield hub


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return save(tmp_path / "bundle")


def test_what_is_published_is_fetched_bit_for_bit(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    """By its newest state and by its commit; as plain files; with a page for people; then without the hub."""
    (pushed,) = do(("push", str(bundle), "lab/heart"), home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_lab")
    commit = pushed["commit"]
    assert pushed == {"commit": commit, "url": f"{hub.endpoint}/lab/heart/tree/{commit}", "notes": []}
    files = hub.newest("lab/heart")
    assert sorted(files) == [".gitattributes", "MODEL_CARD.md", "README.md", "bundle.json", "model.safetensors"]
    assert files["README.md"].decode().endswith("heartprobe predict --from-hub lab/heart\n")
    home = tmp_path / "receiver"
    newest, pinned = do(("fetch", "lab/heart"), ("fetch", f"lab/heart@{commit}"), home=home, HF_ENDPOINT=hub.endpoint)
    assert (
        newest
        == pinned
        == {
            "commit": commit,
            "folder": str(home / "heartprobe" / "models" / "lab--heart" / str(commit)),
            "pinned": f"lab/heart@{commit}",
        }
    )
    folder = Path(str(newest["folder"]))
    assert sorted(path.name for path in folder.iterdir()) == ["MODEL_CARD.md", "bundle.json", "model.safetensors"]
    assert not any(path.is_symlink() for path in folder.iterdir())
    for name in ("bundle.json", "model.safetensors"):
        assert (folder / name).read_bytes() == (bundle / name).read_bytes()
    assert read_bundle(folder).manifest == read_bundle(bundle).manifest
    # By its commit it is not asked for again; offline the branch is remembered.
    (again,) = do(("fetch", f"lab/heart@{commit}"), home=home, HF_ENDPOINT="http://127.0.0.1:9")
    (offline,) = do(("fetch", "lab/heart"), home=home, HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert again == offline == newest


def test_a_damaged_copy_is_fetched_again(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    steps = (("push", str(bundle), "lab/heart"), ("fetch", "lab/heart"))
    _, fetched = do(*steps, home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_lab")
    weights = Path(str(fetched["folder"])) / "model.safetensors"
    weights.write_bytes(b"x")
    (again,) = do(("fetch", str(fetched["pinned"])), home=tmp_path, HF_ENDPOINT=hub.endpoint)
    assert again == fetched
    assert weights.read_bytes() == (bundle / "model.safetensors").read_bytes()


def test_a_new_model_takes_the_place_of_the_old_one(hub: PublishingHub, tmp_path: Path) -> None:
    """The encoder of the old one goes; what its owner put beside it stays."""
    encoder = tmp_path / "tuned"
    encoder.mkdir()
    (encoder / "config.json").write_text("{}")
    inside = LOGMEL.model_copy(update={"source": "bundle"})
    old = save(tmp_path / "old", encoder_folder=encoder, encoder=inside)
    new = save(tmp_path / "new", layer=1)
    environment = {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": "hf_lab"}
    (first,) = do(("push", str(old), "lab/heart"), home=tmp_path, **environment)
    assert "encoder/config.json" in hub.newest("lab/heart")
    hub.repositories["lab/heart"].commit(hub.newest("lab/heart") | {"picture.png": b"p"})
    second, same, fetched, former = do(
        ("push", str(new), "lab/heart"),
        ("push", str(new), "lab/heart"),
        ("fetch", "lab/heart"),
        ("fetch", f"lab/heart@{first['commit']}"),
        home=tmp_path,
        **environment,
    )
    assert "encoder/config.json" not in hub.newest("lab/heart")
    assert "picture.png" in hub.newest("lab/heart")
    assert same["url"] != second["url"]
    assert read_bundle(Path(str(fetched["folder"]))).manifest.layer == 1
    assert (Path(str(former["folder"])) / "encoder" / "config.json").read_text() == "{}"


def test_nothing_of_this_machine_is_published(hub: PublishingHub, tmp_path: Path) -> None:
    """An encoder that lay in a folder is named by its fingerprint, and the receiver must say where it is."""
    local = LOGMEL.model_copy(update={"name": "mine", "source": "/home/anna/secret/mine", "revision": "local"})
    bundle = save(tmp_path / "bundle", encoder=local)
    pushed, fetched = do(
        ("push", str(bundle), "lab/heart"),
        ("fetch", "lab/heart"),
        home=tmp_path,
        HF_ENDPOINT=hub.endpoint,
        HF_TOKEN="hf_lab",
    )
    assert not any(b"anna" in content for content in hub.newest("lab/heart").values())
    assert "Whoever uses the model gives --encoder ENCODER" in str(pushed["notes"])
    assert read_bundle(Path(str(fetched["folder"]))).manifest.encoder.source == "elsewhere"
    assert read_bundle(bundle).manifest.encoder.source == "/home/anna/secret/mine"


def test_private_is_private(hub: PublishingHub, bundle: Path, tmp_path: Path) -> None:
    """Others are not told that it is there; what is public already is not published into by mistake."""
    hub.repositories["lab/open"] = Repository()
    hub.repositories["lab/open"].commit({})
    pushed, mine, refused = do(
        ("push", str(bundle), "lab/heart", "private"),
        ("fetch", "lab/heart"),
        ("push", str(bundle), "lab/open", "private"),
        home=tmp_path,
        HF_ENDPOINT=hub.endpoint,
        HF_TOKEN="hf_lab",
    )
    assert mine["commit"] == pushed["commit"]
    assert refused["error"] == (
        "'lab/open' is there already, and everybody can see it: nothing was published. Make it private in its settings "
        "on the hub, or publish under another name."
    )
    assert hub.newest("lab/open") == {}
    (theirs,) = do(("fetch", "lab/heart"), home=tmp_path / "x", HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_other")
    assert theirs["error"] == (
        f"The model 'lab/heart' is not on {hub.endpoint}, or it is private and the token in HF_TOKEN does not give "
        "access to it."
    )


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
    (damaged, named) = do(
        step, ("push", str(bundle), "lab/heart@main"), home=tmp_path, HF_ENDPOINT=hub.endpoint, HF_TOKEN="hf_lab"
    )
    assert "model.safetensors was changed after the model was saved" in str(damaged["error"])
    assert str(named["error"]).startswith("'lab/heart@main' names a revision")
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


@pytest.mark.parametrize(
    "text", ["heart", "a/b/c", "a/..", "../b", "a/b@", "a/b@../x", "a/b@x y", "/a/b", "a/b@-x", "https://a/b", "a/b..c"]
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a model on the hub"):
        HubReference.parse(text)


def test_a_name_with_its_revision() -> None:
    assert HubReference.parse("my-lab/heart_1.0") == HubReference("my-lab/heart_1.0", "main")
    pinned = HubReference.parse(f"lab/heart@{'0a' * 20}")
    assert (pinned.name, pinned.is_pinned, str(pinned)) == ("lab/heart", True, f"lab/heart@{'0a' * 20}")
    assert not HubReference.parse("lab/heart@refs/pr/1").is_pinned


def test_a_model_without_its_encoder_says_how_to_name_it(tmp_path: Path) -> None:
    """Which the receiver of a published model reads."""
    from heartprobe.predict.opening import encoder_of

    bundle = read_bundle(save(tmp_path / "bundle", encoder=LOGMEL.model_copy(update={"source": "elsewhere"})))
    with pytest.raises(BundleError, match=r"comes without its encoder logmel.*--encoder ENCODER.*abababababababab"):
        encoder_of(bundle, None)
    with pytest.raises(BundleError, match="their fingerprints differ"):
        encoder_of(bundle, "logmel")
