"""Encoder and classifier as one graph on onnxruntime, without torch."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.bundle.folder import Bundle
from heartprobe.bundle.graphs import GRAPHS
from heartprobe.data.recordings import Demographics, Patient
from heartprobe.errors import BundleError, ConfigError, EncoderError
from heartprobe.features.demographics import DemographicsEncoder

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]

#: Threads for one window: more are hardly faster on models of this size, and recordings are worked on side by side.
_MOST_THREADS: Final = 2


@dataclass(frozen=True, eq=False)
class OnnxModel:
    """An exported model; several threads may ask it at once.

    Attributes:
        session: Takes `windows`, and `demographics` where the model uses them.
        demographics: What encodes them, or `None`.
        n_at_once: How many windows are computed at once, however many threads ask; each takes memory.
    """

    session: InferenceSession
    demographics: DemographicsEncoder | None
    n_at_once: int
    _turns: Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_turns", Semaphore(self.n_at_once))

    def probabilities(self, windows: NDArray[np.float32], demographics: Demographics) -> NDArray[np.float64]:
        """Return the probability that each label is 1, `(windows, labels)`, uncalibrated.

        Every window is computed alone, so that its result does not depend on the others.

        Raises:
            EncoderError: The windows are not of the length that the graph takes, or the result is not finite.
        """
        others: dict[str, Any] = {}
        if self.demographics is not None:
            others["demographics"] = self.demographics.transform([Patient("patient", {}, demographics)])
        rows = [self._run({"windows": window[np.newaxis], **others}) for window in windows]
        probabilities = np.concatenate(rows)
        if not np.isfinite(probabilities).all():
            raise EncoderError("The exported model returned numbers that are not finite; export it again.")
        return probabilities

    def _run(self, inputs: dict[str, NDArray[np.float32]]) -> NDArray[np.float64]:
        try:
            with self._turns:
                (probabilities,) = self.session.run(None, inputs)
        # onnxruntime's own errors share no class of their own.
        except Exception as error:
            shape = inputs["windows"].shape
            raise EncoderError(f"The exported model cannot compute a window of {shape[1]} samples: {error}") from error
        return np.asarray(probabilities, dtype=np.float64)


def open_onnx(bundle: Bundle, n_at_once: int = 1) -> OnnxModel:
    """Open the graph of an exported bundle; nothing else is loaded, and nothing is asked for.

    Args:
        bundle: The opened bundle.
        n_at_once: How many windows are computed at once.

    Raises:
        ConfigError: If onnxruntime is not installed.
        BundleError: If the bundle was not exported, or its graph is none or is not about its labels.
    """
    path = graph_of(bundle)
    session = open_session(path)
    manifest = bundle.manifest
    demographics = DemographicsEncoder.from_dict(manifest.demographics) if manifest.demographics else None
    expected = ["windows", "demographics"] if demographics is not None else ["windows"]
    labels = session.get_modelmeta().custom_metadata_map.get("labels", "")
    if [one.name for one in session.get_inputs()] != expected or labels.split() != list(manifest.labels):
        raise BundleError(
            f"{path} does not fit bundle.json: it predicts {labels or 'nothing that it names'}, not "
            f"{' '.join(manifest.labels)}, or takes other inputs. Export the model again."
        )
    return OnnxModel(session, demographics, n_at_once)


def graph_of(bundle: Bundle) -> Path:
    """Return the file of a bundle's graph.

    Raises:
        BundleError: If there is none.
    """
    for name in GRAPHS:
        if name in bundle.manifest.files:
            return bundle.folder / name
    raise BundleError(
        f"{bundle.folder} holds no {GRAPHS[0]}, which the runtime onnx needs. "
        f"`heartprobe export {bundle.folder} --to onnx --out FOLDER` makes a folder with one."
    )


def open_session(path: Path) -> InferenceSession:
    """Return onnxruntime's session for a graph, on the processor.

    Raises:
        ConfigError: If onnxruntime is not installed.
        BundleError: If the file is no graph that it can run.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError(
            "The runtime onnx needs onnxruntime, which is not installed. Install it in a checkout of heartprobe with: "
            'pip install -c constraints.txt ".[onnx]"'
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = min(_MOST_THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    # Waiting threads would take the time of those that read and clean recordings.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # An arena keeps what the longest recording needed for ever.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BundleError(f"{path} cannot be run by onnxruntime {onnxruntime.__version__}: {error}") from error
