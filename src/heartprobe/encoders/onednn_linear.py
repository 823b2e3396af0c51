"""Linear layers through oneDNN where nothing is trained.

torch hands fp32 matrix products to MKL, which runs at half speed on processors that are not from
Intel (no AVX-512). oneDNN, which torch uses for convolutions anyway, does not make that difference.
The results agree to rounding. `docs/encoders.md` has the measurement.
"""

from __future__ import annotations

import platform
from typing import cast

import torch
from torch import Tensor, nn

# Not a documented function, but the one that torch's own compiler emits for a linear layer on CPUs;
# where it is missing, everything is computed as usual.
IS_AVAILABLE = (
    platform.machine() in ("x86_64", "AMD64")
    and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # it has no annotations
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
)


def is_plain_inference(values: Tensor) -> bool:
    """Return whether the fast ways of this package apply: fp32 on the CPU, no gradients, nothing traced."""
    return (
        IS_AVAILABLE
        and values.device.type == "cpu"
        and values.dtype == torch.float32
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
    )


def onednn_linear(values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return `values @ weight.T + bias` for fp32 tensors on the CPU, without gradients.

    Args:
        values: `(..., n, k)`; rows may lie apart in memory, but each must be contiguous.
        weight: `(m, k)`. It is made contiguous: oneDNN takes minutes over a strided one.
        bias: `(m,)`.

    Returns:
        `(..., n, m)`.
    """
    return cast(Tensor, torch.ops.mkldnn._linear_pointwise(values, weight.contiguous(), bias, "none", [], ""))


class OneDnnLinear(nn.Linear):
    """A linear layer that is computed by oneDNN in plain inference, and as usual otherwise."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name is nn.Linear's
        """Return `input @ weight.T + bias`."""
        if is_plain_inference(input) and self.weight.dtype == torch.float32:
            return onednn_linear(input.contiguous(), self.weight, self.bias)
        return super().forward(input)


def use_onednn(module: nn.Module) -> None:
    """Let every linear layer in a module be a `OneDnnLinear`; parameters and names stay as they are."""
    for layer in module.modules():
        if type(layer) is nn.Linear:
            layer.__class__ = OneDnnLinear
