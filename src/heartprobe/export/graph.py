"""From a torch module to an ONNX graph."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import nn

from heartprobe.errors import BundleError, ConfigError

if TYPE_CHECKING:
    from onnx import ModelProto

#: The version of the operators: the first whose Fourier transform takes its axis as an input, and with `Gelu`.
OPSET: Final = 20

_PACKAGES: Final = ("onnx", "onnxruntime", "onnxscript")

#: What a file of Google's protocol buffers can hold.
_MOST_BYTES: Final = 2**31


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a graph takes.

    Attributes:
        n_samples: Samples of a window; of an example where the length is free.
        is_length_free: Whether windows of any length are taken.
        min_samples: The shortest that are taken then.
        n_demographics: Columns of a second input; 0 for none.
    """

    n_samples: int
    is_length_free: bool
    min_samples: int
    n_demographics: int


def require_packages() -> None:
    """Refuse to begin where something that exports is not installed.

    Raises:
        ConfigError: Names the first package that is lacking.
    """
    for name in _PACKAGES:
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                f"Exporting to ONNX needs {name}, which is not installed. Install it in a checkout of heartprobe with: "
                'pip install -c constraints.txt ".[onnx]"'
            )


def onnx_graph(module: nn.Module, inputs: Inputs, facts: Mapping[str, str]) -> ModelProto:
    """Return a module as a graph with the inputs `windows` and `demographics` and the output `probabilities`.

    Args:
        module: Takes `(batch, samples)` and, where there are any, `(batch, fields)`.
        inputs: What it takes.
        facts: Written into the graph, for whoever reads it without this package.

    Raises:
        BundleError: If torch cannot export it, or it is too large for one file.
    """
    from heartprobe.export.rhythm_graph import TRANSLATIONS

    # One of each would be taken for a constant.
    examples = [torch.randn(2, inputs.n_samples, generator=torch.Generator().manual_seed(0))]
    batch = torch.export.Dim("batch", min=1, max=2**20)
    axes: list[dict[int, Any]] = [{0: batch}]
    if inputs.is_length_free:
        axes[0][1] = torch.export.Dim("samples", min=inputs.min_samples, max=2**30)
    if inputs.n_demographics:
        examples.append(torch.zeros(2, inputs.n_demographics))
        axes.append({0: batch})
    with torch.no_grad(), _quiet():
        try:
            traced = torch.export.export(
                module.eval(),
                tuple(examples),
                dynamic_shapes=tuple(axes),
                strict=False,
                # What torch cannot prove of lengths, though it is so, is no reason to give up: onnxruntime checks.
                prefer_deferred_runtime_asserts_over_guards=True,
            )
            _skip_unread(traced.graph)
            program = torch.onnx.export(
                traced,
                input_names=["windows", "demographics"][: len(examples)],
                output_names=["probabilities"],
                dynamic_shapes=tuple(axes),
                dynamo=True,
                opset_version=OPSET,
                custom_translation_table=TRANSLATIONS,
                # Its rewriting takes 1e-8 for nothing, and the logarithm of silence would be infinite.
                optimize=False,
                verbose=False,
            )
        # torch has a class for each step that can fail, and lets those of its parts through.
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise BundleError(
                f"torch {torch.__version__} cannot export this model to ONNX ({reason}); use it with --runtime torch."
            ) from error
    assert program is not None, "torch returns a program for dynamo=True"
    graph = program.model_proto
    _name(graph, facts)
    if graph.ByteSize() >= _MOST_BYTES:
        raise BundleError(f"As ONNX this model takes {graph.ByteSize() / 1e9:.1f} GB; one file holds no more than 2.1.")
    return graph


def _skip_unread(graph: torch.fx.Graph) -> None:
    """Let what is taken out of a stack be taken before, so that layers that nobody reads are not computed."""
    aten = torch.ops.aten
    for node in graph.find_nodes(op="call_function", target=aten.select.int):
        stacked, axis, index = node.args
        if stacked.target is aten.stack.default and (stacked.args[1:] or (0,)) == (0,) and axis == 0:
            node.replace_all_uses_with(stacked.args[0][index])
    graph.eliminate_dead_code()


def _name(graph: ModelProto, facts: Mapping[str, str]) -> None:
    """Put in what the graph is about; take out what is not read, and folders of this machine that nodes come from."""
    for node in graph.graph.node:
        del node.metadata_props[:]
    read = {name for node in graph.graph.node for name in node.input}
    for tensor in [one for one in graph.graph.initializer if one.name not in read]:
        graph.graph.initializer.remove(tensor)
    for value in (*graph.graph.value_info, *graph.graph.input, *graph.graph.output, *graph.graph.initializer):
        del value.metadata_props[:]
    del graph.metadata_props[:]
    del graph.graph.metadata_props[:]
    graph.graph.name = "heartprobe"
    for key, value in facts.items():
        graph.metadata_props.add(key=key, value=value)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter, which tells of its own future and of packages that it could use."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
