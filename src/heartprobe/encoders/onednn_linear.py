"""Linear layers through oneDNN where nothing is trained.

torch hands fp32 matrix products to MKL, which runs at half speed on processors that are not from
Intel (no AVX-512). oneDNN, which torch already uses for convolutions, does not make that
difference; `docs/encoders.md` has the measurement. The results agree to rounding.
"""

from __future__ import annotations

import platform

import torch
from torch import Tensor, nn

# Not a documented function, but the one that torch's own compiler emits for a linear layer on CPUs;
# where it is missing, the layers stay as they are.
IS_AVAILABLE = (
    platform.machine() in ("x86_64", "AMD64")
    and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
)


class OneDnnLinear(nn.Linear):
    """A linear layer that is computed by oneDNN in fp32 inference on the CPU, and as usual otherwise."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name is nn.Linear's
        """Return `input @ weight.T + bias`."""
        if not _is_plain_inference(input) or self.weight.dtype != torch.float32:
            return super().forward(input)
        result: Tensor = torch.ops.mkldnn._linear_pointwise(input, self.weight, self.bias, "none", [], "")
        return result


def use_onednn(module: nn.Module) -> None:
    """Let every linear layer in a module be computed by oneDNN; parameters and names stay as they are."""
    if not IS_AVAILABLE:
        return
    for layer in module.modules():
        if type(layer) is nn.Linear:
            layer.__class__ = OneDnnLinear


def _is_plain_inference(values: Tensor) -> bool:
    return (
        values.device.type == "cpu"
        and values.dtype == torch.float32
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
    )
