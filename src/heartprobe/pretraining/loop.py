"""The steps of a pre-training, one after the other, in one process or in each of several."""

from __future__ import annotations

import math
from collections.abc import Callable

from heartprobe.errors import TrainingError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.state import TrainingState
from heartprobe.progress import Advance

#: How often the loss is told, in steps.
_TELL_EVERY = 100


def take_steps(
    state: TrainingState,
    batches: Batches,
    *,
    advance: Advance,
    note: Callable[[str], None],
    keep: Callable[[], None],
) -> None:
    """Take the steps that are left.

    Args:
        state: What learns; if in a group, each process takes its share of every batch.
        batches: What is heard in each step.
        advance: Told of every step.
        note: Told of the loss now and then.
        keep: Writes a checkpoint of the state.

    Raises:
        TrainingError: The loss is not finite.
    """
    schedule = state.settings.schedule
    device = next(state.network.parameters()).device
    while state.step < schedule.steps:
        batch = batches.step(state.step)
        if state.group is not None:
            batch = batch.share(state.group.rank, state.group.size)
        value = state.learn(batch.to(device))
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss is {value} after step {state.step}; lower schedule.learning_rate (now "
                f"{schedule.learning_rate:g})."
            )
        advance(1)
        if state.step % _TELL_EVERY == 0:
            note(f"Step {state.step} of {schedule.steps}: loss {value:.3f}.")
        if state.step % schedule.checkpoint_every == 0 or state.step == schedule.steps:
            keep()
