"""The files that the original project left in its `models/` folder.

    models/best_heartbeat_classifier.pth               binary: the head's state dict
    models/best_multi_label_heartbeat_classifier.pth   multi-label: the head's state dict
    models/results_[multi_label_]ENCODER.json          the figures in short

The state dicts hold tensors alone and load with `torch.load(path, weights_only=True)`. They are
kept for those who have code around them; `heartprobe predict` reads the run's bundle instead.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from heartprobe.atomic import write_bytes, write_text
from heartprobe.bundle.folder import Bundle, read_bundle
from heartprobe.config.schema import Config
from heartprobe.models.load import load_head
from heartprobe.models.mlp_head import MlpHead
from heartprobe.run_folder import to_json


def write_original_files(config: Config, report: dict[str, Any], bundle: Path) -> list[Path]:
    """Write the weights and the results of a run as the original project did.

    Args:
        config: The settings; `models.save_directory` says where the files go.
        report: The report of the run.
        bundle: The bundle of the run.

    Returns:
        The files written.
    """
    folder = Path(config.models.save_directory)
    folder.mkdir(parents=True, exist_ok=True)
    task = "multi_label_" if config.training.multi_label else ""
    weights = folder / f"best_{task}heartbeat_classifier.pth"
    content = io.BytesIO()
    torch.save(_state_dict(read_bundle(bundle)), content)
    write_bytes(weights, content.getvalue())
    results = folder / f"results_{task}{config.models.default_model.strip('/').replace('/', '_')}.json"
    write_text(results, to_json(_results(config, report)))
    return [weights, results]


def _state_dict(bundle: Bundle) -> dict[str, torch.Tensor]:
    """Return the weights under the original's names, where its network is the head, for features as they are."""
    head = load_head(bundle.manifest.head, bundle.tensors)
    return dict(head.state_dict_for_raw_features() if isinstance(head, MlpHead) else head.tensors())


def _results(config: Config, report: dict[str, Any]) -> dict[str, Any]:
    """Return the original's keys, per recording as it counted, with the patients' result beside them."""
    levels = report["levels"]
    results = {
        "model_name": config.models.default_model,
        "num_epochs": config.training.epochs,
        "learning_rate": config.training.learning_rate,
        "freeze_encoder": config.training.freeze_encoder,
        "multi_label": config.training.multi_label,
        "selection": report["selection"],
    }
    for level in ("recording", "patient"):
        labels = levels[level]["labels"]
        results[level] = {
            "final_test_accuracy": _mean([labels[label]["accuracy"]["value"] for label in config.labels]),
            "labels": {
                label: {
                    "sensitivity": metrics["sensitivity"]["value"],
                    "specificity": metrics["specificity"]["value"],
                    # Rows are the truth, columns the decision; the finding (for N: abnormal) comes second.
                    "confusion_matrix": [
                        [metrics["confusion"]["tn"], metrics["confusion"]["fp"]],
                        [metrics["confusion"]["fn"], metrics["confusion"]["tp"]],
                    ],
                }
                for label, metrics in labels.items()
            },
        }
    return results


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
