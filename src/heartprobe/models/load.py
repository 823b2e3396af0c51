"""From the settings and tensors of a head back to the head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from numpy.typing import NDArray
from torch import Tensor

from heartprobe.errors import BundleError, did_you_mean
from heartprobe.models.head import Head
from heartprobe.models.linear_head import LinearHead
from heartprobe.models.mlp_head import MlpHead


def _linear(settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Head:
    return LinearHead.rebuilt(tuple(settings["labels"]), tensors)


def _mlp(settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Head:
    return MlpHead.rebuilt(tuple(settings["labels"]), settings["task"], settings["width"], tensors)


#: How each kind of head is rebuilt.
REBUILD: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Tensor]], Head]]] = {
    "linear": _linear,
    "mlp": _mlp,
}


def load_head(settings: Mapping[str, Any], tensors: Mapping[str, Tensor | NDArray[Any]]) -> Head:
    """Return the head that these settings and tensors, or the same as arrays, were taken from.

    Raises:
        BundleError: If the kind is unknown, or settings and tensors do not fit each other.
    """
    kind = str(settings.get("kind"))
    if kind not in REBUILD:
        raise BundleError(
            f"There is no head of the kind {kind!r}; this heartprobe knows {', '.join(REBUILD)}."
            f"{did_you_mean(kind, REBUILD)} Use the heartprobe that saved it."
        )
    try:
        head = REBUILD[kind](settings, {name: torch.as_tensor(value) for name, value in tensors.items()})
        _check_shapes(head)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BundleError(
            f"The tensors of the {kind} head do not fit its settings ({reason}). Take the model from its source again."
        ) from error
    return head


def _check_shapes(head: Head) -> None:
    tensors = head.tensors()
    width = tensors["standardise.mean"].numel()
    if isinstance(head, LinearHead):
        expected = {"coefficients": (len(head.labels), width), "intercepts": (len(head.labels),)}
        for name, shape in expected.items():
            if tuple(tensors[name].shape) != shape:
                raise ValueError(f"{name} has the shape {tuple(tensors[name].shape)}, not {shape}")
    if tensors["standardise.scale"].shape != tensors["standardise.mean"].shape:
        raise ValueError("mean and scale differ in length")
