"""The epochs of a fine-tuning, on transformers' Trainer: resumable, and stopped early on patients."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.data import Dataset, SequentialSampler
from transformers import EvalPrediction, TrainerCallback, TrainingArguments

from heartprobe.atomic import replacing
from heartprobe.config.schema import Config
from heartprobe.errors import TrainingError
from heartprobe.models.head import JSON
from heartprobe.progress import Advance, Progress
from heartprobe.training.best_epoch import BestEpoch, describe
from heartprobe.training.checkpoints import history, last_checkpoint, read_log, replay, score_of
from heartprobe.training.patient_score import PatientOutcomes
from heartprobe.training.tunable import TunableClassifier
from heartprobe.training.window_dataset import WindowDataset
from heartprobe.training.window_rows import WindowRows, target_weights

#: The share of all steps over which the learning rates rise; they fall to 0 over the rest.
WARM_UP = 0.1

BEST = "best.safetensors"
CHECKPOINTS = "checkpoints"


def run_epochs(
    model: TunableClassifier,
    training: WindowDataset,
    validation: WindowDataset,
    config: Config,
    *,
    device: torch.device,
    work_folder: Path,
    name: str,
    progress: Progress,
) -> tuple[BestEpoch, list[dict[str, JSON]]]:
    """Train a model in place and leave it as it was at its best epoch.

    After every epoch everything that the next one depends on is written to the work folder.
    Started again with the same arguments after an interruption, the training goes on from the
    last epoch that was finished, to the same result.

    Args:
        model: What is trained; it starts as it is given.
        training: Windows to learn from.
        validation: Windows of other patients, on which the best epoch is chosen.
        config: All settings.
        device: What to compute on.
        work_folder: Where the unfinished training is kept. The caller removes it.
        name: What progress calls this training.
        progress: Told of every epoch.

    Returns:
        The best epoch, and the history of all.

    Raises:
        TrainingError: If the loss stops being a number.
    """
    checkpoint = last_checkpoint(work_folder / CHECKPOINTS)
    log = read_log(checkpoint) if checkpoint else []
    watch = _Watch(replay(log, config), work_folder / BEST, name, progress)
    total = config.training.fine_tuning.epochs
    with _global_randomness_restored(), _on(device), progress.task(f"{name}: fine-tuning", total, "epochs") as advance:
        watch.advance = advance
        advance(watch.best.last)
        if checkpoint is None or not (watch.best.is_over or watch.best.last >= total):
            log = _train(model, training, validation, config, device, work_folder, watch, checkpoint)
    model.load_state_dict(load_file(work_folder / BEST), strict=True)
    return watch.best, history(log)


def _train(
    model: TunableClassifier,
    training: WindowDataset,
    validation: WindowDataset,
    config: Config,
    device: torch.device,
    work_folder: Path,
    watch: _Watch,
    checkpoint: Path | None,
) -> list[dict[str, Any]]:
    arguments = _arguments(config, device, work_folder)
    size = config.training.batch_size
    # Batch normalisation cannot work on a single window: where one is left over, another one each epoch.
    leaves_one_out = len(training) > size > 1 and len(training) % size == 1
    steps = (math.ceil(len(training) / size) - leaves_one_out) * config.training.fine_tuning.epochs
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=_WeightedWindows(training, config),
        eval_dataset=_WeightedWindows(validation, config),
        compute_metrics=_PatientMetrics(validation),
        callbacks=[watch],
        optimizers=_optimizers(model, config, steps),
    )
    trainer.is_shuffled = config.data_loading.shuffle_train
    trainer.leaves_one_out = leaves_one_out
    # It prints every log entry to standard output, where only results belong.
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return cast(list[dict[str, Any]], trainer.state.log_history)


def _arguments(config: Config, device: torch.device, work_folder: Path) -> TrainingArguments:
    settings = config.training
    size = settings.batch_size
    arguments = TrainingArguments(
        output_dir=str(work_folder / CHECKPOINTS),
        num_train_epochs=settings.fine_tuning.epochs,
        per_device_train_batch_size=size,
        per_device_eval_batch_size=size,
        dataloader_num_workers=config.data_loading.num_workers,
        dataloader_pin_memory=config.data_loading.pin_memory and device.type == "cuda",
        max_grad_norm=settings.gradient_clipping.max_norm,
        seed=settings.random_seed,
        data_seed=settings.random_seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        # The one before the last stays until the last is complete.
        save_total_limit=2,
        logging_nan_inf_filter=False,
        label_names=["labels"],
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        use_cpu=device.type == "cpu",
    )
    # With several CUDA devices the Trainer would spread a batch over all of them.
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
    return arguments


def _optimizers(
    model: TunableClassifier, config: Config, steps: int
) -> tuple[torch.optim.AdamW, torch.optim.lr_scheduler.LambdaLR]:
    """Return AdamW with one learning rate for the encoder and one for the head, and their schedule."""
    groups = [
        {"params": list(model.encoder_parameters()), "lr": config.training.fine_tuning.learning_rate},
        {"params": list(model.network.parameters()), "lr": config.training.learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=config.training.weight_decay)
    warm_up = max(1, round(WARM_UP * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warm_up, (steps - step) / max(1, steps - warm_up), 1.0)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


class _Trainer(transformers.Trainer):  # type: ignore[misc]
    """The Trainer, which draws its windows in order where that is wanted, and may leave one of them out."""

    is_shuffled = True
    leaves_one_out = False

    def get_train_dataloader(self) -> Any:
        # The Trainer has one setting for training and evaluation, where no window may be missing.
        self.args.dataloader_drop_last = self.leaves_one_out
        try:
            return super().get_train_dataloader()
        finally:
            self.args.dataloader_drop_last = False

    def _get_train_sampler(self, *arguments: Any, **options: Any) -> Any:
        if self.is_shuffled:
            return super()._get_train_sampler(*arguments, **options)
        return SequentialSampler(self.train_dataset)


class _WeightedWindows(Dataset[dict[str, Tensor]]):
    """The tensors of windows with the weights that their labels have in the loss."""

    def __init__(self, windows: WindowDataset, config: Config) -> None:
        self._windows = windows
        weights = target_weights(
            windows.targets,
            windows.recording_ids,
            class_weights=config.training.class_weights,
            sites=windows.sites if config.training.site_weights else None,
        )
        self._weights = torch.from_numpy(weights.astype(np.float32))

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        item = self._windows[index]
        return {
            "samples": item["samples"],
            "demographics": item["demographics"],
            "labels": item["labels"],
            "weights": self._weights[index],
        }


class _PatientMetrics:
    """Turns the log odds of all validation windows, in their order, into the patients' score."""

    def __init__(self, windows: WindowDataset) -> None:
        self._rows = WindowRows(
            rows=np.arange(len(windows)),
            recording_ids=np.asarray(windows.recording_ids, dtype=np.str_),
            patient_ids=np.asarray(windows.patient_ids, dtype=np.str_),
            targets=windows.targets,
            sites=np.asarray(windows.sites, dtype=np.str_),
        )

    def __call__(self, prediction: EvalPrediction) -> dict[str, float]:
        logits: NDArray[np.float64] = np.asarray(prediction.predictions, dtype=np.float64)
        score = PatientOutcomes.of(self._rows, 1.0 / (1.0 + np.exp(-logits))).score()
        defined = {} if score.auroc is None else {"auroc": score.auroc}
        return {"patients_loss": score.loss, **defined}


