"""The data sets that can be read."""

from __future__ import annotations

from pathlib import Path

from heartprobe.config.schema import DatasetConfig
from heartprobe.data import bmd_hs, circor, hls_cmds, own_folder, pascal, physionet_2016, yaseen
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, did_you_mean

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
    """Read a data set by its catalogue name.

    Args:
        name: A key of `DATASETS`, such as `"bmd-hs"`.
        folder: Where the data set lies.
        dataset: Names of tables and columns.

    Raises:
        ConfigError: If no data set has this name, or the settings do not fit it.
        DataError: If the data set is not there or cannot be believed.
    """
    facts = dataset_facts(name)
    absent = [field for field in dataset.demographics if field not in facts.demographics]
    if absent:
        has = f"has only {', '.join(facts.demographics)}" if facts.demographics else "has no demographics"
        raise ConfigError(f"dataset.demographics names {absent[0]!r}, but the data set {name!r} {has}.")
    return facts.read(folder, dataset)


def require_download(name: str) -> None:
    """Refuse the name of a data set that heartprobe cannot download.

    Raises:
        ConfigError: It is unknown, or has to be fetched by hand.
    """
    facts = dataset_facts(name)
    if name != bmd_hs.NAME:
        raise ConfigError(
            f"heartprobe cannot download {name}. Get it from {facts.url} and name its folder with --data-dir."
        )
