"""The data sets that can be read."""

from __future__ import annotations

from pathlib import Path

from heartprobe.config.schema import DatasetConfig
from heartprobe.data import bmd_hs, circor, hls_cmds, own_folder, pascal, physionet_2016, yaseen
from heartprobe.data.bmd_hs_release import bmd_hs_release
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import refuse_faults
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.release import ByHand, Release
from heartprobe.errors import ConfigError, DownloadError, did_you_mean

#: The facts of every data set, with its reader, by the name that `dataset.name` gives.
DATASETS: dict[str, DatasetFacts] = {
    bmd_hs.NAME: bmd_hs.FACTS,
    physionet_2016.NAME: physionet_2016.FACTS,
    circor.NAME: circor.FACTS,
    pascal.NAME: pascal.FACTS,
    yaseen.NAME: yaseen.FACTS,
    hls_cmds.NAME: hls_cmds.FACTS,
    own_folder.NAME: own_folder.FACTS,
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
    """Read a data set that is to be learned from, by its catalogue name.

    Args:
        name: A key of `DATASETS`, such as `"bmd-hs"`.
        folder: Where the data set lies.
        dataset: Names of tables and columns.

    Raises:
        ConfigError: If no data set has this name, or the settings do not fit it.
        DataError: If the data set is not there.
        TableError: If a cell of its tables cannot be believed.
    """
    recordings = inspect_dataset(name, folder, dataset)
    refuse_faults(folder, recordings.findings)
    return recordings


def inspect_dataset(name: str, folder: Path, dataset: DatasetConfig) -> RecordingSet:
    """Read a data set that is to be looked at only: what cannot be believed in its tables is among the findings.

    Args:
        name: As for `read_dataset`.
        folder: As for `read_dataset`.
        dataset: As for `read_dataset`.

    Raises:
        ConfigError: If no data set has this name, or the settings do not fit it.
        DataError: If the data set is not there.
    """
    facts = dataset_facts(name)
    absent = [field for field in dataset.demographics if field not in facts.demographics]
    if absent:
        has = f"has only {', '.join(facts.demographics)}" if facts.demographics else "has no demographics"
        raise ConfigError(f"dataset.demographics names {absent[0]!r}, but the data set {name!r} {has}.")
    return facts.read(folder, dataset)


def release_of(name: str, dataset: DatasetConfig) -> Release:
    """Return how a data set is downloaded.

    Args:
        name: A key of `DATASETS`.
        dataset: Where BMD-HS is loaded from, and which revision of it.

    Raises:
        ConfigError: If no data set has this name, or there is nothing to download.
        DownloadError: If a person has to get it; the message says where, and what the folder must look like.
    """
    release = dataset_facts(name).release
    if name == bmd_hs.NAME:
        return bmd_hs_release(dataset)
    if isinstance(release, ByHand):
        raise DownloadError(
            f"{name} has to be fetched by hand. {release.how}, and name the folder with --data-dir; it must hold "
            f"{release.layout}."
        )
    if release is None:
        raise ConfigError(f"There is nothing to download for {name!r}: name the folder with --data-dir DIR.")
    return release
