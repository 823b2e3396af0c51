"""Clusters of clean sound as targets: which of a hundred kinds each 128 ms is.

The first round of HuBERT (Hsu et al. 2021, https://arxiv.org/abs/2106.07447): k-means finds the kinds in what is heard,
here the spectrum; the network names them from the noisy and masked crop.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor

from heartprobe.errors import ConfigError
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.spectra import Spectra

#: Frames of the network that centroids are found among, the size of a mini-batch, and how often each is seen.
_MOST_FRAMES, _MINI_BATCH, _PASSES = 50_000, 4096, 10


def find_centroids(spectra: Spectra, settings: PretrainingSettings) -> Tensor | None:
    """Return the centroids of what is heard, `(n_clusters, stride * bands)`; `None` where they teach nothing.

    The same recordings and seed give the same bytes on one machine.

    Raises:
        ConfigError: There are fewer frames than clusters.
    """
    objectives, stride = settings.objectives, settings.architecture.time_stride
    if not objectives.clusters:
        return None
    ends = zip(spectra.starts[:-1], spectra.starts[1:], strict=True)
    firsts = np.concatenate([np.arange(first, end - stride + 1, stride) for first, end in ends])
    if objectives.n_clusters > len(firsts):
        raise ConfigError(
            f"objectives.n_clusters is {objectives.n_clusters}, and the recordings have {len(firsts)} frames of "
            f"{stride} to be clustered; lower it, or add recordings."
        )
    rng = np.random.default_rng(settings.schedule.seed)
    chosen = np.sort(rng.permutation(firsts)[:_MOST_FRAMES])
    frames = spectra.levels[torch.from_numpy(chosen[:, None] + np.arange(stride))].float().flatten(1)
    # No early stop and one thread: both would let the order of a sum decide.
    means = MiniBatchKMeans(
        objectives.n_clusters,
        n_init=1,
        batch_size=_MINI_BATCH,
        max_iter=_PASSES,
        max_no_improvement=None,
        compute_labels=False,
        random_state=settings.schedule.seed,
    )
    with threadpool_limits(limits=1):
        means.fit(frames.numpy())
    return torch.from_numpy(np.asarray(means.cluster_centers_, dtype=np.float32))


def nearest(centroids: Tensor, clean: Tensor) -> Tensor:
    """Return which centroid is nearest to each whole frame of the network.

    Args:
        centroids: `(n_clusters, stride * bands)`.
        clean: `(batch, frames, bands)`, before noise and masks.

    Returns:
        `(batch, frames / stride)`, rounded down.
    """
    batch, n_frames, n_bands = clean.shape
    stride = centroids.shape[1] // n_bands
    whole = n_frames // stride
    frames = clean[:, : whole * stride].reshape(batch, whole, stride * n_bands)
    return (centroids.square().sum(1) - 2 * frames @ centroids.T).argmin(2)


def cluster_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of `(batch, n_clusters, network frames)`; a frame that is not whole is left out."""
    return F.cross_entropy(logits[..., : targets.shape[1]], targets)
