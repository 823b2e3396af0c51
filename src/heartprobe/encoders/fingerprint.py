"""One hash over everything in an encoder that decides its numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor


def fingerprint(facts: Mapping[str, object], weights: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of plain facts and tensors.

    Args:
        facts: Configuration, input normalisation, version of the code; plain JSON values. The order
            of the keys does not matter.
        weights: Named tensors; the order does not matter.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(f"\n{name}|{tensor.dtype}|{tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
