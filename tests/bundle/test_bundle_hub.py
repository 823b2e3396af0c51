"""Publishing to a stand-in hub and fetching from it."""

from __future__ import annotations

from pathlib import Path

from hub_process import do

from heartprobe.bundle.folder import read_bundle
from publishing_hub import PublishingHub, Repository
from saved_bundle import LOGMEL, save


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
