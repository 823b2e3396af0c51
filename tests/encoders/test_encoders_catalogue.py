import re
from pathlib import Path

import pytest

from heartprobe.encoders.built_in import BUILT_IN
from heartprobe.encoders.catalogue import CATALOGUE
from heartprobe.encoders.load import load_encoder


def test_the_original_four_are_there() -> None:
    """And the families that were added."""
    assert {
        "facebook/wav2vec2-base",
        "facebook/wav2vec2-large",
        "facebook/wav2vec2-large-960h",
        "microsoft/wavlm-base-plus",
        "facebook/hubert-base-ls960",
        "microsoft/wavlm-large",
        "facebook/data2vec-audio-base",
        "openai/whisper-tiny.en",
        "openai/whisper-small.en",
    } <= set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_revision_is_a_whole_commit_or_none(name: str) -> None:
    """Abbreviated hashes and branches are not pinned."""
    revision = CATALOGUE[name].revision
    assert revision is None or re.fullmatch(r"[0-9a-f]{40}", revision)


def test_every_built_in_encoder_is_listed_as_it_is() -> None:
    """What the catalogue says is what loading gives."""
    assert {name for name, entry in CATALOGUE.items() if entry.family == "built-in"} == set(BUILT_IN)
    shipped = [name for name, entry in CATALOGUE.items() if entry.family == "shipped"]
    assert shipped == ["heartprobe-pcg"]
    for name in (*BUILT_IN, *shipped):
        info, entry = load_encoder(name).info, CATALOGUE[name]
        assert (entry.rate_hz, entry.n_layers, entry.width) == (info.rate_hz, info.n_layers, info.width)
        assert entry.download_mb == 0


def test_what_needs_a_download_says_how_large_it_is() -> None:
    """In megabytes of the weights."""
    assert all(entry.download_mb > 100 for entry in CATALOGUE.values() if entry.family not in ("built-in", "shipped"))


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_page_says_what_the_catalogue_says(name: str) -> None:
    """The table in docs/encoders.md has a row with these facts for every encoder."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "encoders.md").read_text(encoding="utf-8")
    entry = CATALOGUE[name]
    size = f"{entry.download_mb} MB" if entry.download_mb else "none"
    pinned = f"`{entry.revision[:12]}`" if entry.revision else "" if entry.download_mb == 0 else "newest"
    facts = [f"`{name}`", f"{entry.rate_hz} Hz", entry.n_layers, entry.width, size, entry.licence, pinned, entry.paper]
    assert f"| {' | '.join(map(str, facts))} |" in page
