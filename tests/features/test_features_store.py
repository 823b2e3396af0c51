from __future__ import annotations

import dataclasses
import json
import os
import resource
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from counting_encoder import RECIPE

from heartprobe.errors import StoreError
from heartprobe.features.pooling import PooledWindows
from heartprobe.features.store import FeatureStore, default_folder
from heartprobe.features.stored_windows import DamagedEntryError, StoredWindows

SOUND = "ab" * 32
OTHER_RECIPE = dataclasses.replace(RECIPE, precision="bf16")


def windows(seed: int = 0, *, is_repeated: bool = False) -> PooledWindows:
    """Two layers of two windows with three numbers each."""
    layers = np.random.default_rng(seed).normal(size=(2, 2, 3)).astype(np.float32)
    return PooledWindows(layers, np.array([0.0, 1.5]), is_repeated)


def are_equal(stored: StoredWindows, expected: PooledWindows) -> bool:
    return (
        stored.n_layers == expected.n_layers
        and stored.is_repeated == expected.is_repeated
        and np.array_equal(stored.starts_s, expected.starts_s)
        and all(np.array_equal(stored.layer(i), expected.layer(i)) for i in range(expected.n_layers))
    )


@pytest.mark.parametrize("is_repeated", [False, True])
def test_what_is_written_is_found(store: FeatureStore, is_repeated: bool) -> None:
    written = store.write(SOUND, RECIPE, windows(is_repeated=is_repeated))
    found = store.find(SOUND, RECIPE)
    assert found is not None
    assert are_equal(written, windows(is_repeated=is_repeated))
    assert are_equal(found, windows(is_repeated=is_repeated))


def test_nothing_is_found_before_it_is_written(store: FeatureStore) -> None:
    """Looking does not even make the folder."""
    assert store.find(SOUND, RECIPE) is None
    assert not store.folder.exists()


def test_sound_and_recipe_are_told_apart(store: FeatureStore) -> None:
    store.write(SOUND, RECIPE, windows())
    assert store.find("cd" * 32, RECIPE) is None
    assert store.find(SOUND, OTHER_RECIPE) is None


def test_one_file_per_sound_below_the_recipe(store: FeatureStore) -> None:
    """Nothing else is left behind, and a folder says what it was made with."""
    store.write(SOUND, RECIPE, windows())
    files = {str(path.relative_to(store.folder)) for path in store.folder.rglob("*") if path.is_file()}
    digest = RECIPE.digest()
    assert files == {f"{digest}/recipe.json", f"{digest}/ab/{SOUND}.safetensors"}
    assert json.loads((store.folder / digest / "recipe.json").read_text())["front_end"]["duration_s"] == 1.0


def test_flipping_any_byte_is_noticed_or_harmless(store: FeatureStore) -> None:
    """Every byte of the file: either the entry is refused, or what is read is what was written."""
    path = store.write(SOUND, RECIPE, windows()).path
    content = path.read_bytes()
    noticed = 0
    for position in range(len(content)):
        for mask in (0x01, 0x80):
            damaged = bytearray(content)
            damaged[position] ^= mask
            path.write_bytes(damaged)
            try:
                found = store.find(SOUND, RECIPE)
            except DamagedEntryError as error:
                assert str(path) in str(error)  # noqa: PT017 - refusing and harmless are both right
                noticed += 1
            else:
                assert found is not None
                assert are_equal(found, windows())
    # What may change without harm is the order of names and the spaces that fill up the header.
    assert noticed > 0.97 * 2 * len(content)


def test_a_layer_that_is_damaged_after_the_look_up_is_noticed(store: FeatureStore) -> None:
    """Reading one layer checks that layer."""
    stored = store.write(SOUND, RECIPE, windows())
    content = bytearray(stored.path.read_bytes())
    content[content.index(windows().layer(1).tobytes())] ^= 1
    stored.path.write_bytes(content)
    assert np.array_equal(stored.layer(0), windows().layer(0))
    with pytest.raises(DamagedEntryError, match=r"the checksum of layer\.001 does not agree"):
        stored.layer(1)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 100, -1])
def test_a_truncated_entry_is_noticed(store: FeatureStore, size: int) -> None:
    path = store.write(SOUND, RECIPE, windows()).path
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedEntryError, match="cannot be read as safetensors"):
        store.find(SOUND, RECIPE)


