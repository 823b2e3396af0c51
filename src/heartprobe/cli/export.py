"""`heartprobe export`: a trained model as a graph that runs without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="Model folder, such as RUN/bundle; or normal-abnormal.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the new model folder goes.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="onnx.")] = "onnx",
    int8: Annotated[
        bool, typer.Option("--int8", help="Keep the encoder's linear layers in 8 bit: smaller and less accurate.")
    ] = False,
    compare_on: Annotated[
        list[Path] | None,
        typer.Option(
            "--compare-on",
            metavar="FILE|DIR",
            help="Recordings to compare with torch on, synthetic ones by default; may be repeated.",
        ),
    ] = None,
    accept: Annotated[
        float,
        typer.Option("--accept", min=0, max=1, help="Largest difference from torch in a probability that is accepted."),
    ] = 1e-4,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ENCODER", help="Where the encoder is now, if it was moved.")
    ] = None,
) -> None:
    """Write a model folder again, with the whole model as one ONNX graph that runs without torch.

    The new folder works wherever the old one does, and with `--runtime onnx` as well. The graph is compared with torch
    first; where they differ by more than --accept, nothing is written.

    Example: heartprobe export RUN/bundle --to onnx --out RUN/onnx
    """
    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.errors import ConfigError, did_you_mean

    if to != "onnx":
        raise ConfigError(f"--to {to}: expected onnx.{did_you_mean(to, ['onnx'])}")
    from heartprobe.export import export_onnx

    exported = export_onnx(
        bundle,
        out,
        is_int8=int8,
        accepted=accept,
        encoder=encoder,
        compare_on=compare_on or (),
        progress=ConsoleProgress(),
    )
    print_line(f"In single precision it {exported.agreement}.")
    if exported.int8 is not None:
        print_line(
            f"With linear layers in 8 bit it {exported.int8}. "
            "Calibration and thresholds are those of single precision: look at its answers before you use it."
        )
    print_line(f"Exported: {exported.graph} ({exported.graph.stat().st_size / 1e6:.1f} MB)")
    print_line(f"To use it: heartprobe predict {out} --runtime onnx FILE...")
