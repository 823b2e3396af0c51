"""The options that name data sets and their folders, and what they read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartprobe.errors import ConfigError

if TYPE_CHECKING:
    from heartprobe.config.schema import Config
    from heartprobe.data.recordings import RecordingSet
    from heartprobe.progress import Progress

DataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--data", metavar="NAME=DIR", help="A data set and its folder; repeat it to use several, not with --data-dir."
    ),
]
TestDataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--test-data",
        metavar="NAME=DIR",
        help="A data set to test on; everybody of the others is trained on. May be repeated.",
    ),
]
SplitsOption = Annotated[
    Path | None,
    typer.Option("--splits", metavar="FILE", help="Table of splits: repeat, fold, patient_id, part (CSV)."),
]


def protocol_settings(
    data: Sequence[str] | None, test_data: Sequence[str] | None, splits: Path | None
) -> dict[str, Any]:
    """Return what the options mean for the configuration, by dotted key.

    Raises:
        ConfigError: If two options contradict each other.
    """
    if test_data and splits is not None:
        raise ConfigError("--test-data and --splits both say who is tested; give one of them.")
    settings: dict[str, Any] = {}
    if data:
        settings["dataset.name"] = "+".join(name for name, _ in named_folders("--data", data))
    if test_data:
        settings["evaluation.protocol"] = "external"
        settings["evaluation.test_sets"] = [name for name, _ in named_folders("--test-data", test_data)]
    if splits is not None:
        settings["evaluation.protocol"] = "splits"
        settings["evaluation.splits_file"] = str(splits)
    return settings


def load_recordings(
    config: Config,
    data_dir: Path | None,
    progress: Progress,
    *,
    data: Sequence[str] | None = None,
    test_data: Sequence[str] | None = None,
) -> RecordingSet:
    """Return the data sets that are named, as one; the downloaded one, which is fetched where absent, where none is.

    Raises:
        ConfigError: If options contradict each other or the configuration.
    """
    from heartprobe.data.catalogue import dataset_facts, read_dataset
    from heartprobe.data.combine import combine
    from heartprobe.data.finding_summary import summary_of

    folders = [*_training_folders(config, data_dir, data), *named_folders("--test-data", test_data or ())]
    for name, _ in folders:
        dataset_facts(name)
    sets = [read_dataset(name, folder or _downloaded(config, progress), config.dataset) for name, folder in folders]
    recordings = combine(sets)
    for line in summary_of(recordings.findings):
        progress.note(line)
    return recordings


def _training_folders(
    config: Config, data_dir: Path | None, data: Sequence[str] | None
) -> list[tuple[str, Path | None]]:
    if data and data_dir is not None:
        raise ConfigError("--data and --data-dir both name folders; give --data NAME=DIR for every data set.")
    if data:
        return list(named_folders("--data", data))
    names = config.dataset.name.split("+")
    if len(names) > 1:
        options = " ".join(f"--data {name}=DIR" for name in names)
        raise ConfigError(f"dataset.name is {config.dataset.name}: name the folder of each with {options}.")
    return [(names[0], data_dir)]


def _downloaded(config: Config, progress: Progress) -> Path:
    folder = Path(config.dataset.dataset_folder)
    if not (folder.is_dir() and any(folder.iterdir())):
        from heartprobe.data.catalogue import release_of
        from heartprobe.data.download import fetch

        release = release_of(config.dataset.name, config.dataset)
        progress.note(f"No --data-dir is given and {folder}/ holds nothing: fetching {config.dataset.name}.")
        folder = fetch(release, folder, progress=progress)
    return folder


def named_folders(option: str, texts: Iterable[str], example: str = "bmd-hs=BMD-HS-Dataset") -> list[tuple[str, Path]]:
    """Return the names and folders of an option that is given as NAME=DIR.

    Raises:
        ConfigError: If a text is not of that form.
    """
    pairs: list[tuple[str, Path]] = []
    for text in texts:
        name, separator, folder = text.partition("=")
        if not (separator and name.strip() and folder):
            raise ConfigError(f"{option} {text!r} is not of the form NAME=DIR, such as {example}.")
        pairs.append((name.strip(), Path(folder)))
    return pairs
