"""What the processes find in a folder of their own: the material, as one file that all read through the same memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from heartprobe.pretraining.real_material import RealMaterial
from heartprobe.pretraining.spectra import Spectra
from heartprobe.pretraining.synthetic_material import SyntheticMaterial


@contextmanager
def exchange_folder(unfinished: Path) -> Iterator[Path]:
    """Yield an empty folder for what the processes exchange, and remove it in the end."""
    folder = unfinished / "processes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_material(path: Path, real: RealMaterial, synthetic: SyntheticMaterial, centroids: Tensor | None) -> None:
    """Write recordings with their spectra, sites and labels, and the centroids of their clusters, if any."""
    sites = sorted(set(real.sites))
    numbers = {site: number for number, site in enumerate(sites)}
    tensors = {
        "real.levels": real.spectra.levels,
        "real.starts": torch.from_numpy(real.spectra.starts),
        "real.sites": torch.tensor([numbers[site] for site in real.sites]),
        "real.is_abnormal": torch.from_numpy(real.is_abnormal),
        "real.is_labelled": torch.from_numpy(real.is_labelled),
        "synthetic.levels": synthetic.spectra.levels,
        "synthetic.starts": torch.from_numpy(synthetic.spectra.starts),
        "synthetic.labels": synthetic.labels,
        "synthetic.phases": synthetic.phases,
    }
    if centroids is not None:
        tensors["centroids"] = centroids
    save_file(tensors, path, metadata={"sites": json.dumps([str(site) for site in sites])})


def read_material(path: Path) -> tuple[RealMaterial, SyntheticMaterial, Tensor | None]:
    """Return what was written; the file is mapped into memory, not copied."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        sites = np.array(json.loads(file.metadata()["sites"]))
    real = RealMaterial(
        Spectra(tensors["real.levels"], tensors["real.starts"].numpy()),
        sites[tensors["real.sites"].numpy()],
        tensors["real.is_abnormal"].numpy(),
        tensors["real.is_labelled"].numpy(),
    )
    synthetic = SyntheticMaterial(
        Spectra(tensors["synthetic.levels"], tensors["synthetic.starts"].numpy()),
        tensors["synthetic.labels"],
        tensors["synthetic.phases"],
    )
    return real, synthetic, tensors.get("centroids")
