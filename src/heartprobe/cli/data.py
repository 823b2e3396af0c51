"""`heartprobe data`: check, fetch and make data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartprobe.cli.options import ConfigOption, JsonOption, SetOption, build_config

app = typer.Typer(help="Check, fetch and make data sets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the data set (searched below).")],
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Audit a data set: every table cell and every recording. Exit code 1 when something is wrong.

    Example: heartprobe data check BMD-HS-Dataset-main
    """
    from heartprobe.cli.console import ConsoleProgress, print_json
    from heartprobe.cli.summary import print_audit
    from heartprobe.data.audit import audit
    from heartprobe.data.catalogue import inspect_dataset

    dataset = build_config(config, {}, overrides).dataset
    result = audit(inspect_dataset(dataset.name, folder, dataset), progress=ConsoleProgress())
    if as_json:
        print_json(result.as_dict())
    else:
        print_audit(result)
    if result.has_problems:
        raise typer.Exit(1)


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the data set, such as bmd-hs or circor.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to; dataset/ by default.")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Download a data set: its tables and recordings, nothing else.

    What cannot be downloaded is told with where to get it, and how its folder must look.

    Example: heartprobe data fetch circor --out circor
    """
    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.data.catalogue import release_of
    from heartprobe.data.download import fetch as fetch_release

    dataset = build_config(config, {"dataset.name": name}, overrides).dataset
    target = out if out is not None else Path(dataset.dataset_folder)
    print_line(str(fetch_release(release_of(name, dataset), target, progress=ConsoleProgress())))


@app.command("synth")
def synth(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty or new folder.")],
    patients: Annotated[int, typer.Option("--patients", min=1, max=100_000, help="Number of patients.")] = 40,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same sounds.")] = 0,
    duration: Annotated[float, typer.Option("--duration", metavar="S", min=2, max=120, help="Of each recording.")] = 20,
) -> None:
    """Write synthetic patients as a complete data set in the layout of BMD-HS.

    Example: heartprobe data synth synthetic --patients 40
    """
    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.data.synthetic import write_synthetic

    written = write_synthetic(folder, n_patients=patients, seed=seed, duration_s=duration, progress=ConsoleProgress())
    print_line(str(written))
