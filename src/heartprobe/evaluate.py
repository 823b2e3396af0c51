"""A trained model on another data set, with the report of a run.

Only labels that both know are measured. A label that the data set does not know of a patient stays
unknown and counts nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from heartprobe import __version__
from heartprobe.atomic import write_text
from heartprobe.config.schema import EvaluationConfig
from heartprobe.data.combine import dataset_names
from heartprobe.data.recordings import RecordingSet
from heartprobe.data_description import describe_data
from heartprobe.decisions.rows import prediction_rows
from heartprobe.environment import data_fingerprint, describe_environment
from heartprobe.errors import ConfigError, DataError
from heartprobe.evaluation.audit import confounder_audit
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.metrics.sites import measure_sites
from heartprobe.evaluation.predictions.table import write_predictions
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.evaluation.quality.answer_quality import answer_quality
from heartprobe.evaluation.report import write_report_html, write_report_md
from heartprobe.evaluation.wording import counted
from heartprobe.features.extract import extract
from heartprobe.features.store import FeatureStore
from heartprobe.predict import Predictor
from heartprobe.predict.torch_model import TorchModel
from heartprobe.progress import Progress
from heartprobe.run_folder import to_json
from heartprobe.run_report import SCHEMA

_NOTHING_TRAINED: Final = "would have to be trained, and nothing was here"

#: What an evaluation leaves behind.
FILES: Final = ("environment.json", "predictions.csv", "report.html", "report.json", "report.md")


@dataclass(frozen=True, slots=True)
class _Everybody:
    """All patients are tested, once."""

    test: tuple[str, ...]
    repeat: int = 0
    fold: int = 0


def evaluate_bundle(
    predictor: Predictor,
    recordings: RecordingSet,
    folder: Path,
    *,
    seed: int,
    draws: int,
    workers: int | None = None,
    progress: Progress,
    with_audio: bool = False,
) -> dict[str, Any]:
    """Predict every patient of a data set and leave a folder with predictions and a report.

    Args:
        predictor: The opened model.
        recordings: The data set.
        folder: Where `FILES` go; an earlier evaluation there is replaced, anything else refused.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
        workers: Threads of the feature extraction.
        progress: Told of what takes long.
        with_audio: Whether `report.html` holds the hardest patients' sounds to listen to.

    Returns:
        The report, as it stands in `report.json`.

    Raises:
        ConfigError: If the folder holds something else, or the model was not opened with torch.
        DataError: If no recording can be used, or model and data set have no label in common.
    """
    _refuse_other_content(folder)
    model = predictor.model
    if not isinstance(model, TorchModel):
        raise ConfigError("An evaluation keeps the features of the encoder, which only torch gives; use that runtime.")
    labels = _shared_labels(predictor, recordings)
    table = extract(
        recordings.recordings,
        model.encoder,
        model.recipe,
        FeatureStore(),
        device=model.device,
        workers=workers,
        progress=progress,
    )
    usable = replace(recordings, recordings=tuple(r for r in recordings.recordings if r.recording_id in table.sounds))
    if not usable.recordings:
        raise DataError(f"None of the {len(recordings.recordings)} recordings of {recordings.name} can be used.")
    notes = _notes(predictor, recordings, labels)
    for note in notes:
        progress.note(note)
    windows = WindowProbabilities(table.recording_ids, model.classifier.predict(table, usable.patients))
    predictions = _predictions(predictor, usable, windows, labels)
    fingerprint = data_fingerprint(usable, table.sounds)
    statistics = {"seed": seed, "draws": draws}
    quoted_at = EvaluationConfig()
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "created_by": {"heartprobe": __version__},
        "task": _task(predictor, labels),
        "data": describe_data(labels, usable, fingerprint),
        "levels": measure(predictions, **statistics),
        **(measure_sites(predictions, usable.site_of, **statistics) or {}),
        "demographics_only": {"reason": f"a model of demographics {_NOTHING_TRAINED}"},
        **answer_quality(
            predictions,
            usable,
            rule=_decision_settings(predictor),
            specificity=quoted_at.specificity,
            prevalences=quoted_at.prevalences,
            **statistics,
        ),
        "selection": [],
        "findings": [asdict(finding) for finding in (*recordings.findings, *table.findings)],
        "notes": notes,
        "settings": {**statistics, "model": _model_settings(predictor)},
    }
    report["audit"] = confounder_audit(
        report,
        predictions,
        usable,
        table.sounds,
        companion=f"a second model {_NOTHING_TRAINED}",
        site_probe={"reason": f"a model that tells sites apart {_NOTHING_TRAINED}"},
        **statistics,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(predictions, folder / "predictions.csv")
    write_text(folder / "report.json", to_json(report))
    environment = describe_environment(str(model.device)) | {"data_fingerprint": fingerprint}
    write_text(folder / "environment.json", to_json(environment))
    write_report_md(report, folder)
    write_report_html(report, folder, usable, with_audio=with_audio)
    return report


def _shared_labels(predictor: Predictor, recordings: RecordingSet) -> tuple[str, ...]:
    """Return the labels of the model that the data set knows of at least one recorded patient."""
    known = {
        label
        for patient in recordings.patient_ids
        for label, value in recordings.patients[patient].labels.items()
        if value is not None
    }
    model = predictor.bundle.manifest.labels
    shared = tuple(label for label in model if label in known)
    if not shared:
        raise DataError(
            f"The model predicts {', '.join(model)} and {recordings.name} knows "
            f"{', '.join(sorted(known)) or 'no label'}: they have none in common, so there is nothing to measure."
        )
    return shared


def _predictions(
    predictor: Predictor, recordings: RecordingSet, windows: WindowProbabilities, labels: Sequence[str]
) -> pd.DataFrame:
    decider = predictor.bundle.manifest.decision
    columns = [decider.names.index(label) for label in labels]
    return prediction_rows(
        _Everybody(recordings.patient_ids), recordings, windows.of_labels(columns), decider.of_labels(labels)
    )


def _notes(predictor: Predictor, recordings: RecordingSet, labels: Sequence[str]) -> list[str]:
    manifest = predictor.bundle.manifest
    trained_on = manifest.training.dataset
    notes = [f"The model was trained on {trained_on} ({manifest.training.patients} patients)."]
    again = sorted(set(dataset_names(trained_on)) & set(dataset_names(recordings.name)))
    if again or (recordings.is_synthetic and manifest.training.is_synthetic):
        notes.append(
            f"It was trained on {', '.join(again) or 'synthetic patients'}, which is tested here: where the patients "
            "are the same, the result says how well they are remembered and nothing about others."
        )
    left_out = [label for label in manifest.labels if label not in labels]
    if left_out:
        notes.append(f"{recordings.name} does not know {', '.join(left_out)}, which the model also predicts.")
    unknown = _unknown_demographics(predictor.demographic_fields, recordings)
    if unknown:
        notes.append(
            f"The model uses what is not known of everybody: of {counted(len(recordings.patient_ids), 'patient')}, "
            f"{', '.join(unknown)}. The mean of those that it was trained on stands for what is unknown."
        )
    return notes


def _unknown_demographics(fields: Sequence[str], recordings: RecordingSet) -> list[str]:
    """Return of how many patients each demographic is unknown that is not known of all."""
    given = [recordings.patients[patient].demographics for patient in recordings.patient_ids]
    counts = {name: sum(getattr(one, name) is None for one in given) for name in fields}
    return [f"{name} is unknown of {n}" for name, n in counts.items() if n]


def _task(predictor: Predictor, labels: Sequence[str]) -> dict[str, Any]:
    manifest = predictor.bundle.manifest
    encoder = manifest.encoder
    return {
        "labels": list(labels),
        "multi_label": len(manifest.labels) > 1,
        "protocol": "external",
        "encoder": {"name": encoder.name, "revision": encoder.revision, "fingerprint": encoder.fingerprint},
        "is_fine_tuned": encoder.source == "bundle",
        "head": manifest.head["kind"],
        "demographics": list(manifest.demographics["fields"]) if manifest.demographics else [],
    }


def _model_settings(predictor: Predictor) -> Mapping[str, Any]:
    manifest = predictor.bundle.manifest
    described = manifest.model_dump(mode="json", include={"front_end", "precision", "layer"})
    return described | _decision_settings(predictor)


def _decision_settings(predictor: Predictor) -> dict[str, Any]:
    return predictor.bundle.manifest.decision.model_dump(mode="json", exclude={"labels"})


def _refuse_other_content(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file, not a folder; name another folder with --out.")
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in FILES) if folder.is_dir() else []
    if strangers:
        raise ConfigError(
            f"{folder} holds {strangers[0]}, which no evaluation has left; name another folder with --out."
        )
