"""`heartprobe push`: a trained model for everybody, or for those who may see it, on the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def push(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Model folder, such as RUN/bundle.")],
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="What the model is called on the hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="Let nobody see it but its owners, if the repository is new.")
    ] = False,
) -> None:
    """Publish a model folder on the Hugging Face hub.

    The folder is checked first; its model card becomes the page of the repository. Needs a token with write access in
    HF_TOKEN, or `hf auth login`. HF_ENDPOINT names another hub.

    Example: heartprobe push runs/demo/bundle my-lab/heart-sounds --private
    """
    from heartprobe.bundle.hub import publish_bundle
    from heartprobe.cli.console import ConsoleProgress, print_line

    published = publish_bundle(bundle, name, is_private=private)
    progress = ConsoleProgress()
    for note in published.notes:
        progress.note(note)
    print_line(f"Published: {published.url}")
    print_line(f"To use it: heartprobe predict --from-hub {published.name}@{published.commit} FILE...")
