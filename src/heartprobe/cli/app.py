"""The command `heartprobe`: its sub-commands, and what happens when one fails."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from heartprobe import __version__
from heartprobe.cli import (
    benchmark,
    compare,
    data,
    demo,
    encoders,
    evaluate,
    explain,
    export,
    features,
    predict,
    pretrain,
    push,
    report,
    serve,
    train,
)
from heartprobe.errors import HeartprobeError

app = typer.Typer(
    name="heartprobe",
    help="Classify heart-sound recordings with pre-trained audio encoders.\n\nResearch software, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Classify heart-sound recordings with pre-trained audio encoders.

    Research software, not a medical device. Begin with: heartprobe demo
    """


app.command("demo")(demo.demo)
app.command("train")(train.train)
app.command("predict")(predict.predict)
app.command("serve")(serve.serve)
app.command("explain")(explain.explain)
app.command("export")(export.export)
app.command("push")(push.push)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("benchmark")(benchmark.benchmark)
app.command("pretrain")(pretrain.pretrain)
app.add_typer(data.app, name="data")
app.add_typer(encoders.app, name="encoders")
app.add_typer(features.app, name="features")


#: Commands that go on where they stopped; the others have nothing to go on with.
_GOES_ON = ("demo", "train", "evaluate", "benchmark", "features extract", "data fetch")


class _Interrupted(BaseException):
    """Ctrl-C; typer would end on a KeyboardInterrupt by itself and say nothing."""


def _interrupt(*_: object) -> None:
    raise _Interrupted


def main() -> None:
    """Run the command line: 0 done, 1 found problems or failed, 2 wrong use, 130 interrupted."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except HeartprobeError as error:
        sys.stderr.write(f"heartprobe: {error}\n")
        sys.exit(error.exit_code)
    except _Interrupted:
        kept = _what_is_kept(sys.argv[1:]) or "Nothing of it is kept."
        sys.stderr.write(f"\nheartprobe: interrupted. {kept}\n")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has gone (`heartprobe ... | head`): nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        sys.stderr.write(
            f"heartprobe:{where}: {error.strerror or error}. {_what_is_kept(sys.argv[1:])}".rstrip() + "\n"
        )
        sys.exit(1)


def _what_is_kept(arguments: Sequence[str]) -> str:
    """Return what is left of a command that was broken off, in a sentence; nothing where nothing is."""
    said = " ".join(arguments)
    if said.startswith("pretrain "):
        return "The last checkpoint is kept, if there is one yet. The same command goes on from there."
    if any(f"{said} ".startswith(f"{command} ") for command in _GOES_ON):
        return "What is computed is kept. The same command goes on from there."
    if said.startswith("predict "):
        return "Of folders and tables, the patients who are done are kept. The same command goes on from there."
    return ""
