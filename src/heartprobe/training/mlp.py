"""Fitting the `mlp` head: the original project's networks, stopped early on the validation patients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartprobe.config.schema import Config
from heartprobe.errors import TrainingError
from heartprobe.models.head import JSON
from heartprobe.models.mlp_head import MlpHead
from heartprobe.models.networks import HeadNetwork, Task
from heartprobe.models.standardiser import Standardiser
from heartprobe.progress import Progress
from heartprobe.training.best_epoch import BestEpoch, describe
from heartprobe.training.loss import weighted_cross_entropy
from heartprobe.training.patient_score import PatientOutcomes, Score
from heartprobe.training.threads import one_thread_per_product
from heartprobe.training.window_rows import WindowRows, row_shares, target_weights


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The windows of the training or of the validation patients, with their features `(n, d)`."""

    windows: WindowRows
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class MlpFit:
    """A network as it was at its best epoch, and how it came there."""

    head: MlpHead
    best: BestEpoch
    history: list[dict[str, JSON]]


def fit_mlp(training: Part, validation: Part, config: Config, *, name: str, progress: Progress) -> MlpFit:
    """Train until the validation patients' score has not become better for a while.

    AdamW, gradient clipping, a learning rate that falls when the score stands still, the loss
    weighted by class; the weights of the best epoch are kept. The same seed gives the same head.

    Args:
        training: Rows to learn from.
        validation: Rows of other patients, on which the best epoch is chosen.
        config: Its sections `training`, `data_loading` and `logging` are used.
        name: What progress calls this training, such as `"Fold 1"`.
        progress: Told of each epoch that `logging` asks for.

    Raises:
        TrainingError: If the loss stops being a number, or the batches are too small.
    """
    seed = config.training.random_seed
    with one_thread_per_product(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        run = _Training.start(training, config, torch.Generator().manual_seed(seed))
        settings = config.training.early_stopping
        best = BestEpoch(settings.patience, settings.min_delta)
        best_weights: dict[str, Tensor] = {}
        history: list[dict[str, JSON]] = []
        with progress.task(f"{name}: training the mlp head", config.training.epochs, "epochs") as advance:
            for epoch in range(1, config.training.epochs + 1):
                record = run.epoch(epoch)
                score = run.score(validation)
                if best.tell(epoch, score):
                    best_weights = {key: value.clone() for key, value in run.head.network.state_dict().items()}
                run.watch(score)
                history.append({**record, "validation_auroc": score.auroc, "validation_loss": score.loss})
                if epoch <= config.logging.early_epochs_print or epoch % config.logging.print_frequency == 0:
                    progress.note(f"{name}: {describe(history[-1])}")
                advance(1)
                if best.is_over:
                    break
        run.head.network.load_state_dict(best_weights)
    progress.note(f"{name}: best epoch {best.epoch} of {best.last}.")
    return MlpFit(run.head, best, history)


@dataclass(frozen=True, slots=True, eq=False)
class _Training:
    """A network in training with everything that its epochs need."""

    head: MlpHead
    features: Tensor
    targets: Tensor
    weights: Tensor
    optimizer: torch.optim.AdamW
    scheduler: torch.optim.lr_scheduler.ReduceLROnPlateau
    config: Config
    generator: torch.Generator

    @classmethod
    def start(cls, training: Part, config: Config, generator: torch.Generator) -> _Training:
        settings, windows = config.training, training.windows
        if settings.multi_label and min(settings.batch_size, len(windows.rows)) < 2:
            raise TrainingError(
                "The multi-label network normalises over the windows of a batch and needs at least 2 of them: "
                f"training.batch_size is {settings.batch_size}, and there are {len(windows.rows)} training windows."
            )
        standardiser = Standardiser.fit(training.features, row_shares(windows.recording_ids))
        task: Task = "multi-label" if settings.multi_label else "binary"
        network = HeadNetwork(training.features.shape[1], len(config.labels), task, settings.dropout_rate)
        weights = target_weights(
            windows.targets,
            windows.recording_ids,
            class_weights=settings.class_weights,
            sites=windows.sites if settings.site_weights else None,
        )
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        return cls(
            head=MlpHead(config.labels, standardiser, network),
            features=torch.from_numpy(standardiser(training.features).astype(np.float32)),
            targets=torch.from_numpy(windows.targets.astype(np.float32)),
            weights=torch.from_numpy(weights.astype(np.float32)),
            optimizer=optimizer,
            scheduler=torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings.scheduler.model_dump()),
            config=config,
            generator=generator,
        )

    def epoch(self, number: int) -> dict[str, JSON]:
        """Go once through all windows and return what belongs into the history."""
        network = self.head.network.train()
        total = torch.zeros(())
        batches = list(self._batches())
        for batch in batches:
            self.optimizer.zero_grad()
            loss = weighted_cross_entropy(
                network.logits(self.features[batch]), self.targets[batch], self.weights[batch]
            )
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.config.training.gradient_clipping.max_norm)
            self.optimizer.step()
            total += loss.detach()
        mean = float(total / len(batches))
        if not np.isfinite(mean):
            raise TrainingError(
                f"The training loss is {mean} in epoch {number}. Lower training.learning_rate "
                f"({self.config.training.learning_rate:g})."
            )
        return {"epoch": number, "learning_rate": self.optimizer.param_groups[0]["lr"], "train_loss": mean}

    def score(self, validation: Part) -> Score:
        """Return how good the network is on the validation patients now."""
        return PatientOutcomes.of(validation.windows, self.head.probabilities(validation.features)).score()

    def watch(self, score: Score) -> None:
        """Let the learning rate fall where `training.scheduler` says so."""
        watches_auroc = self.config.training.scheduler.mode == "max" and score.auroc is not None
        sign = -1.0 if self.config.training.scheduler.mode == "max" else 1.0
        self.scheduler.step(score.auroc if watches_auroc and score.auroc is not None else sign * score.loss)

    def _batches(self) -> Iterator[Tensor]:
        n, size = len(self.features), self.config.training.batch_size
        shuffle = self.config.data_loading.shuffle_train
        order = torch.randperm(n, generator=self.generator) if shuffle else torch.arange(n)
        batches = list(torch.split(order, size))
        # Batch normalisation cannot work on a single window, which joins the batch before it.
        if size > 1 and len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        yield from batches
