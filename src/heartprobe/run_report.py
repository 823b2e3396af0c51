"""What a run says about itself: `report.json` and the manifest of its bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import pandas as pd

from heartprobe import __version__
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.bundle.results import results_of
from heartprobe.config.schema import Config
from heartprobe.data_description import describe_data
from heartprobe.evaluation.audit import confounder_audit
from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.metrics.sites import measure_sites
from heartprobe.evaluation.quality.answer_quality import answer_quality
from heartprobe.evaluation.quality.fusion_comparison import fusion_section
from heartprobe.fold import Decided
from heartprobe.training.trained_model import TrainedModel
from heartprobe.training.trainers import Trainer

#: Raised whenever the layout of `report.json` changes for those who read it.
SCHEMA = 2

#: What of the settings decides how probabilities become answers.
DECISION_SETTINGS: Final = {
    "patient_rule",
    "calibration",
    "threshold_rule",
    "threshold",
    "sensitivity",
    "largest_error",
}


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What was predicted for test patients, by whom.

    Attributes:
        predictions: Of the models.
        fusion: Of the patients, by every way of fusing their recordings.
        demographics: Of demographics alone.
        companion: Of the same head with demographics, or without them where the model has some; or
            why there is none.
    """

    predictions: pd.DataFrame
    fusion: pd.DataFrame
    demographics: pd.DataFrame
    companion: pd.DataFrame | str


def build_report(
    config: Config,
    trainer: Trainer,
    kept: TrainedModel,
    fingerprint: str,
    chosen: Sequence[dict[str, Any]],
    tested: Tested,
    recordings_read: int,
    split_notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the content of `report.json`: no times and no paths, so that the same seed gives the same bytes.

    Args:
        config: The settings.
        trainer: What the models were trained with.
        kept: The model that goes into the bundle.
        fingerprint: Of the data.
        chosen: What was chosen in each split.
        tested: The predictions on test patients.
        recordings_read: How many recordings the data set names, with those that could not be used.
        split_notes: What is to be said of the splits.
    """
    settings = config.evaluation
    statistics = {"seed": config.training.random_seed, "draws": settings.bootstrap_draws}
    data = {"recordings_read": recordings_read} | describe_data(config.labels, trainer.recordings, fingerprint)
    report = {
        "schema": SCHEMA,
        "created_by": {"heartprobe": __version__},
        "task": _task(config, trainer),
        "data": data,
        "levels": measure(tested.predictions, **statistics),
        **(measure_sites(tested.predictions, trainer.recordings.site_of, **statistics) or {}),
        "demographics_only": _demographics_only(tested, statistics),
        **answer_quality(
            tested.predictions,
            trainer.recordings,
            rule=settings.model_dump(include=DECISION_SETTINGS),
            specificity=settings.specificity,
            prevalences=settings.prevalences,
            **statistics,
        ),
        "fusion": fusion_section(
            tested.fusion,
            used=settings.patient_rule,
            shares=[fold["position_shares"] for fold in chosen],
            **statistics,
        ),
    }
    return {
        **report,
        "audit": _audit(report, trainer, kept, tested, statistics),
        "selection": list(chosen),
        "findings": [asdict(finding) for finding in (*trainer.recordings.findings, *trainer.findings)],
        "notes": [*trainer.notes, *split_notes],
        "settings": config.model_dump(mode="json"),
    }


def _task(config: Config, trainer: Trainer) -> dict[str, Any]:
    info = trainer.encoder.info
    return {
        "labels": list(config.labels),
        "multi_label": config.training.multi_label,
        "protocol": config.evaluation.protocol,
        "encoder": {"name": info.name, "revision": info.revision, "fingerprint": info.fingerprint},
        "is_fine_tuned": not config.training.freeze_encoder,
        "head": config.models.head,
        "demographics": list(config.dataset.demographics),
    }


def _demographics_only(tested: Tested, statistics: dict[str, int]) -> dict[str, Any]:
    names = ("The demographics-only model", "the model")
    difference = compare(tested.demographics, tested.predictions, level="patient", names=names, **statistics)
    return {"levels": measure(tested.demographics, **statistics), "difference": difference}


def _audit(
    report: dict[str, Any], trainer: Trainer, kept: TrainedModel, tested: Tested, statistics: dict[str, int]
) -> dict[str, Any]:
    """Return what else than the heart the model may go by."""
    return confounder_audit(
        report,
        tested.predictions,
        trainer.recordings,
        trainer.sounds,
        companion=tested.companion,
        site_probe=trainer.site_probe(kept, **statistics),
        **statistics,
    )


def build_manifest(
    config: Config,
    trainer: Trainer,
    kept: Decided,
    trained_on: Mapping[str, Any],
    report: Mapping[str, Any],
    *,
    tuned: str | None,
) -> Manifest:
    """Return what `bundle.json` says about the model that is kept.

    Args:
        config: The settings.
        trainer: What it was trained with.
        kept: The model, and how it decides.
        trained_on: What `describe_recordings` says of those that it was developed on.
        report: How well the run did.
        tuned: Fingerprint of the fine-tuned encoder that the bundle holds, or `None`.
    """
    info, model = trainer.encoder.info, kept.model
    return Manifest(
        labels=config.labels,
        encoder=EncoderReference(
            name=info.name,
            source=info.source if tuned is None else "bundle",
            revision=info.revision,
            fingerprint=info.fingerprint if tuned is None else tuned,
            rate_hz=info.rate_hz,
        ),
        front_end=asdict(model.recipe.front_end),
        precision=model.recipe.precision,
        layer=model.layer,
        head=dict(model.head_settings),
        demographics=model.demographics,
        decision=kept.decider,
        training=TrainingFacts(
            dataset=trained_on["name"],
            is_synthetic=trained_on["is_synthetic"],
            patients=trained_on["patients"],
            recordings=trained_on["recordings"],
            protocol=config.evaluation.protocol,
            heartprobe_version=__version__,
        ),
        results=results_of(report, config.labels),
    )
