"""A graph whose large matrix products have weights of 8 bit."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from heartprobe.errors import ConfigError

if TYPE_CHECKING:
    from onnx import ModelProto


def quantised(graph: ModelProto, name: str, fixed: Collection[str], work: Path) -> ModelProto:
    """Return a graph with its encoder's linear layers in 8 bit.

    Their inputs are brought to 8 bit while it runs, each by its own range. Spectra, convolutions,
    statistics and the head stay in floating point: they are little work, and they are what a small
    error would be seen in.

    Args:
        graph: In single precision.
        name: Of the encoder, for the sentence.
        fixed: Names of matrices that nobody trained, which stay as they are.
        work: A folder to write to.

    Raises:
        ConfigError: The encoder has no linear layers.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]
    from onnxruntime.quantization.shape_inference import quant_pre_process  # type: ignore[import-untyped]

    source, prepared, target = (work / f"{step}.onnx" for step in ("given", "prepared", "quantised"))
    onnx.save(graph, source)
    # Brings each weight into the form in which it is multiplied.
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    linear = linear_layers(onnx.load(prepared), fixed)
    if not linear:
        raise ConfigError(
            f"--int8: {name} has no linear layers, whose weights it would be worth to keep in 8 bit; leave --int8 out."
        )
    with _quiet():
        quantize_dynamic(
            prepared,
            target,
            nodes_to_quantize=linear,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            # Signed weights are faster, but their sums overflow on processors without VNNI, so that answers would
            # depend on the processor; with one bit less they do not, and the loss is three times as large.
            weight_type=QuantType.QUInt8,
        )
    return onnx.load(target)


def linear_layers(graph: ModelProto, fixed: Collection[str]) -> list[str]:
    """Return the names of the products with a trained matrix, in single precision."""
    from onnx import TensorProto

    trained = {
        one.name
        for one in graph.graph.initializer
        if one.data_type == TensorProto.FLOAT and len(one.dims) == 2 and one.name not in fixed
    }
    return [node.name for node in graph.graph.node if node.op_type == "MatMul" and node.input[1] in trained]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence a recommendation to prepare the graph, which is given whether or not it was."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
