"""`heartprobe pretrain`: from heart sounds to an encoder folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartprobe.cli.options import ConfigOption, SetOption


def pretrain(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder with PhysioNet/CinC 2016.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the encoder goes.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda, mps or auto.")] = "cpu",
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads on the processor, of each process.")] = 1,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Processes that share each step; on CUDA, a device each.")
    ] = 1,
) -> None:
    """Pre-train an encoder for heart sounds on PhysioNet/CinC 2016 and synthetic patients.

    Example: heartprobe pretrain --data CINC16 --out my-encoder --set material.held_out='["training-f"]'

    The defaults make the encoder that comes with heartprobe, in minutes on one core. The settings are those of
    docs/pretraining.md. Interrupted, the same command goes on where it stopped. Use the result by its folder:
    --model-name my-encoder.
    """
    import torch

    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.config.schema import DatasetConfig
    from heartprobe.data.catalogue import read_dataset
    from heartprobe.features.devices import resolve_device
    from heartprobe.pretraining.load_settings import load_settings
    from heartprobe.pretraining.processes.requirements import require_devices, require_shares
    from heartprobe.pretraining.run import pretrain as run
    from heartprobe.pretraining.run import require_free

    settings = load_settings(config, overrides or ())
    require_shares(settings.schedule, processes)
    where = resolve_device(device)
    require_devices(where, processes)
    require_free(out)
    torch.set_num_threads(threads)
    progress = ConsoleProgress()
    name = "physionet-2016"
    recordings = read_dataset(name, data, DatasetConfig(name=name))
    run(recordings, out, settings, progress=progress, device=where, processes=processes)
    print_line(f"Encoder: {out} (use it with --model-name {out})")
