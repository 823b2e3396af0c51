"""`--from-hub`: a model that somebody published, where a command takes a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from heartprobe.cli.console import ConsoleProgress

FromHubOption = Annotated[
    str | None,
    typer.Option(
        "--from-hub",
        metavar="OWNER/NAME[@REVISION]",
        help="Take the model from the Hugging Face hub, instead of BUNDLE; @REVISION is a branch, tag or commit.",
    ),
]


def fetched(name: str, progress: ConsoleProgress) -> Path:
    """Return the folder of a model of the hub, and say which commit it is."""
    from heartprobe.bundle.hub import fetch_bundle

    found = fetch_bundle(name)
    progress.note(f"The model is {found.pinned}; under this name it stays the same.")
    return found.folder
