"""What a run says about itself: `report.json` and the manifest of its bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from heartprobe import __version__
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.config.schema import Config
from heartprobe.data.catalogue import dataset_facts
from heartprobe.data.combine import dataset_names
from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.compare import compare
from heartprobe.evaluation.measure import measure
from heartprobe.evaluation.sites import measure_sites
from heartprobe.training.trainers import TrainedModel, Trainer

#: Raised whenever the layout of `report.json` changes for those who read it.
SCHEMA = 1


def build_report(
    config: Config,
    trainer: Trainer,
    fingerprint: str,
    chosen: Sequence[dict[str, Any]],
    predictions: pd.DataFrame,
    demographics_only: pd.DataFrame,
    split_notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the content of `report.json`: no times and no paths, so that the same seed gives the same bytes.

    Args:
        config: The settings.
        trainer: What the models were trained with.
        fingerprint: Of the data.
        chosen: What was chosen in each split.
        predictions: Of the models on test patients.
        demographics_only: Of demographics alone on the same patients.
        split_notes: What is to be said of the splits.
    """
    statistics = {"seed": config.training.random_seed, "draws": config.evaluation.bootstrap_draws}
    info = trainer.encoder.info
    return {
        "schema": SCHEMA,
        "created_by": {"heartprobe": __version__},
        "task": {
            "labels": list(config.labels),
            "multi_label": config.training.multi_label,
            "protocol": config.evaluation.protocol,
            "encoder": {"name": info.name, "revision": info.revision, "fingerprint": info.fingerprint},
            "is_fine_tuned": not config.training.freeze_encoder,
            "head": config.models.head,
            "demographics": list(config.dataset.demographics),
        },
        "data": describe_data(config.labels, trainer.recordings, fingerprint),
        "levels": measure(predictions, **statistics),
        **(measure_sites(predictions, trainer.recordings.site_of, **statistics) or {}),
        "demographics_only": {
            "levels": measure(demographics_only, **statistics),
            "difference": compare(
                demographics_only,
                predictions,
                level="patient",
                names=("The demographics-only model", "the model"),
                **statistics,
            ),
        },
        "selection": list(chosen),
        "findings": [asdict(finding) for finding in (*trainer.recordings.findings, *trainer.findings)],
        "notes": [*trainer.notes, *split_notes],
        "settings": config.model_dump(mode="json"),
    }


def build_manifest(
    config: Config, trainer: Trainer, model: TrainedModel, report: dict[str, Any], *, tuned: str | None
) -> Manifest:
    """Return what `bundle.json` says about the model that is kept.

    Args:
        config: The settings.
        trainer: What it was trained with.
        model: The model.
        report: The report of the run.
        tuned: Fingerprint of the fine-tuned encoder that the bundle holds, or `None`.
    """
    info = trainer.encoder.info
    return Manifest(
        labels=config.labels,
        encoder=EncoderReference(
            name=info.name,
            source=info.source if tuned is None else "bundle",
            revision=info.revision,
            fingerprint=info.fingerprint if tuned is None else tuned,
            rate_hz=info.rate_hz,
        ),
        front_end=asdict(trainer.recipe.front_end),
        precision=trainer.recipe.precision,
        layer=model.layer,
        head=dict(model.head_settings),
        demographics=model.demographics,
        patient_rule=config.evaluation.patient_rule,
        threshold=config.evaluation.threshold,
        training=TrainingFacts(
            dataset=report["data"]["name"],
            is_synthetic=report["data"]["is_synthetic"],
            patients=report["data"]["patients"],
            recordings=report["data"]["recordings"],
            protocol=config.evaluation.protocol,
            heartprobe_version=__version__,
        ),
    )


def describe_data(labels: Sequence[str], recordings: RecordingSet, fingerprint: str) -> dict[str, Any]:
    """Return the section `data` of `report.json`."""
    patients = [recordings.patients[patient] for patient in recordings.patient_ids]
    made_up = recordings.is_synthetic
    return {
        "name": "synthetic patients" if made_up else recordings.name,
        "is_synthetic": made_up,
        "licence": "none needed, the sounds are generated" if made_up else _licence(recordings.name),
        "patients": len(patients),
        "recordings": len(recordings.recordings),
        "patients_with_label": {label: sum(p.labels.get(label) == 1 for p in patients) for label in labels},
        "fingerprint": fingerprint,
    }


def _licence(name: str) -> str:
    names = dataset_names(name)
    if len(names) == 1:
        return dataset_facts(name).licence
    return "; ".join(f"{part}: {dataset_facts(part).licence}" for part in names)
