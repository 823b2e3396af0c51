"""Training heads on the stored features of a frozen encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from heartprobe.config.schema import Config, DemographicField
from heartprobe.data.identical import identical_findings
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.split import Split
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.encoder_windows import resolve_front_ends
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.features.store import FeatureStore
from heartprobe.features.table import FeatureTable
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.training.fitted_probe import Probe
from heartprobe.training.opened import Opened, open_encoder, recipe_of, usable_recordings
from heartprobe.training.probe import fit_probe
from heartprobe.training.site_probe import site_probe
from heartprobe.training.trained_model import TrainedModel


@dataclass(eq=False)
class ProbeTrainer(Opened):
    """Fits a head on the stored features of the frozen encoder.

    Attributes:
        tables: The features of the recordings, by time scale, in the order of the recipes.
    """

    tables: Mapping[float, FeatureTable]

    @classmethod
    def open(cls, config: Config, recordings: RecordingSet, machine: Machine, progress: Progress) -> ProbeTrainer:
        """Load the encoder and compute, or look up, the features of all recordings at every time scale."""
        encoder, device = open_encoder(config, machine)
        front_ends, notes = resolve_front_ends(config.audio, encoder.info)
        for note in notes:
            progress.note(note)
        recipes = tuple(recipe_of(front_end, encoder, config, device) for front_end in front_ends)

        def compute(some: RecordingSet, recipe: Recipe) -> FeatureTable:
            return extract(
                some.recordings,
                encoder,
                recipe,
                FeatureStore(),
                device=device,
                workers=machine.workers,
                progress=progress,
            )

        tables, findings = _extract_all(recordings, recipes, compute)
        sounds = tables[0].sounds
        usable = usable_recordings(recordings, sounds, findings)
        findings += identical_findings(usable, sounds)
        by_time_scale = {recipe.front_end.time_scale: table for recipe, table in zip(recipes, tables, strict=True)}
        return cls(config, usable, sounds, findings, notes, encoder, recipes, device, by_time_scale)

    def fit(self, split: Split, work_folder: Path, progress: Progress) -> TrainedModel:  # noqa: ARG002
        """Choose and fit a head; nothing is left in the work folder, because it takes seconds."""
        return self._model(fit_probe(self.tables, self.recordings, split, self.config, progress=progress))

    def companion(
        self, model: TrainedModel, demographics: Sequence[DemographicField], split: Split, progress: Progress
    ) -> TrainedModel:
        """Fit the head of a model again with other demographics; what it has chosen is taken over."""
        time_scale = model.recipe.front_end.time_scale
        config = _with_nothing_to_choose(self.config, model, demographics)
        tables = {time_scale: self.tables[time_scale]}
        return self._model(fit_probe(tables, self.recordings, split, config, progress=progress))

    def site_probe(self, model: TrainedModel, *, seed: int, draws: int) -> dict[str, Any]:
        """Return how well the site of a recording can be read off the features that a model reads."""
        table = self.tables[model.recipe.front_end.time_scale]
        layer = table.n_layers // 2 if model.layer == "all" else model.layer
        return site_probe(table, layer, self.recordings, seed=seed, draws=draws)

    def _model(self, probe: Probe) -> TrainedModel:
        table = self.tables[probe.time_scale]

        def predict(patient_ids: Sequence[str]) -> WindowProbabilities:
            rows = np.flatnonzero(np.isin(table.patient_ids, list(patient_ids)))
            ids = tuple(table.recording_ids[row] for row in rows)
            return WindowProbabilities(ids, probe.classifier.predict(table, self.recordings.patients, rows))

        return TrainedModel.of(
            probe.classifier,
            next(recipe for recipe in self.recipes if recipe.front_end.time_scale == probe.time_scale),
            predict=predict,
            validation=probe.validation,
            chosen=probe.chosen,
            strength=probe.strength,
        )


def _extract_all(
    recordings: RecordingSet, recipes: Sequence[Recipe], compute: Callable[[RecordingSet, Recipe], FeatureTable]
) -> tuple[list[FeatureTable], list[Finding]]:
    """Return one table per recipe, all of the same recordings, and what there is to say of recordings.

    A recording that cannot be used at one time scale (band-passed, it may be silent there) is left out
    at all of them: what is chosen shall not depend on who could be heard.
    """
    tables = [compute(recordings, recipe) for recipe in recipes]
    findings = list(dict.fromkeys(finding for table in tables for finding in table.findings))
    usable = set.intersection(*(set(table.sounds) for table in tables))
    if any(len(table.sounds) > len(usable) for table in tables):
        rest = replace(recordings, recordings=tuple(r for r in recordings.recordings if r.recording_id in usable))
        tables = [compute(rest, recipe) for recipe in recipes]
    return tables, findings


def _with_nothing_to_choose(config: Config, model: TrainedModel, demographics: Sequence[DemographicField]) -> Config:
    """Return the settings by which a model with other demographics is trained at what a model has chosen."""
    c_grid = config.training.c_grid if model.strength is None else (model.strength,)
    return config.model_copy(
        update={
            "dataset": config.dataset.model_copy(update={"demographics": tuple(demographics)}),
            "features": config.features.model_copy(update={"layer": model.layer}),
            "models": config.models.model_copy(update={"head": model.head_settings["kind"]}),
            "training": config.training.model_copy(update={"c_grid": c_grid}),
        }
    )
