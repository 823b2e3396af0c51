"""What several processes need: equal shares of every batch, and a device each."""

from __future__ import annotations

import math

import torch

from heartprobe.errors import ConfigError
from heartprobe.pretraining.settings import ScheduleSettings


def require_shares(schedule: ScheduleSettings, processes: int) -> None:
    """Refuse a number of processes that cannot share every part of a batch equally.

    Raises:
        ConfigError: It does not divide `schedule.labelled`, `.synthetic` or `.unlabelled`, or is below 1.
    """
    if processes < 1:
        raise ConfigError(f"--processes is {processes}; it is 1 or more.")
    parts = {f"schedule.{name}": getattr(schedule, name) for name in ("labelled", "synthetic", "unlabelled")}
    uneven = [f"{name} ({size})" for name, size in parts.items() if size % processes]
    if uneven:
        common = math.gcd(*parts.values())
        fitting = [str(n) for n in range(1, common + 1) if common % n == 0]
        raise ConfigError(
            f"{processes} processes cannot share {' and '.join(uneven)} equally; --processes may be "
            f"{', '.join(fitting)}, or choose multiples of {processes}."
        )


def require_devices(device: torch.device, processes: int) -> None:
    """Refuse more processes than there are devices for, where each needs one.

    Raises:
        ConfigError: There are fewer CUDA devices, one of them is named, or the device is there but once.
    """
    if processes == 1 or device.type == "cpu":
        return
    if device.type != "cuda":
        raise ConfigError(f"{processes} processes cannot share the device {device.type!r}; use --device cpu.")
    if device.index is not None:
        raise ConfigError(
            f"--device {device} names one device, and each of {processes} processes needs its own; use --device cuda."
        )
    found = torch.cuda.device_count()
    if processes > found:
        raise ConfigError(
            f"{processes} processes need as many CUDA devices, and torch finds {found}; use --processes {found} or "
            "--device cpu."
        )
