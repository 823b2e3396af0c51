"""Encoder and classifier on torch."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from heartprobe.bundle.folder import Bundle
from heartprobe.data.recordings import Demographics
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import resolve_device, usable_cores
from heartprobe.features.encoding import EncodingThreads
from heartprobe.features.recipe import Recipe
from heartprobe.models.load import load_head
from heartprobe.models.window_classifier import WindowClassifier
from heartprobe.predict.opening import check_fit, encoder_of, front_end_of


@dataclass(frozen=True, eq=False)
class TorchModel:
    """Encodes windows by threads that live as long as the model, and classifies them.

    On the processor each window is encoded alone, by one of as many threads as `workers` says; on
    an accelerator, windows that are asked for at the same time go into one batch.

    Attributes:
        encoder: Lies on the device.
        recipe: How features come about.
        classifier: What reads them.
        device: What is computed on.
        workers: Windows that are encoded at once on the processor.
    """

    encoder: Encoder
    recipe: Recipe
    classifier: WindowClassifier
    device: torch.device
    workers: int
    _threads: EncodingThreads = field(init=False, repr=False)

    def __post_init__(self) -> None:
        threads = EncodingThreads.on(self.device, self.encoder, self.recipe, self.workers)
        threads.start()
        object.__setattr__(self, "_threads", threads)
        # A model that is dropped without a word, or with the program, must not leave its threads behind.
        weakref.finalize(self, threads.release_and_wait)

    @property
    def n_at_once(self) -> int:
        """How many windows are encoded at once."""
        return self._threads.n_threads * self._threads.batch_size

    def probabilities(self, windows: NDArray[np.float32], demographics: Demographics) -> NDArray[np.float64]:
        """Return the probability that each label is 1, `(windows, labels)`, uncalibrated.

        Raises:
            EncoderError: The encoder refuses the windows, or an accelerator's memory is too small.
        """
        return self.classifier.predict_layers(self._threads.encode(windows, of="a recording"), demographics)

    def close(self) -> None:
        """End the threads when they have done what was asked for."""
        self._threads.close()


def open_torch(bundle: Bundle, encoder: str | None, device: str, workers: int | None) -> TorchModel:
    """Load the encoder and the head of a bundle.

    Args:
        bundle: The opened bundle.
        encoder: Where its encoder is now, if not where the bundle says.
        device: `"auto"`, `"cpu"`, `"cuda"` or `"mps"`.
        workers: Windows that are encoded at once on the processor; `None` for one per core.

    Raises:
        BundleError: If the head does not fit, or the encoder is another than the model was trained with.
        EncoderError: If the encoder cannot be loaded.
    """
    manifest = bundle.manifest
    head = load_head(manifest.head, bundle.tensors)
    loaded = encoder_of(bundle, encoder)
    check_fit(bundle, head, loaded)
    demographics = DemographicsEncoder.from_dict(manifest.demographics) if manifest.demographics else None
    return TorchModel(
        encoder=loaded,
        recipe=Recipe.of(front_end_of(bundle), loaded.info, manifest.precision),
        classifier=WindowClassifier(head, manifest.layer, demographics),
        device=resolve_device(device),
        workers=workers or usable_cores(),
    )
