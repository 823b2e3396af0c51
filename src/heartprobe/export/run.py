"""Exporting a bundle, from opening it to the new folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heartprobe import __version__
from heartprobe.audio import MIN_DURATION_S
from heartprobe.bundle.folder import CARD, Bundle, extend_bundle, read_bundle
from heartprobe.bundle.graphs import GRAPHS, ONNX, ONNX_INT8
from heartprobe.errors import BundleError
from heartprobe.export.agreement import Agreement, Sounds, compare, given_sounds, synthetic_sounds
from heartprobe.export.classifier import WindowProbabilities, head_module
from heartprobe.export.graph import Inputs, onnx_graph, require_packages
from heartprobe.export.int8 import quantised
from heartprobe.export.twins import exportable
from heartprobe.predict.onnx_model import OnnxModel, open_session
from heartprobe.predict.opening import front_end_of
from heartprobe.predict.torch_model import TorchModel, open_torch
from heartprobe.progress import Progress, SilentProgress
from heartprobe.signal.front_end import FrontEnd

#: By so much a probability of the graph in single precision may differ, if nothing else is said.
LARGEST_DIFFERENCE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        graph: The file of the graph.
        agreement: Of the graph in single precision with torch.
        int8: Of the graph in 8 bit with torch, where that was written instead.
    """

    graph: Path
    agreement: Agreement
    int8: Agreement | None


def export_onnx(
    folder: Path,
    out: Path,
    *,
    is_int8: bool = False,
    accepted: float = LARGEST_DIFFERENCE,
    encoder: str | None = None,
    compare_on: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Exported:
    """Write a bundle once more, with its whole model as an ONNX graph beside it.

    Args:
        folder: The bundle.
        out: Where the new one goes.
        is_int8: Whether the graph that is written has linear layers of 8 bit.
        accepted: The largest difference in probability that is accepted of the graph in single precision.
        encoder: Where the bundle's encoder is now, if not where the bundle says.
        compare_on: Recordings, or folders of such, to compare with torch on; synthetic ones by default.
        progress: Told of recordings that cannot be read.

    Raises:
        BundleError: If the bundle is damaged or was exported already, `out` is there, the model cannot be exported, or
            the graph does not agree with torch. Then nothing is written.
        ConfigError: If a package is lacking, or the model has nothing to put into 8 bit.
        EncoderError: If the encoder cannot be loaded.
        DataError: If none of the recordings can be read.
    """
    require_packages()
    bundle = read_bundle(folder)
    _require_possible(bundle, out)
    sounds = given_sounds(compare_on, progress or SilentProgress()) if compare_on else synthetic_sounds()
    model = open_torch(bundle, encoder, "cpu", None)
    try:
        return _export(bundle, model, out, sounds, is_int8, accepted)
    finally:
        model.close()


def _export(bundle: Bundle, model: TorchModel, out: Path, sounds: Sounds, is_int8: bool, accepted: float) -> Exported:
    import onnx

    front_end, name = front_end_of(bundle), model.encoder.info.name
    module = _module(model)
    graph = onnx_graph(module, _inputs(model, front_end), _facts(bundle, front_end))
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / ONNX
        onnx.save(graph, path)
        agreement = compare((model, _opened(path, model)), front_end, sounds)
        _require_agreement(agreement, accepted, model, bundle)
        int8 = None
        if is_int8:
            small = quantised(graph, name, dict(module.named_buffers()).keys(), Path(work))
            path = Path(work) / ONNX_INT8
            onnx.save(small, path)
            int8 = compare((model, _opened(path, model)), front_end, sounds)
        extend_bundle(bundle, out, {path.name: path})
    exported = Exported(out / path.name, agreement, int8)
    if (out / CARD).is_file():
        with (out / CARD).open("a", encoding="utf-8") as card:
            card.write(_section(exported))
    return exported


def _require_possible(bundle: Bundle, out: Path) -> None:
    already = [name for name in GRAPHS if name in bundle.manifest.files]
    if already:
        raise BundleError(
            f"{bundle.folder} was exported already: it holds {already[0]}. Export from the bundle that it was made of."
        )
    if out.exists():
        raise BundleError(f"{out} is there already, and is not replaced. Choose another folder, or remove it.")


def _module(model: TorchModel) -> WindowProbabilities:
    classifier = model.classifier
    return WindowProbabilities(
        exportable(model.encoder.module), model.recipe.statistics, classifier.layer, head_module(classifier.head)
    )


def _inputs(model: TorchModel, front_end: FrontEnd) -> Inputs:
    info, demographics = model.encoder.info, model.classifier.demographics
    is_whole = front_end.windows == "whole"
    return Inputs(
        # Any odd length will do as an example of all.
        n_samples=info.min_samples + 10 * info.rate_hz + 7 if is_whole else front_end.window_samples,
        is_length_free=is_whole,
        min_samples=max(info.min_samples, int(MIN_DURATION_S * front_end.recording_rate_hz)),
        n_demographics=0 if demographics is None else len(demographics.fields),
    )


def _facts(bundle: Bundle, front_end: FrontEnd) -> dict[str, str]:
    """Return what whoever runs the graph without this package has to know."""
    manifest = bundle.manifest
    return {
        "made by": f"heartprobe {__version__}",
        "labels": " ".join(manifest.labels),
        "output": "probability that each label is 1, uncalibrated; N is a normal heart",
        "encoder": manifest.encoder.fingerprint,
        "sampling rate of the windows": f"{front_end.rate_hz} Hz",
        "front end": json.dumps(manifest.front_end, sort_keys=True),
    }


def _opened(path: Path, model: TorchModel) -> OnnxModel:
    return OnnxModel(open_session(path), model.classifier.demographics, n_at_once=1)


def _require_agreement(agreement: Agreement, accepted: float, model: TorchModel, bundle: Bundle) -> None:
    # What is not a number is not accepted, either.
    if agreement.largest <= accepted:
        return
    raise BundleError(
        f"Nothing was written: the exported model {agreement}, and {accepted:g} is accepted. "
        f"{_why(model, bundle)} `--accept {agreement.largest:.1g}` would write it all the same."
    )


def _why(model: TorchModel, bundle: Bundle) -> str:
    """Return why a model differs from its graph, as far as that can be told."""
    if bundle.manifest.precision == "bf16" and not model.encoder.info.is_pooled:
        return "The model computes in bf16, the graph in single precision; train with features.precision fp32."
    return "Its encoder or its head multiplies rounding errors."


def _section(exported: Exported) -> str:
    lines = [
        "",
        "## Exported to ONNX",
        f"- `{ONNX}`, the whole model in single precision, {exported.agreement}.",
    ]
    if exported.int8 is not None:
        lines[-1] += " It is not part of this folder."
        lines.append(f"- `{ONNX_INT8}`, of which the linear layers are in 8 bit, {exported.int8}.")
    return "\n".join([*lines, ""])
