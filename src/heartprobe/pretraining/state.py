"""Everything that changes from step to step: weights, their moving average, the moments of the optimiser."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor

from heartprobe.pretraining.batches import Batch
from heartprobe.pretraining.clusters import nearest
from heartprobe.pretraining.objectives import PretrainedNetwork, Targets, loss
from heartprobe.pretraining.processes.batch_norm import share_batch_norm
from heartprobe.pretraining.processes.group import Group, share_gradients
from heartprobe.pretraining.self_distillation import normalised, variety
from heartprobe.pretraining.settings import PretrainingSettings, ScheduleSettings

#: One cycle (Smith and Topin 2018, https://arxiv.org/abs/1708.07120) as torch's OneCycleLR has it: share of the steps
#: in which the rate rises, how far below its highest value it begins and ends, and the momentum meanwhile.
_RISING, _BEGIN, _END, _MOMENTUM = 0.15, 1 / 25, 1 / 250_000, (0.95, 0.85)


class TrainingState:
    """A network in training.

    Args:
        settings: How it is trained.
        device: Where.
        centroids: `(n_clusters, stride * bands)`, where clusters are learned.
        group: Processes that train the same network on shares of the same batches; none where there is but one.
    """

    def __init__(
        self,
        settings: PretrainingSettings,
        device: torch.device,
        centroids: Tensor | None = None,
        group: Group | None = None,
    ) -> None:
        self.settings = settings
        self.group = group
        self.step = 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.schedule.seed)
            self.network = PretrainedNetwork(settings.architecture, settings.objectives).to(device)
        self.centroids = None if centroids is None else centroids.to(device)
        self.average = copy.deepcopy(self.network).eval()
        if group is not None:
            share_batch_norm(self.network, group)
        self.parameters = dict(self.network.named_parameters())
        decay = settings.schedule.weight_decay
        self.optimiser = torch.optim.AdamW(
            self.parameters.values(), settings.schedule.learning_rate, weight_decay=decay
        )

    def learn(self, batch: Batch) -> float:
        """Take one step and return its loss; in a group, that of the batch of which this is a share."""
        schedule = self.settings.schedule
        rate, momentum = cycle(self.step, schedule)
        for group in self.optimiser.param_groups:
            group["lr"], group["betas"] = rate, (momentum, group["betas"][1])
        self.network.train()
        targets = self._targets(batch)
        value = loss(self.network(batch.bands, batch.kept), batch, targets, self.settings.objectives)
        self.optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        if self.group is not None:
            value = share_gradients(self.parameters.values(), value, self.group)
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), schedule.largest_gradient)
        self.optimiser.step()
        self._average()
        self.step += 1
        return float(value.detach())

    @torch.no_grad()
    def _targets(self, batch: Batch) -> Targets:
        """Ask centroids and teacher, where they are learned from, about the clean crops."""
        teaches = self.settings.objectives.self_distillation > 0
        return Targets(
            None if self.centroids is None else nearest(self.centroids, batch.clean),
            normalised(self.average.describe(batch.clean)) if teaches else None,
        )

    def teacher_variety(self, batch: Batch) -> float | None:
        """Return how varied the teacher's targets of a batch are, 0 where it collapsed; `None` where there is none."""
        targets = self._targets(batch).description
        return None if targets is None else variety(targets)

    def tensors(self) -> dict[str, Tensor]:
        """Return the state by name."""
        named = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        named |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for name, parameter in self.parameters.items():
            named |= {f"optimiser.{name}.{key}": moment for key, moment in self.optimiser.state[parameter].items()}
        if self.centroids is not None:
            named["centroids"] = self.centroids
        return named

    def restore(self, tensors: dict[str, Tensor], step: int) -> None:
        """Put the state back to what `tensors` returned after that step."""
        self.network.load_state_dict(_below("network.", tensors))
        self.average.load_state_dict(_below("average.", tensors))
        for name, parameter in self.parameters.items():
            moments = _below(f"optimiser.{name}.", tensors)
            # AdamW keeps its count of steps on the processor.
            self.optimiser.state[parameter] = {
                key: moment if key == "step" else moment.to(parameter.device) for key, moment in moments.items()
            }
        if self.centroids is not None:
            self.centroids = tensors["centroids"].to(self.centroids.device)
        self.step = step

    @torch.no_grad()
    def _average(self) -> None:
        """Draw the average towards the weights: quickly at first, so that the initial ones are soon forgotten."""
        old = min(self.settings.schedule.average, self.step / (self.step + 10))
        for mean, new in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(new, 1 - old)
            else:
                mean.copy_(new)


def cycle(step: int, schedule: ScheduleSettings) -> tuple[float, float]:
    """Return learning rate and momentum of a step."""
    highest = schedule.learning_rate
    rising, last = _RISING * schedule.steps - 1, schedule.steps - 1
    if step <= rising:
        share = step / max(rising, 1e-9)
        return _between(highest * _BEGIN, highest, share), _between(*_MOMENTUM, share)
    share = (step - rising) / (last - rising)
    return _between(highest, highest * _END, share), _between(_MOMENTUM[1], _MOMENTUM[0], share)


def _between(begin: float, end: float, share: float) -> float:
    """Return a value on half a cosine from one to the other."""
    return end + (begin - end) / 2 * (1 + math.cos(math.pi * share))


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