def test_an_entry_of_another_sound_or_recipe_is_noticed(store: FeatureStore) -> None:
    """The checksums are bound to what the entry belongs to."""
    path = store.write(SOUND, RECIPE, windows()).path
    for sound, recipe in (("cd" * 32, RECIPE), (SOUND, OTHER_RECIPE)):
        copied = store.path(sound, recipe)
        copied.parent.mkdir(parents=True)
        shutil.copy(path, copied)
        with pytest.raises(DamagedEntryError, match="checksum"):
            store.find(sound, recipe)


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"weight": np.zeros(3)}, None),
        ({"weight": np.zeros(3)}, {"sha256": "{}"}),
        ({"layer.000": np.zeros((1, 3), dtype=np.float32)}, {"sha256": '{"layer.000": "0000"}'}),
        ({}, {"sha256": "{}"}),
        ({}, {"sha256": "[]"}),
        ({}, {"sha256": "nonsense"}),
    ],
)
def test_other_tensors_are_noticed(
    store: FeatureStore, tensors: dict[str, np.ndarray], metadata: dict[str, str] | None
) -> None:
    path = store.write(SOUND, RECIPE, windows()).path
    path.write_bytes(safetensors.numpy.save(tensors, metadata))
    with pytest.raises(DamagedEntryError, match="is damaged"):
        store.find(SOUND, RECIPE)


def test_a_removed_entry_is_a_sentence(store: FeatureStore) -> None:
    stored = store.write(SOUND, RECIPE, windows())
    stored.path.unlink()
    with pytest.raises(StoreError, match=r"was removed while it was in use\. Start again"):
        stored.layer(0)


def test_writing_again_replaces(store: FeatureStore) -> None:
    store.write(SOUND, RECIPE, windows(0))
    store.write(SOUND, RECIPE, windows(1))
    found = store.find(SOUND, RECIPE)
    assert found is not None
    assert are_equal(found, windows(1))


def test_an_unwritable_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be stored in .*file/store: Not a directory\. .*HEARTPROBE_CACHE"):
        FeatureStore(tmp_path / "file" / "store").write(SOUND, RECIPE, windows())


def test_a_folder_without_rights_is_a_sentence(store: FeatureStore) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read and write everything")
    path = store.write(SOUND, RECIPE, windows()).path
    path.parent.chmod(0)
    try:
        assert store.find(SOUND, RECIPE) is None
        with pytest.raises(StoreError, match=r"cannot be stored in .*: Permission denied\."):
            store.write(SOUND, RECIPE, windows())
    finally:
        path.parent.chmod(0o755)


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(store: FeatureStore) -> None:
    """A limit on the size of files stands in for the disk: the write ends in the middle."""
    store.write("cd" * 32, RECIPE, windows())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        with pytest.raises(StoreError, match=r"cannot be stored in .*: File too large\. Free some space"):
            store.write(SOUND, RECIPE, windows())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.find(SOUND, RECIPE) is None
    assert list((store.folder / "unfinished").iterdir()) == []
    assert store.find("cd" * 32, RECIPE) is not None


def test_an_unreadable_entry_is_a_sentence(store: FeatureStore) -> None:
    path = store.path(SOUND, RECIPE)
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be read"):
        store.find(SOUND, RECIPE)


def test_only_what_was_abandoned_long_ago_is_removed(store: FeatureStore) -> None:
    """What another process may still be writing stays."""
    store.remove_abandoned()
    store.write(SOUND, RECIPE, windows())
    old, new = (store.folder / "unfinished" / name for name in ("old", "new"))
    old.write_text("")
    new.write_text("")
    with suppress(FileNotFoundError):
        two_days_ago = new.stat().st_mtime - 2 * 24 * 3600
        os.utime(old, (two_days_ago, two_days_ago))
    store.remove_abandoned()
    assert list((store.folder / "unfinished").iterdir()) == [new]


def test_the_folder_follows_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEARTPROBE_CACHE", str(tmp_path / "here"))
    assert default_folder() == FeatureStore().folder == tmp_path / "here" / "features"
    monkeypatch.delenv("HEARTPROBE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder().is_relative_to(tmp_path)
    assert default_folder().parts[-2:] == ("heartprobe", "features")
