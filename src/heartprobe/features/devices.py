"""What is computed on: the device, its arithmetic, how many threads.

None of it is a setting of an experiment: a device and a number of threads change no number
beyond rounding. Only the arithmetic does, so that what `auto` came to is part of the recipe.
"""

from __future__ import annotations

import re
from typing import Literal

import torch

from heartprobe.errors import ConfigError, did_you_mean

Precision = Literal["fp32", "bf16"]

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(name: str) -> torch.device:
    """Return the device of that name.

    Args:
        name: `auto` (CUDA, else MPS, else the processor), `cpu`, `cuda`, `cuda:N` or `mps`.

    Raises:
        ConfigError: There is no such name, or this machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", name):
        # The letters of "gpu" are closest to "cpu", which is the opposite of what is meant.
        hint = " Did you mean 'cuda'?" if name.lower().startswith("gpu") else did_you_mean(name, DEVICES)
        raise ConfigError(
            f"There is no device {name!r}; it is one of {', '.join(DEVICES)}, or cuda:N for the N-th CUDA device.{hint}"
        )
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"Device {name!r} was asked for, but {_cuda_devices()}. Use --device auto or --device cpu.")
    if device.type == "mps" and not _has_mps():
        raise ConfigError("Device 'mps' was asked for, but torch finds none. Use --device auto or --device cpu.")
    return device


def resolve_precision(precision: Literal["fp32", "bf16", "auto"], device: torch.device) -> Precision:
    """Return the arithmetic that a setting means on a device: `auto` is bf16 where the device computes in it."""
    if precision == "auto":
        return "bf16" if computes_in_bf16(device) else "fp32"
    return precision


def computes_in_bf16(device: torch.device) -> bool:
    """Return whether the device multiplies matrices in bf16 rather than imitating it.

    A processor does with AVX512-BF16 or AMX; torch before 2.10 does not say, which counts as no.
    An NVIDIA device does from compute capability 8.0 (Ampere). MPS is never counted.
    """
    if device.type == "cpu":
        capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def usable_cores() -> int:
    """Return how many threads can compute at once: the physical cores, or less where `OMP_NUM_THREADS` says so."""
    return torch.get_num_threads()


def _has_mps() -> bool:
    return torch.backends.mps.is_available()


def _cuda_devices() -> str:
    count = torch.cuda.device_count()
    return f"torch finds {count} CUDA device(s), numbered from 0" if count else "torch finds no CUDA device"
