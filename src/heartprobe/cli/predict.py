"""`heartprobe predict`: what a trained model hears in recordings of one patient, or of a whole archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartprobe.cli.from_hub import FromHubOption, fetched
from heartprobe.cli.options import DeviceOption, WorkersOption

if TYPE_CHECKING:
    from heartprobe.cli.console import ConsoleProgress
    from heartprobe.cli.predict_archive import PredictSettings
    from heartprobe.data.recordings import Demographics
    from heartprobe.predict import Predictor
    from heartprobe.predict.listed import Listed
    from heartprobe.predict.tree import Tree


def predict(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[BUNDLE] FILE|DIR...",
            help="A model folder, such as RUN/bundle, or none for the normal/abnormal model that comes with "
            "heartprobe; then recordings of one patient; or folders, or a table (.csv), of many.",
        ),
    ] = None,
    from_hub: FromHubOption = None,
    age: Annotated[float | None, typer.Option("--age", min=0, max=120, help="In years, if the model uses it.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="M or F, if the model uses it.")] = None,
    smoker: Annotated[bool | None, typer.Option("--smoker/--non-smoker", help="If the model uses it.")] = None,
    lives: Annotated[str | None, typer.Option("--lives", help="U (urban) or R (rural), if the model uses it.")] = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            help="Who is one patient: name (files that differ in nothing but the position at the end of their name; "
            "the default for folders), folder (all files of a folder), file (each alone).",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="FILE",
            help="For many patients: JSON lines that grow patient by patient, and that the same command goes on from; "
            "predictions.jsonl by default.",
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Also write a table of all answers.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Let go what --results or --csv hold about other patients than those given now; without it, nothing "
            "is done where such answers would be lost.",
        ),
    ] = False,
    use_poor: Annotated[
        bool, typer.Option("--use-poor", help="Use recordings of disqualifying quality, too; they are still reported.")
    ] = False,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ENCODER", help="Where the encoder is now, if it was moved.")
    ] = None,
    device: DeviceOption = "auto",
    runtime: Annotated[
        str, typer.Option("--runtime", help="torch, or onnx for a folder that `heartprobe export` wrote.")
    ] = "torch",
    workers: WorkersOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a table; one line for each of many patients.")
    ] = False,
) -> None:
    """Predict one patient from one to eight recordings, or everybody in folders or in a table.

    Reads wav, flac, mp3, ogg and aiff at any rate. A recording that cannot be used is named and left out of the
    patient's answer; exit code 1 says that there was one. The position in a file name that ends like `_sup_Mit.wav`
    (sup or sit; Mit, Tri, Pul or Aor) is used where the model has learned how much each position tells.

    Without a model folder, the normal/abnormal model that comes with heartprobe answers; a model of your own goes
    first: heartprobe predict RUN/bundle patient_sup_Mit.wav.

    Example: heartprobe predict patient_sup_Mit.wav patient_sup_Aor.wav
    """
    from heartprobe.cli.console import ConsoleProgress
    from heartprobe.cli.predict_archive import PredictSettings, predict_everybody
    from heartprobe.cli.which_model import model_and_files, require_no_model
    from heartprobe.data.recordings import Demographics
    from heartprobe.errors import ConfigError
    from heartprobe.predict import Predictor
    from heartprobe.predict.earlier import require_table_is_theirs
    from heartprobe.predict.given import one_patient

    progress = ConsoleProgress()
    demographics = Demographics(age=age, sex=sex, smoker=smoker, lives=lives)
    if not files:
        raise ConfigError("No recording is given; name one audio file or more, a folder, or a table.")
    if from_hub is not None:
        require_no_model(files)
    else:
        bundle, files = model_and_files(files, progress)
    given = _patients(files, group_by, demographics, given_results=results is not None)
    if csv is not None:
        everybody = [one_patient(files, demographics)] if given is None else given.patients()
        require_table_is_theirs(csv, everybody, replaces=replace)
    if from_hub is not None:
        bundle = fetched(from_hub, progress)
    predictor = Predictor.open(
        bundle,
        encoder=encoder,
        device=device,
        runtime=runtime,  # type: ignore[arg-type]  # an unknown one is refused in a sentence
        workers=workers,
    )
    if not predictor.demographic_fields and demographics != Demographics():
        progress.note("This model hears sound alone: what was said about the patient has no effect.")
    where = results or Path("predictions.jsonl")
    settings = PredictSettings(where, csv, replaces=replace, uses_poor=use_poor, as_json=as_json)
    if given is None:
        is_whole = _one(predictor, files, demographics, settings, progress)
    else:
        is_whole = predict_everybody(predictor, given, settings, progress)
    if not is_whole:
        raise typer.Exit(1)


def _patients(
    files: list[Path], group_by: str | None, demographics: Demographics, *, given_results: bool
) -> Tree | Listed | None:
    """Return whose recordings are given, or `None` where all are of one patient."""
    from heartprobe.errors import ConfigError
    from heartprobe.predict.listed import read_listed
    from heartprobe.predict.tree import Tree

    tables = [path for path in files if path.suffix.lower() == ".csv"]
    if tables and (len(files) > 1 or group_by is not None):
        raise ConfigError(f"{tables[0]} is a table: give it alone, without --group-by; its lines say who is who.")
    if tables:
        return read_listed(tables[0], demographics)
    if group_by is None and not given_results and not any(path.is_dir() for path in files):
        return None
    return Tree(files, group_by or "name", demographics)  # type: ignore[arg-type]


def _one(
    predictor: Predictor,
    files: list[Path],
    demographics: Demographics,
    settings: PredictSettings,
    progress: ConsoleProgress,
) -> bool:
    """Predict one patient; return whether every recording could be used."""
    from heartprobe.cli.console import print_json
    from heartprobe.cli.patient_table import print_prediction
    from heartprobe.predict.given import one_patient
    from heartprobe.predict.table import keyed, write_table

    prediction = predictor.predict(files, demographics=demographics, uses_poor=settings.uses_poor, progress=progress)
    if settings.csv is not None:
        write_table([keyed(one_patient(files, demographics), prediction.as_dict())], settings.csv)
    if settings.as_json:
        print_json(prediction.as_dict())
    else:
        print_prediction(prediction)
    return not prediction.has_problems
