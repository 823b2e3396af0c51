"""Everything that changes from step to step: weights, their moving average, the moments of the optimiser."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor

from heartprobe.pretraining.batches import Batch
from heartprobe.pretraining.objectives import PretrainedNetwork, loss
from heartprobe.pretraining.settings import PretrainingSettings, ScheduleSettings

#: One cycle (Smith and Topin 2018, https://arxiv.org/abs/1708.07120) as torch's OneCycleLR has it: share of the steps
#: in which the rate rises, how far below its highest value it begins and ends, and the momentum meanwhile.
_RISING, _BEGIN, _END, _MOMENTUM = 0.15, 1 / 25, 1 / 250_000, (0.95, 0.85)


class TrainingState:
    """A network in training.

    Args:
        settings: How it is trained.
        device: Where.
    """

    def __init__(self, settings: PretrainingSettings, device: torch.device) -> None:
        self.settings = settings
        self.step = 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.schedule.seed)
            self.network = PretrainedNetwork(settings.architecture).to(device)
        self.average = copy.deepcopy(self.network).eval()
        self.parameters = dict(self.network.named_parameters())
        decay = settings.schedule.weight_decay
        self.optimiser = torch.optim.AdamW(
            self.parameters.values(), settings.schedule.learning_rate, weight_decay=decay
        )

    def learn(self, batch: Batch) -> float:
        """Take one step and return its loss."""
        schedule = self.settings.schedule
        rate, momentum = cycle(self.step, schedule)
        for group in self.optimiser.param_groups:
            group["lr"], group["betas"] = rate, (momentum, group["betas"][1])
        self.network.train()
        value = loss(self.network(batch.bands, batch.kept), batch, self.settings.objectives)
        self.optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), schedule.largest_gradient)
        self.optimiser.step()
        self._average()
        self.step += 1
        return float(value.detach())

    def tensors(self) -> dict[str, Tensor]:
        """Return the state by name."""
        named = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        named |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        for name, parameter in self.parameters.items():
            named |= {f"optimiser.{name}.{key}": moment for key, moment in self.optimiser.state[parameter].items()}
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
