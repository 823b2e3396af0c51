import hashlib
import struct

import torch

from heartprobe.encoders.fingerprint import fingerprint

WEIGHTS = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([[3.0]])}


def test_it_is_the_same_everywhere_and_always() -> None:
    """Stored features are found again by it, so its value must never change by accident."""
    hashed = (
        b'{"x":1,"y":[2]}'
        b"\na|torch.float32|(2,)\n"
        + struct.pack("<2f", 1.0, 2.0)
        + b"\nb|torch.float32|(1, 1)\n"
        + struct.pack("<f", 3.0)
    )
    assert fingerprint({"x": 1, "y": [2]}, WEIGHTS) == hashlib.sha256(hashed).hexdigest()


def test_order_does_not_matter() -> None:
    """Neither of the facts nor of the tensors."""
    first = fingerprint({"x": 1, "y": 2}, WEIGHTS)
    assert fingerprint({"y": 2, "x": 1}, dict(reversed(WEIGHTS.items()))) == first


def test_every_fact_name_shape_type_and_bit_matters() -> None:
    """Each change alone gives another fingerprint."""
    a, b = WEIGHTS["a"], WEIGHTS["b"]
    variants = [
        fingerprint({"x": 1}, WEIGHTS),
        fingerprint({"x": 2}, WEIGHTS),
        fingerprint({"z": 1}, WEIGHTS),
        fingerprint({"x": 1}, {"a": a}),
        fingerprint({"x": 1}, {"a": a, "c": b}),
        fingerprint({"x": 1}, {"a": a[:, None], "b": b}),
        fingerprint({"x": 1}, {"a": a.double(), "b": b}),
        fingerprint({"x": 1}, {"a": torch.nextafter(a, a + 1), "b": b}),
    ]
    assert len(set(variants)) == len(variants)


def test_a_view_counts_by_its_values() -> None:
    """How a tensor lies in memory does not matter."""
    wide = torch.arange(6.0).reshape(2, 3)
    assert fingerprint({}, {"a": wide.T}) == fingerprint({}, {"a": wide.T.contiguous()})
