"""The data sets that can be read, each with the facts that its authors declare or that were measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heartprobe.config.schema import DatasetConfig, DemographicField
from heartprobe.data.bmd_hs import NAME as BMD_HS
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, did_you_mean
from heartprobe.labels import LABELS


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What is known of a data set before it is opened.

    Attributes:
        title: Its full name.
        url: Where it is published.
        licence: What its authors allow, as far as they say.
        citation: What to cite.
        rate_hz: Sampling rate of its recordings.
        duration_s: How long its recordings are meant to be.
        labels: Labels that it has.
        demographics: Demographics that it has.
        unknown: What it does not tell, and what is wrong with it.
        read: Its reader.
    """

    title: str
    url: str
    licence: str
    citation: str
    rate_hz: int
    duration_s: float
    labels: tuple[str, ...]
    demographics: tuple[DemographicField, ...]
    unknown: tuple[str, ...]
    read: Callable[[Path, DatasetConfig], RecordingSet]


DATASETS = {
    BMD_HS: DatasetFacts(
        title="BMD-HS, the BUET Multi-disease Heart Sound data set",
        url="https://github.com/mHealthBuet/BMD-HS-Dataset",
        # Read in the repository's own history: the copies of 2024 have no LICENSE file, a later state has one
        # with CC BY 4.0, and the state with the citation of 2026 one with CC BY-NC-ND 4.0.
        licence="none stated in the copies of 2024; CC BY 4.0, then CC BY-NC-ND 4.0 in later states of the repository",
        citation="Ali SN, Zahin A, Shuvo SB, et al. BUET Multi-disease Heart Sound Dataset: A Comprehensive "
        "Auscultation Dataset for Developing Computer-Aided Diagnostic Systems. arXiv:2409.00724, 2024; "
        "Computer Methods and Programs in Biomedicine Update 9:100237, 2026",
        rate_hz=4000,
        duration_s=20.0,
        labels=LABELS,
        demographics=("age", "sex", "smoker", "lives"),
        unknown=(
            "How severe a lesion is.",
            "Any disease beside the four lesions; of patient_022 the authors name one (mitral valve prolapse).",
            "The exact age, in the later states of the tables, which give bands of ten years.",
            "What tells normal hearts from others beside the sound: every normal is 20 to 24 years old, lives in a "
            "town and does not smoke.",
        ),
        read=read_bmd_hs,
    ),
}


def dataset_facts(name: str) -> DatasetFacts:
    """Return the facts of a data set.

    Raises:
        ConfigError: If no data set has this name.
    """
    if name not in DATASETS:
        raise ConfigError(
            f"There is no data set {name!r}.{did_you_mean(name, DATASETS)} "
            f"dataset.name is one of {', '.join(DATASETS)}."
        )
    return DATASETS[name]


def read_dataset(name: str, folder: Path, dataset: DatasetConfig) -> RecordingSet:
    """Read a data set by its catalogue name.

    Args:
        name: A key of `DATASETS`, such as `"bmd-hs"`.
        folder: Where the data set lies.
        dataset: Names of tables and columns.

    Raises:
        ConfigError: If no data set has this name, or the settings do not fit its tables.
        DataError: If the data set is not there or cannot be believed.
    """
    return dataset_facts(name).read(folder, dataset)
