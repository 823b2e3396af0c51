"""What one step hears: labelled, synthetic and unlabelled crops, changed; decided by seed and step alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartprobe.errors import ConfigError
from heartprobe.pretraining.invariances import Changed, Invariances
from heartprobe.pretraining.real_material import RealMaterial
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.synthetic_material import SyntheticMaterial


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Labelled real crops first, then synthetic ones, then unlabelled ones.

    Attributes:
        bands: `(batch, frames, bands)`, noisy and masked.
        clean: The same before noise and masks.
        kept: `(batch, 2 * width)`: 0 for dropped numbers, else what keeps their mean.
        abnormal: `(labelled,)`.
        lesions: `(synthetic, 5)`.
        phases: `(synthetic, network frames)`.
    """

    bands: Tensor
    clean: Tensor
    kept: Tensor
    abnormal: Tensor
    lesions: Tensor
    phases: Tensor

    @property
    def n_labelled(self) -> int:
        """Number of labelled crops."""
        return len(self.abnormal)

    def share(self, rank: int, world_size: int) -> Batch:
        """Return one of `world_size` equal shares: as much of the labelled, the synthetic and the unlabelled crops."""
        labelled, synthetic = self.n_labelled, self.n_labelled + len(self.lesions)
        of_labelled = _share(0, labelled, rank, world_size)
        of_synthetic = _share(labelled, synthetic, rank, world_size)
        rows = torch.cat([of_labelled, of_synthetic, _share(synthetic, len(self.bands), rank, world_size)])
        return Batch(
            self.bands[rows],
            self.clean[rows],
            self.kept[rows],
            self.abnormal[of_labelled],
            self.lesions[of_synthetic - labelled],
            self.phases[of_synthetic - labelled],
        )

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


class Batches:
    """Makes the batch of any step; the same step gives the same batch, whatever came before.

    Args:
        real: Real recordings.
        synthetic: Synthetic ones.
        settings: How many of each, and how they are changed.

    Raises:
        ConfigError: Labels are to be learned, and there are none.
    """

    def __init__(self, real: RealMaterial, synthetic: SyntheticMaterial, settings: PretrainingSettings) -> None:
        self.real = real
        self.synthetic = synthetic
        self.settings = settings
        self.pools = real.pools()
        if settings.objectives.abnormal and not self.pools:
            raise ConfigError(
                "material.labelled_sites is empty, so that normal or abnormal cannot be learned of real recordings; "
                "set objectives.abnormal to 0, or name a site."
            )
        self.sites = real.by_site()
        schedule, n_bands = settings.schedule, settings.architecture.n_bands
        self.invariances = Invariances(settings.invariances, schedule.crop_frames, n_bands, schedule.seed)

    def step(self, number: int) -> Batch:
        """Return the batch of a step."""
        schedule = self.settings.schedule
        rng = np.random.default_rng([schedule.seed, number])
        changes = torch.Generator().manual_seed(int(rng.integers(2**62)))
        length = self.invariances.frames_needed
        labelled, abnormal = self._labelled(rng)
        real, _ = self.real.spectra.crop(labelled, length, rng)
        chosen = rng.integers(0, len(self.synthetic.spectra), schedule.synthetic)
        synthetic, rows = self.synthetic.spectra.crop(chosen, length, rng)
        others, _ = self.real.spectra.crop(self._any(rng), length, rng)
        changed = self.invariances(torch.cat([real, synthetic, others]), changes)
        heard = slice(len(labelled), len(labelled) + len(chosen))
        return Batch(
            changed.bands,
            changed.clean,
            self._kept(len(changed.bands), changes),
            torch.from_numpy(abnormal).float(),
            self.synthetic.labels[torch.from_numpy(chosen)],
            self._phases(rows, changed, heard),
        )

    def _labelled(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw a site, then a class, then a recording, so that each counts the same."""
        size = self.settings.schedule.labelled if self.pools else 0
        sites, classes = rng.integers(0, len(self.pools), size), rng.integers(0, 2, size)
        drawn = [rng.choice(self.pools[site][y]) for site, y in zip(sites, classes, strict=True)]
        return np.array(drawn, dtype=np.int64), classes

    def _any(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw a site, then a recording; where no labels are learned, in the place of labelled ones, too."""
        schedule = self.settings.schedule
        size = schedule.unlabelled + (0 if self.pools else schedule.labelled)
        sites = rng.integers(0, len(self.sites), size)
        return np.array([rng.choice(self.sites[site]) for site in sites], dtype=np.int64)

    def _kept(self, n_crops: int, rng: torch.Generator) -> Tensor:
        share = 1 - self.settings.objectives.dropout
        drawn = torch.rand((n_crops, 2 * self.settings.architecture.width), generator=rng)
        return (drawn < share).float() / share

    def _phases(self, rows: Tensor, changed: Changed, heard: slice) -> Tensor:
        """Return the phase of each frame of the network, after the crop was played faster or slower."""
        stride, n_frames = self.settings.architecture.time_stride, self.settings.schedule.crop_frames
        frames = torch.arange(0, n_frames, stride)
        from_middle = changed.speed[heard, None] * (frames - (n_frames - 1) / 2)
        before = ((rows.shape[1] - 1) / 2 + from_middle).round().long().clamp(0, rows.shape[1] - 1)
        return self.synthetic.phases[rows.gather(1, before)]


def _share(begin: int, end: int, rank: int, world_size: int) -> Tensor:
    """Return the rows of one of `world_size` equal parts, one after the other, of the rows from `begin` to `end`."""
    length = (end - begin) // world_size
    return begin + rank * length + torch.arange(length)
