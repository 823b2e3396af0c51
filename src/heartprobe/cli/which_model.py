"""Which model is meant where a command may be given one or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heartprobe.progress import Progress

_TELLS = (
    "No model is named: {name} answers, which comes with heartprobe and has learned from {dataset} ({recordings} "
    "recordings). Read its card before you believe it: {card}"
)


def model_and_files(arguments: Sequence[Path], progress: Progress) -> tuple[Path, list[Path]]:
    """Part a model folder from the recordings after it; without one, take the shipped model and say so.

    Args:
        arguments: At least one; the first is a model folder if it holds a model or is the name of a shipped one.
        progress: Told which model answers where none was named.

    Raises:
        BundleError: If the first is a run folder, or neither a model nor a recording.
        ConfigError: If there is a model, but no recording, or the model is not named first.
    """
    from heartprobe.bundle.shipped_models import is_model_folder, model_folder
    from heartprobe.errors import BundleError, ConfigError

    first, *rest = arguments
    for later in rest:
        if (later / "bundle.json").is_file():
            raise ConfigError(f"{later} is a model folder; name it first, before the recordings.")
    named = model_folder(first)
    if is_model_folder(named):
        if not rest:
            raise ConfigError(f"{first} is a model folder, and no recording is given; name audio files after it.")
        return named, rest
    if is_model_folder(first / "bundle"):
        raise BundleError(f"{first} is the folder of a run; its model lies in {first / 'bundle'}. Name that one.")
    if not first.exists() and not first.suffix:
        raise BundleError(f"{first} is no model folder, nor a recording: nothing is there. Check the path.")
    return shipped_model(progress), [first, *rest]


def require_no_model(arguments: Sequence[Path]) -> None:
    """Refuse a model folder where the model is taken from the hub.

    Raises:
        ConfigError: If there is one among the arguments.
    """
    from heartprobe.bundle.shipped_models import is_model_folder, model_folder
    from heartprobe.errors import ConfigError

    for given in arguments:
        if is_model_folder(model_folder(given)) or is_model_folder(given / "bundle"):
            raise ConfigError(f"{given} is a model folder, and --from-hub names a model as well; give one of them.")


def shipped_model(progress: Progress) -> Path:
    """Return the folder of the model that comes with heartprobe, and say which one answers."""
    from heartprobe.bundle.folder import CARD, read_bundle
    from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, model_folder

    shipped = model_folder(NORMAL_ABNORMAL)
    facts = read_bundle(shipped).manifest.training
    progress.note(
        _TELLS.format(
            name=shipped.name, dataset=facts.dataset, recordings=facts.recordings, card=_short(shipped / CARD)
        )
    )
    return shipped


def _short(path: Path) -> str:
    """Return a path as seen from where the command runs, or from the home folder, if it lies there."""
    for origin, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if path.is_relative_to(origin):
            return f"{prefix}{path.relative_to(origin).as_posix()}"
    return str(path)
