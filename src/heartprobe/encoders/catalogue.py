"""The encoders that are known by name. Any other hub id or folder works as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["built-in", "shipped", "raw-waveform", "whisper"]

_WAV2VEC2 = "Baevski et al. 2020, https://arxiv.org/abs/2006.11477"
_WAVLM = "Chen et al. 2022, https://arxiv.org/abs/2110.13900"
_HUBERT = "Hsu et al. 2021, https://arxiv.org/abs/2106.07447"
_DATA2VEC = "Baevski et al. 2022, https://arxiv.org/abs/2202.03555"
_WHISPER = "Radford et al. 2022, https://arxiv.org/abs/2212.04356"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """What is known about an encoder without loading it.

    Attributes:
        family: Which module of this package runs it.
        revision: Hub commit that is loaded; `None` where no commit is known for certain, and the
            newest one is taken.
        rate_hz: Sampling rate of the windows it expects, in Hz.
        n_layers: Number of hidden states it returns (transformer layers + 1).
        width: Size of the last axis of a hidden state.
        licence: Licence of the weights, as their publisher states it.
        paper: Where it is described.
        download_mb: Size of the file with the weights in megabytes; 0 for nothing to download.
    """

    family: Family
    revision: str | None
    rate_hz: int = 16_000
    n_layers: int
    width: int
    licence: str
    paper: str
    download_mb: int


def _weight_free(width: int, what: str) -> CatalogueEntry:
    """Return the facts of an encoder without weights, which returns one pooled row of so many numbers."""
    return CatalogueEntry(
        family="built-in",
        revision=None,
        rate_hz=4000,
        n_layers=1,
        width=width,
        licence="Apache-2.0",
        paper=f"none; {what}",
        download_mb=0,
    )


CATALOGUE: dict[str, CatalogueEntry] = {
    "heartprobe-pcg": CatalogueEntry(
        family="shipped",
        revision=None,
        rate_hz=2000,
        n_layers=1,
        width=1360,
        licence="ODC-By 1.0",
        paper="none; docs/pretraining.md",
        download_mb=0,
    ),
    "logmel": _weight_free(230, "percentiles of the log spectrum and modulation statistics"),
    "modulation": _weight_free(115, "modulation statistics"),
    "percentiles": _weight_free(115, "percentiles of the log spectrum"),
    "facebook/wav2vec2-base": CatalogueEntry(
        family="raw-waveform",
        revision="0b5b8e868dd84f03fd87d01f9c4ff0f080fecfe8",
        n_layers=13,
        width=768,
        licence="Apache-2.0",
        paper=_WAV2VEC2,
        download_mb=380,
    ),
    "facebook/wav2vec2-large": CatalogueEntry(
        family="raw-waveform",
        revision="312b2410566b698c7a649068d413b2067848bd75",
        n_layers=25,
        width=1024,
        licence="Apache-2.0",
        paper=_WAV2VEC2,
        download_mb=1270,
    ),
    "facebook/wav2vec2-large-960h": CatalogueEntry(
        family="raw-waveform",
        revision="bdeaacdf88f7a155f50a2704bc967aa81fbbb2ab",
        n_layers=25,
        width=1024,
        licence="Apache-2.0",
        paper=_WAV2VEC2,
        download_mb=1260,
    ),
    "microsoft/wavlm-base-plus": CatalogueEntry(
        family="raw-waveform",
        revision="4c66d4806a428f2e922ccfa1a962776e232d487b",
        n_layers=13,
        width=768,
        licence="CC-BY-SA-3.0",
        paper=_WAVLM,
        download_mb=378,
    ),
    "microsoft/wavlm-large": CatalogueEntry(
        family="raw-waveform",
        revision="c1423ed94bb01d80a3f5ce5bc39f6026a0f4828c",
        n_layers=25,
        width=1024,
        licence="CC-BY-SA-3.0",
        paper=_WAVLM,
        download_mb=1260,
    ),
    "facebook/hubert-base-ls960": CatalogueEntry(
        family="raw-waveform",
        revision="dba3bb02fda4248b6e082697eee756de8fe8aa8a",
        n_layers=13,
        width=768,
        licence="Apache-2.0",
        paper=_HUBERT,
        download_mb=378,
    ),
    "facebook/data2vec-audio-base": CatalogueEntry(
        family="raw-waveform",
        revision=None,
        n_layers=13,
        width=768,
        licence="Apache-2.0",
        paper=_DATA2VEC,
        download_mb=373,
    ),
    "openai/whisper-tiny.en": CatalogueEntry(
        family="whisper",
        revision="87c7102498dcde7456f24cfd30239ca606ed9063",
        n_layers=5,
        width=384,
        licence="Apache-2.0",
        paper=_WHISPER,
        download_mb=151,
    ),
    "openai/whisper-base.en": CatalogueEntry(
        family="whisper",
        revision="911407f4214e0e1d82085af863093ec0b66f9cd6",
        n_layers=7,
        width=512,
        licence="Apache-2.0",
        paper=_WHISPER,
        download_mb=290,
    ),
    "openai/whisper-small.en": CatalogueEntry(
        family="whisper",
        revision="e8727524f962ee844a7319d92be39ac1bd25655a",
        n_layers=13,
        width=768,
        licence="Apache-2.0",
        paper=_WHISPER,
        download_mb=967,
    ),
    "openai/whisper-tiny": CatalogueEntry(
        family="whisper",
        revision="169d4a4341b33bc18d8881c4b69c2e104e1cc0af",
        n_layers=5,
        width=384,
        licence="Apache-2.0",
        paper=_WHISPER,
        download_mb=151,
    ),
    "openai/whisper-base": CatalogueEntry(
        family="whisper",
        revision="e37978b90ca9030d5170a5c07aadb050351a65bb",
        n_layers=7,
        width=512,
        licence="Apache-2.0",
        paper=_WHISPER,
        download_mb=290,
    ),
    "openai/whisper-small": CatalogueEntry(
        family="whisper",
        revision="973afd24965f72e36ca33b3055d56a652f456b4d",
        n_layers=13,
        width=768,
        licence="Apache-2.0",
        paper=_WHISPER,
        download_mb=967,
    ),
}
