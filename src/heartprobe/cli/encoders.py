"""`heartprobe encoders`: what there is, and fetching one."""

from __future__ import annotations

from typing import Annotated

import typer

from heartprobe.cli.options import JsonOption

app = typer.Typer(help="List and fetch encoders.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_encoders(as_json: JsonOption = False) -> None:
    """List the encoders of the catalogue; any other hub id or folder works as well.

    Example: heartprobe encoders list
    """
    from dataclasses import asdict

    from heartprobe.cli.console import print_json, print_table
    from heartprobe.encoders.catalogue import CATALOGUE

    if as_json:
        print_json({name: asdict(entry) for name, entry in CATALOGUE.items()})
        return
    header = ("encoder", "rate", "layers", "width", "download", "licence")
    rows = [
        (
            name,
            f"{entry.rate_hz} Hz",
            str(entry.n_layers),
            str(entry.width),
            f"{entry.download_mb} MB" if entry.download_mb else "none",
            entry.licence,
        )
        for name, entry in CATALOGUE.items()
    ]
    print_table("", header, rows)


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(metavar="ENCODER", help="A name of `encoders list`, a hub id or a folder.")],
    as_json: JsonOption = False,
) -> None:
    """Download an encoder into the hub cache, load it once and say what it is.

    Example: heartprobe encoders fetch microsoft/wavlm-base-plus
    """
    from dataclasses import asdict

    from heartprobe.cli.console import print_json, print_table
    from heartprobe.encoders.load import load_encoder

    facts = asdict(load_encoder(name).info)
    if as_json:
        print_json(facts)
    else:
        print_table("", ("fact", "value"), [(key, str(value)) for key, value in facts.items()])
