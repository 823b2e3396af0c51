"""The catalogue of data sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_dataset import TinyDataset

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs import SYNTHETIC_MARKER
from heartprobe.data.catalogue import DATASETS, read_dataset
from heartprobe.data.synthetic import MARKER
from heartprobe.errors import ConfigError, DatasetNotFoundError

DOCS = Path(__file__).resolve().parents[2] / "docs" / "data.md"


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
        "There is no data set 'BMD_HSS'. Did you mean 'bmd-hs'? dataset.name is one of bmd-hs."
    )


@pytest.mark.parametrize("name", DATASETS)
def test_every_reader_says_what_is_missing(name: str, tmp_path: Path) -> None:
    """An empty folder is no data set, and the message names the ways out."""
    with pytest.raises(DatasetNotFoundError) as caught:
        read_dataset(name, tmp_path, DatasetConfig())
    for words in (name, str(tmp_path), "--data-dir", "heartprobe data fetch", "heartprobe data synth"):
        assert words in str(caught.value)


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_declares_its_facts_and_is_documented(name: str) -> None:
    """Title, licence, source and citation stand in the documentation as they do in the catalogue."""
    facts = DATASETS[name]
    text = " ".join(DOCS.read_text().split())
    for fact in (f"`{name}`", facts.title, facts.url, facts.licence, facts.citation, *facts.unknown):
        assert fact in text
    assert f"{facts.rate_hz} Hz" in text
    assert f"{facts.duration_s:g} s" in text


def test_the_reader_and_the_generator_agree_on_the_marker() -> None:
    """Synthetic patients are always known as such."""
    assert SYNTHETIC_MARKER == MARKER
