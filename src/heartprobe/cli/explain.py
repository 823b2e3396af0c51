"""`heartprobe explain`: which parts of a recording spoke for an answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartprobe.cli.options import DeviceOption

if TYPE_CHECKING:
    from heartprobe.explain import Explanation

#: Cells that are told in words.
_SHOWN = 8


def explain(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="[BUNDLE] FILE",
            help="A model folder, such as RUN/bundle, or none for the normal/abnormal model that comes with "
            "heartprobe; then one recording.",
        ),
    ],
    label: Annotated[str, typer.Option("--label", help="Which answer is to be explained, such as AS.")],
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Also draw the parts over the spectrogram.")
    ] = None,
    step: Annotated[
        float, typer.Option("--step", metavar="S", help="Length of a stretch of time; longer in long recordings.")
    ] = 0.5,
    age: Annotated[float | None, typer.Option("--age", min=0, max=120, help="In years, if the model uses it.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="M or F, if the model uses it.")] = None,
    smoker: Annotated[bool | None, typer.Option("--smoker/--non-smoker", help="If the model uses it.")] = None,
    lives: Annotated[str | None, typer.Option("--lives", help="U (urban) or R (rural), if the model uses it.")] = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ENCODER", help="Where the encoder is now, if it was moved.")
    ] = None,
    runtime: Annotated[str, typer.Option("--runtime", help="torch, or onnx for an exported model.")] = "torch",
    device: DeviceOption = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print all parts as JSON instead of the strongest.")] = False,
) -> None:
    """Show which moments and frequencies of a recording spoke for or against an answer.

    Takes away one part after the other and asks the model again. This shows what the model reacts to, which need not
    be where a disease is heard.

    Example: heartprobe explain patient_sup_Aor.wav --label N --svg why.svg
    """
    from heartprobe.atomic import write_text
    from heartprobe.audio import read_audio
    from heartprobe.cli.console import ConsoleProgress, print_json
    from heartprobe.cli.which_model import model_and_files
    from heartprobe.data.recordings import Demographics
    from heartprobe.errors import ConfigError
    from heartprobe.explain import explain as explain_recording
    from heartprobe.explain.picture import draw
    from heartprobe.predict import Predictor

    progress = ConsoleProgress()
    bundle, recordings = model_and_files(files, progress)
    if len(recordings) > 1:
        raise ConfigError(f"{len(recordings)} recordings are given, and one is explained at a time; name one of them.")
    (file,) = recordings
    audio = read_audio(file)
    demographics = Demographics(age=age, sex=sex, smoker=smoker, lives=lives)
    with Predictor.open(bundle, encoder=encoder, device=device, runtime=runtime) as predictor:  # type: ignore[arg-type]
        explanation = explain_recording(predictor, audio, label, demographics, step_s=step, progress=progress)
    if svg is not None:
        write_text(svg, draw(explanation, audio))
    if as_json:
        print_json(explanation.as_dict())
    else:
        _print(explanation, file.name)


def _print(explanation: Explanation, name: str) -> None:
    from heartprobe.cli.console import print_line, print_table
    from heartprobe.cli.probabilities import percent
    from heartprobe.labels import finding_name

    print_line(f"{name}: {finding_name(explanation.label)}, probability {percent(explanation.finding_probability)}")
    print_line()
    header, rows = _bands(explanation)
    print_table("By how much the log odds fall without a band", header, rows)
    print_line()
    parts = [
        (f"{cell.start_s:.1f} to {cell.end_s:.1f} s", _hz(cell.low_hz, cell.high_hz), f"{cell.effect:+.2f}")
        for cell in explanation.strongest(_SHOWN)
    ]
    print_table("Single parts that matter most", ("when", "pitch", "log odds"), parts)
    print_line()
    print_line("A part with + spoke for it, one with - against it. This shows what the model reacts to, which need not")
    print_line("be where a disease is heard.")


def _bands(explanation: Explanation) -> tuple[list[str], list[list[str]]]:
    """Return what each band does in the whole recording, and in each phase of all beats where they were found."""
    edges_hz = explanation.grid.band_edges_hz
    header, rows = ["pitch", "everywhere"], []
    if explanation.beat_effect is not None:
        header += ["at S1", *(f"{phase}/8 beat" for phase in range(1, explanation.beat_effect.shape[1]))]
    for band, whole in enumerate(explanation.band_effect):
        of_beats = [] if explanation.beat_effect is None else explanation.beat_effect[band]
        rows.append([_hz(*edges_hz[band : band + 2]), f"{whole:+.2f}", *(f"{effect:+.2f}" for effect in of_beats)])
    return header, rows


def _hz(low_hz: float, high_hz: float) -> str:
    return f"{low_hz:.0f} to {high_hz:.0f} Hz"
