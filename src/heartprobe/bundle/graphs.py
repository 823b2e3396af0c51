"""What an exported bundle holds beside the files of the bundle that it was exported from."""

from __future__ import annotations

from typing import Final

#: The whole model as an ONNX graph, in single precision.
ONNX: Final = "model.onnx"

#: The same with weights of 8 bit.
ONNX_INT8: Final = "model.int8.onnx"

#: An exported bundle holds one of them.
GRAPHS: Final = (ONNX, ONNX_INT8)
