"""`rhythm` in the operators of ONNX, for values of any length.

ONNX has a Fourier transform, but onnxruntime's is fast and accurate for powers of two alone. One of
any other length is a convolution with a chirp (L. Bluestein 1970, IEEE Trans. Audio Electroacoust.
18:451), and that is two transforms whose length is a power of two. It is computed in double
precision, and only for the bins that are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from onnx import TensorProto, numpy_helper
from onnxscript import opset20

from heartprobe.export.rhythm import rhythm

#: Its functions return values of a graph; their types are those of numbers in Python, and of no use here.
op: Any = opset20

#: Lengths to choose from.
_POWERS: Final = [2**exponent for exponent in range(5, 31)]


def rhythm_graph(
    values: Any, rate_hz: float, edges_hz: Sequence[float], shortest: int, floor: float, rounds_up: bool
) -> Any:
    """Write `rhythm`; the arguments are its own."""
    n_steps = op.Squeeze(op.Shape(values, start=2, end=3))
    n_transform = op.Max(n_steps, _whole(shortest))
    position = op.Div(_exact(edges_hz), op.Div(_exact(rate_hz), _as_exact(n_transform)))
    edges = op.Cast(op.Ceil(position) if rounds_up else op.Floor(position), to=TensorProto.INT64)
    first = op.Slice(edges, _whole([0]), _whole([-1]))
    stop = op.Max(op.Slice(edges, _whole([1]), _whole([len(edges_hz)])), op.Add(first, _whole(1)))
    power = _power(_as_exact(values), n_steps, n_transform, op.ReduceMax(stop, keepdims=0))
    if floor:
        power = op.Add(power, _exact(floor * floor))
    # A product with a column of shares for each range is the mean over its bins.
    bins = op.Unsqueeze(_steps(op.Squeeze(op.Shape(power, start=2, end=3))), _whole([1]))
    is_in_range = op.And(op.GreaterOrEqual(bins, first), op.Less(bins, stop))
    share = op.Div(_as_exact(is_in_range), _as_exact(op.Mul(op.Sub(stop, first), n_steps)))
    return op.Cast(op.MatMul(op.Sqrt(power), share), to=TensorProto.FLOAT)


def _power(values: Any, n_steps: Any, n_transform: Any, n_bins: Any) -> Any:
    """Return the power in the first bins: `(batch, channels, steps)` to `(batch, channels, n_bins)`.

    With nk = (n² + k² - (k - n)²) / 2, the transform is a chirp, times the convolution of another
    chirp with values that were multiplied by the first. The outermost factor turns only the phase.
    """
    is_enough = op.GreaterOrEqual(_whole(_POWERS), op.Add(n_steps, n_bins))
    length = op.ReduceMin(op.Where(is_enough, _whole(_POWERS), _whole(_POWERS[-1])), keepdims=0)

    def chirp(steps: Any) -> tuple[Any, Any]:
        # Turns that are whole are left out while numbers are whole: no phase is too large to be exact.
        phase = op.Mod(op.Mul(steps, steps), op.Mul(n_transform, _whole(2)))
        angle = op.Mul(_as_exact(phase), op.Div(_exact(math.pi), _as_exact(n_transform)))
        return op.Cos(angle), op.Sin(angle)

    cosine, sine = chirp(_steps(n_steps))
    turned = _transform(op.Mul(values, cosine), op.Neg(op.Mul(values, sine)), length)
    steps = _steps(length)
    # Steps back in time stand at the end, as always with Fourier transforms.
    kernel = chirp(op.Where(op.Less(steps, n_bins), steps, op.Sub(length, steps)))
    other = _transform(op.Unsqueeze(kernel[0], _whole([0, 1])), op.Unsqueeze(kernel[1], _whole([0, 1])), length)
    real = op.Sub(op.Mul(turned[0], other[0]), op.Mul(turned[1], other[1]))
    imaginary = op.Add(op.Mul(turned[0], other[1]), op.Mul(turned[1], other[0]))
    convolved = op.DFT(_complex(real, imaginary), length, _whole(2), inverse=1)
    kept = op.Slice(convolved, _whole([0]), op.Unsqueeze(n_bins, _whole([0])), _whole([2]))
    return op.ReduceSumSquare(kept, _whole([-1]), keepdims=0)


def _transform(real: Any, imaginary: Any, length: Any) -> tuple[Any, Any]:
    """Return the real and the imaginary part of the transform of the last axis."""
    transform = op.DFT(_complex(real, imaginary), length, _whole(2))
    return op.Gather(transform, _whole(0), axis=-1), op.Gather(transform, _whole(1), axis=-1)


def _complex(real: Any, imaginary: Any) -> Any:
    return op.Concat(op.Unsqueeze(real, _whole([-1])), op.Unsqueeze(imaginary, _whole([-1])), axis=-1)


def _steps(count: Any) -> Any:
    return op.Range(_whole(0), count, _whole(1))


def _as_exact(value: Any) -> Any:
    return op.Cast(value, to=TensorProto.DOUBLE)


def _exact(value: float | Sequence[float]) -> Any:
    return op.Constant(value=numpy_helper.from_array(np.array(value, dtype=np.float64)))


def _whole(value: int | Sequence[int]) -> Any:
    return op.Constant(value=numpy_helper.from_array(np.array(value, dtype=np.int64)))


#: What torch's exporter is given.
TRANSLATIONS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {
    torch.ops.heartprobe.rhythm.default: rhythm_graph,
}
assert rhythm is not None, "its import is what makes the operator known"
