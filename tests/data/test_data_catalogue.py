"""The catalogue of data sets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tiny_dataset import TinyDataset

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs import SYNTHETIC_MARKER
from heartprobe.data.catalogue import DATASETS, read_dataset
from heartprobe.data.extra_labels import MURMUR, PROLAPSE
from heartprobe.data.release import ByHand, Release
from heartprobe.data.synthetic import MARKER
from heartprobe.errors import ConfigError, DatasetNotFoundError
from heartprobe.labels import LABELS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_a_data_set_is_read_by_its_name(tiny: TinyDataset) -> None:
    """The catalogue's reader is used."""
    settings = DatasetConfig(recording_columns=("recording_1", "recording_2"))
    recordings = read_dataset("bmd-hs", tiny.write(), settings)
    assert (recordings.name, len(recordings.recordings)) == ("bmd-hs", 4)


def test_a_misspelt_name_gets_the_closest_one(tmp_path: Path) -> None:
    """Case and underscores do not hide it."""
    with pytest.raises(ConfigError) as caught:
        read_dataset("BMD_HSS", tmp_path, DatasetConfig())
    assert str(caught.value) == (
        "There is no data set 'BMD_HSS'. Did you mean 'bmd-hs'? "
        "dataset.name is one of bmd-hs, physionet-2016, circor, pascal, yaseen, hls-cmds, folder."
    )


@pytest.mark.parametrize("name", DATASETS)
def test_every_reader_says_what_is_missing(name: str, tmp_path: Path) -> None:
    """An empty folder is no data set, and the message names the ways out; only what can be fetched is offered."""
    with pytest.raises(DatasetNotFoundError) as caught:
        read_dataset(name, tmp_path, DatasetConfig())
    for words in (f"The data set {name!r}", str(tmp_path), "--data-dir"):
        assert words in str(caught.value)
    for words in ("heartprobe data fetch bmd-hs", "heartprobe data synth"):
        assert (words in str(caught.value)) == (name == "bmd-hs")
    if name != "bmd-hs":
        assert DATASETS[name].url in str(caught.value)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_declares_its_facts_and_is_documented(name: str) -> None:
    """Whatever is declared stands in the documentation, in the same words."""
    facts = DATASETS[name]
    page = "data.md" if name == "bmd-hs" else "data-sets.md"
    sections = re.split(r"^## ", (DOCS / page).read_text(), flags=re.MULTILINE)
    text = next(" ".join(section.split()) for section in sections if f"| Name here | `{name}`" in section)
    for fact in (facts.title, facts.url, facts.licence, facts.citation, facts.label_meaning, facts.people):
        assert fact in text
    for fact in facts.unknown:
        assert fact in text
    for label in facts.labels:
        assert f"`{label}`" in text
    for rate_hz in facts.rates_hz:
        assert f"{rate_hz} Hz" in text
    assert facts.duration_s is None or f"{facts.duration_s:g} s" in text
    if isinstance(facts.release, Release):
        assert f"| Download | `heartprobe data fetch {name}` |" in text
    elif isinstance(facts.release, ByHand):
        assert facts.release.how in text


def test_the_table_of_all_data_sets_has_every_one() -> None:
    """With its labels, its rates and how to get it."""
    overview = (DOCS / "data-sets.md").read_text().split("\n## ")[0]
    for name, facts in DATASETS.items():
        line = next(line for line in overview.splitlines() if line.startswith(f"| `{name}` |"))
        assert all(f"`{label}`" in line for label in facts.labels) or name == "folder"
        assert all(str(rate_hz) in line for rate_hz in facts.rates_hz)
        assert (f"`data fetch {name}`" in line) == isinstance(facts.release, Release)


def test_labels_beside_the_five_have_a_meaning() -> None:
    """They are few, and explained where they are declared."""
    extra = {label for facts in DATASETS.values() for label in facts.labels} - set(LABELS)
    assert extra == {MURMUR, PROLAPSE}


def test_demographics_that_a_data_set_does_not_have_are_refused(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError) as caught:
        read_dataset("circor", tmp_path, DatasetConfig(demographics=("age", "smoker")))
    assert str(caught.value) == ("dataset.demographics names 'smoker', but the data set 'circor' has only age, sex.")


def test_the_reader_and_the_generator_agree_on_the_marker() -> None:
    """Synthetic patients are always known as such."""
    assert SYNTHETIC_MARKER == MARKER
