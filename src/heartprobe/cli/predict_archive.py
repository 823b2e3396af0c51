"""`heartprobe predict` about many patients: everybody in folders or in a table."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from heartprobe.cli.archive_lines import ArchiveLines
from heartprobe.cli.console import ConsoleProgress
from heartprobe.errors import ConfigError
from heartprobe.predict import Predictor
from heartprobe.predict.archive import predict_archive
from heartprobe.predict.listed import Listed
from heartprobe.predict.results import open_results
from heartprobe.predict.table import read_results, write_table
from heartprobe.predict.tree import Tree


@dataclass(frozen=True, slots=True)
class PredictSettings:
    """What was asked for.

    Attributes:
        results: The file that grows patient by patient, where many are predicted.
        csv: Where a table goes, if one is wanted.
        replaces: Whether stored answers about others may be let go.
        uses_poor: Whether recordings of disqualifying quality take part, too.
        as_json: Whether results are printed as JSON lines.
    """

    results: Path
    csv: Path | None
    replaces: bool
    uses_poor: bool
    as_json: bool


def predict_everybody(
    predictor: Predictor, given: Tree | Listed, settings: PredictSettings, progress: ConsoleProgress
) -> bool:
    """Predict, store and print everybody; return whether every recording could be used.

    Raises:
        ConfigError: If there is no recording, or stored answers about others would be lost.
    """
    n_recordings = given.n_recordings()
    if n_recordings == 0:
        raise ConfigError(
            "No recording was found there; check the folder or the table. Earlier results are as they were."
        )
    lines = ArchiveLines(settings.as_json, progress)
    with open_results(settings.results) as stored:
        if not settings.replaces:
            stored.require_nobody_lost(given.patients())
        with (
            progress.task("Predicting", n_recordings, "recordings") as advance,
            closing(predict_archive(predictor, given.patients(), stored, uses_poor=settings.uses_poor)) as predictions,
        ):
            for result in predictions:
                lines.show(result)
                advance(len(result["recordings"]))
    if settings.csv is not None:
        write_table(read_results(settings.results), settings.csv)
    lines.end(settings.results, getattr(given, "passed_over", {}))
    return not lines.n_problems
