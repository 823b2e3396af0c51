"""The steps of a pre-training, one after the other, in one process or in each of several."""

from __future__ import annotations

import math
from collections.abc import Callable

from heartprobe.errors import TrainingError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.state import TrainingState
from heartprobe.progress import Advance

#: How often loss and variety are told, in steps.
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
        note: Told of the loss now and then, and of how varied the teacher's targets are, if there is a teacher.
        keep: Writes a checkpoint of the state.

    Raises:
        TrainingError: The loss is not finite.
    """
    schedule = state.settings.schedule
    device = next(state.network.parameters()).device
    while state.step < schedule.steps:
        batch = batches.step(state.step)
        if state.group is not None:
            batch = batch.share(state.group.rank, state.group.world_size)
        batch = batch.to(device)
        value = state.learn(batch)
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss is {value} after step {state.step}; lower schedule.learning_rate (now "
                f"{schedule.learning_rate:g})."
            )
        advance(1)
        if state.step % _TELL_EVERY == 0:
            variety = state.teacher_variety(batch)
            teacher = "" if variety is None else f", variety of the teacher {variety:.2f} (0 is collapse)"
            note(f"Step {state.step} of {schedule.steps}: loss {value:.3f}{teacher}.")
        if state.step % schedule.checkpoint_every == 0 or state.step == schedule.steps:
            keep()