class _Watch(TrainerCallback):  # type: ignore[misc]
    """Keeps the weights of the best epoch, stops when nothing gets better, and tells progress."""

    def __init__(self, best: BestEpoch, file: Path, name: str, progress: Progress) -> None:
        self.best = best
        self.advance: Advance = lambda _: None
        self._file, self._name, self._progress = file, name, progress

    def on_log(self, _arguments: Any, state: Any, _control: Any, logs: Mapping[str, Any], **_: Any) -> None:
        loss = logs.get("loss")
        if loss is not None and not math.isfinite(loss):
            raise TrainingError(
                f"The training loss is {loss} in epoch {round(state.epoch)}. Lower training.learning_rate and "
                "training.fine_tuning.learning_rate."
            )

    def on_evaluate(self, _arguments: Any, state: Any, control: Any, model: TunableClassifier, **_: Any) -> None:
        (record,) = history(state.log_history)[-1:]
        if self.best.tell(round(state.epoch), score_of(record)):
            _save(model, self._file)
        control.should_training_stop = self.best.is_over
        self._progress.note(f"{self._name}: {describe(record)}")
        self.advance(1)


def _save(model: TunableClassifier, file: Path) -> None:
    """Write the weights whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with replacing(file) as unfinished:
        save_file(tensors, unfinished)


def _on(device: torch.device) -> AbstractContextManager[Any]:
    """Make a CUDA device with a number the one that the Trainer takes."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


@contextmanager
def _global_randomness_restored() -> Iterator[None]:
    """Leave the global generators, which the Trainer seeds, as they were."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    verbosity = transformers.utils.logging.get_verbosity()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        transformers.utils.logging.set_verbosity(verbosity)
