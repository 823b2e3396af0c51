"""The folder that one experiment leaves behind.

    RUN/
      config.json        complete, defaults filled in
      environment.json   versions, git revision, device, data fingerprint, times
      splits.csv         repeat, fold, patient_id, part
      predictions.csv    every prediction on test patients
      predictions_fusion.csv         of the patients, by every way of fusing their recordings
      predictions_demographics.csv   by a model that sees demographics alone
      predictions_companion.csv      by the same model with demographics, or without them if it has some
      report.json, report.md, report.html
      bundle/            the trained model
      unfinished/        results of finished folds; only there while the run goes on

Files are written to a temporary name and renamed, so that an interruption leaves none half-made.
A run that was interrupted goes on where it stopped when it is started again with the same
configuration and the same data; another configuration is refused.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heartprobe.atomic import write_text
from heartprobe.config.schema import Config
from heartprobe.data.split import Split
from heartprobe.errors import ConfigError

#: Tables of predictions, of every fold and then of the run.
PREDICTIONS: Final = "predictions.csv"
FUSION: Final = "predictions_fusion.csv"
DEMOGRAPHICS: Final = "predictions_demographics.csv"
COMPANION: Final = "predictions_companion.csv"


def to_json(value: Any) -> str:
    """Return JSON as it stands in every file of a run: indented, in the given order, no NaN."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def default_run_folder(config: Config) -> Path:
    """Return `runs/ENCODER-TASK-PROTOCOL-DIGEST`: the same for the same configuration."""
    encoder = Path(config.models.default_model).name
    task = "lesions" if config.training.multi_label else "normal"
    digest = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:8]
    return Path("runs") / f"{encoder}-{task}-{config.evaluation.protocol}-{digest}"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run folder that belongs to one configuration and one set of recordings."""

    path: Path

    @classmethod
    def check(cls, path: Path, config: Config) -> None:
        """Refuse a folder that cannot be this run's, before anything long is begun.

        Raises:
            ConfigError: If the folder holds another experiment or something else entirely.
        """
        stored = path / "config.json"
        if stored.is_file():
            _refuse_other_config(path, _read(stored), config)
        elif path.is_dir() and any(path.iterdir()):
            raise ConfigError(f"{path} is not empty and holds no run; name another folder with --out.")
        elif path.exists() and not path.is_dir():
            raise ConfigError(f"{path} is a file, not a folder; name another folder with --out.")

    @classmethod
    def open(cls, path: Path, config: Config, fingerprint: str) -> RunFolder:
        """Create the folder, or take up the one that this configuration left behind.

        Args:
            path: The folder.
            config: The settings.
            fingerprint: Of the data.

        Raises:
            ConfigError: If the folder cannot be this run's, or holds finished results on other recordings.
        """
        cls.check(path, config)
        report = path / "report.json"
        if report.is_file() and _read(report).get("data", {}).get("fingerprint") != fingerprint:
            raise ConfigError(
                f"{path} holds the results of the same settings on other recordings; "
                "name another folder with --out, or remove it."
            )
        try:
            write_text(path / "config.json", to_json(config.model_dump(mode="json")))
        except OSError as error:
            raise ConfigError(
                f"The run folder {path} cannot be written: {error.strerror}. Name another with --out."
            ) from None
        return cls(path)

    @property
    def bundle(self) -> Path:
        """Where the trained model goes."""
        return self.path / "bundle"

    def work_folder(self, what: Split | str) -> Path:
        """Return where a training in progress may leave what it needs to go on after an interruption."""
        name = what if isinstance(what, str) else f"repeat{what.repeat}-fold{what.fold}"
        return self.path / "unfinished" / name

    def fold_table(self, split: Split, name: str) -> Path:
        """Return where a table of predictions of a finished fold is kept until the run is done."""
        return self.work_folder(split) / name

    def finished(self, split: Split, key: str) -> dict[str, Any] | None:
        """Return the stored result of a fold if it was made from the same inputs, else `None`."""
        path = self.work_folder(split) / "result.json"
        if not path.is_file():
            return None
        stored = _read(path)
        is_same = stored.get("key") == key and stored.get("tables") == self._tables(split)
        return stored["result"] if is_same else None

    def keep(self, split: Split, key: str, result: dict[str, Any]) -> None:
        """Store the result of a finished fold, whose tables are written already."""
        content = {"key": key, "tables": self._tables(split), "result": result}
        write_text(self.work_folder(split) / "result.json", to_json(content))

    def _tables(self, split: Split) -> dict[str, str | None]:
        """Return the checksums of a fold's tables."""
        names = (PREDICTIONS, FUSION, DEMOGRAPHICS, COMPANION)
        return {name: _sha256(self.fold_table(split, name)) for name in names}

    def drop_checkpoints(self, split: Split) -> None:
        """Remove what a fine-tuning left: several copies of the encoder, of no use once the fold is kept."""
        shutil.rmtree(self.work_folder(split) / "fine-tuning", ignore_errors=True)

    def write_splits(self, splits: Sequence[Split]) -> None:
        """Write `splits.csv`.

        `part` is `train`, `validation` or `test`. Under nested selection each validation fold is
        trained on while another validates; they are told apart as `validation-0`, `validation-1`, ...
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("repeat", "fold", "patient_id", "part"))
        for split in splits:
            writer.writerows((split.repeat, split.fold, patient, part) for patient, part in sorted(_parts(split)))
        write_text(self.path / "splits.csv", text.getvalue())

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file."""
        write_text(self.path / name, to_json(value))

    def finish(self) -> None:
        """Remove what only an unfinished run needs."""
        shutil.rmtree(self.path / "unfinished", ignore_errors=True)


def _parts(split: Split) -> Iterator[tuple[str, str]]:
    yield from ((patient, "train") for patient in split.train_only)
    is_single = len(split.validation_folds) == 1
    for number, fold in enumerate(split.validation_folds):
        yield from ((patient, "validation" if is_single else f"validation-{number}") for patient in fold)
    yield from ((patient, "test") for patient in split.test)


def _refuse_other_config(path: Path, stored: dict[str, Any], config: Config) -> None:
    wanted = _flat(config.model_dump(mode="json"))
    differing = [key for key, value in _flat(stored).items() if wanted.get(key) != value]
    differing += sorted(wanted.keys() - _flat(stored).keys())
    if differing:
        raise ConfigError(
            f"{path} holds a run with other settings ({', '.join(differing[:3])}); "
            "name another folder with --out, or remove it."
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read ({error}); remove {path.parent}, or name another with --out."
        ) from None
    return values if isinstance(values, dict) else {}


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat
