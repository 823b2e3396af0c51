"""`heartprobe predict`: what a trained model hears in recordings of one patient."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartprobe.cli.options import DeviceOption, JsonOption


def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Model folder, such as RUN/bundle.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings of one patient.")],
    age: Annotated[float | None, typer.Option("--age", min=0, max=120, help="In years, if the model uses it.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="M or F, if the model uses it.")] = None,
    smoker: Annotated[bool | None, typer.Option("--smoker/--non-smoker", help="If the model uses it.")] = None,
    lives: Annotated[str | None, typer.Option("--lives", help="U (urban) or R (rural), if the model uses it.")] = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ENCODER", help="Where the encoder is now, if it was moved.")
    ] = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Predict one patient from one to eight recordings. Exit code 1 when a recording could not be used.

    The position in a file name that ends like `_sup_Mit.wav` (sup or sit; Mit, Tri, Pul or Aor) is used where the
    model has learned how much each position tells.

    Example: heartprobe predict runs/demo/bundle patient_sup_Mit.wav patient_sup_Aor.wav
    """
    from heartprobe.cli.console import ConsoleProgress, print_json
    from heartprobe.cli.summary import print_prediction
    from heartprobe.data.recordings import Demographics
    from heartprobe.predict import Predictor

    predictor = Predictor.open(bundle, encoder=encoder, device=device)
    demographics = Demographics(age=age, sex=sex, smoker=smoker, lives=lives)
    progress = ConsoleProgress()
    if predictor.classifier.demographics is None and demographics != Demographics():
        progress.note("This model hears sound alone: what was said about the patient has no effect.")
    prediction = predictor.predict(files, demographics=demographics, progress=progress)
    if as_json:
        print_json(prediction.as_dict())
    else:
        print_prediction(prediction)
    if any(recording.problem is not None for recording in prediction.recordings):
        raise typer.Exit(1)
