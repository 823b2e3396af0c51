"""Make the classifier that comes with heartprobe, and measure its recipe where it has heard nothing.

    python benchmarks/shipped_classifier.py --cinc16 CINC16 --bmd-hs BMD-HS --work FOLDER [--set KEY=VALUE ...] [--keep]

For each site of PhysioNet/CinC 2016 an encoder is pre-trained without it (half an hour for all six on one core, unless
FOLDER/without-SITE is there from before), the head is fitted on the other five sites, and the site is predicted. How to
decide is chosen on these predictions. Then the head is fitted on all six sites with the shipped encoder, and BMD-HS,
which took part in nothing, is predicted once. The other way round, a head is fitted on BMD-HS and every site predicted,
with the encoder that has not heard it.

FOLDER gets the bundle `normal-abnormal`, the figures `shipped_classifier.json` and a report on BMD-HS. With --keep,
bundle and figures take their places in the repository.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from shipped_card import shipped_card
from sklearn.metrics import roc_auc_score

from heartprobe.audio import read_audio
from heartprobe.bundle.folder import CARD, write_bundle
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, SHIPPED
from heartprobe.cli.console import ConsoleProgress
from heartprobe.config.load import load_config
from heartprobe.config.schema import Config
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.combine import combine
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.data_description import describe_recordings
from heartprobe.decisions.balanced import fit_balanced_decider
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.fitting import fit_decider
from heartprobe.decisions.rows import prediction_rows
from heartprobe.evaluate import evaluate_bundle
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.evaluation.protocols.plan import final_split, plan_splits
from heartprobe.fold import Decided
from heartprobe.labels import NORMAL
from heartprobe.machine import Machine
from heartprobe.predict import Predictor
from heartprobe.pretraining.load_settings import load_settings
from heartprobe.pretraining.run import pretrain
from heartprobe.run_folder import to_json
from heartprobe.run_report import build_manifest
from heartprobe.training.trainers import open_trainer

KEPT: Final = Path(__file__).with_suffix(".json")

#: What the bundle's decisions are chosen on: the sites whose abnormal hearts are what the encoder was taught.
DECIDES: Final = ("training-a", "training-c", "training-d", "training-f")

#: Among answers that are given. At sites that were not heard, 0.1 would leave hardly an answer.
LARGEST_ERROR: Final = 0.25

FIGURES: Final = ("auroc", "sensitivity", "specificity")
STATISTICS: Final = {"seed": 42, "draws": 2000}
PROGRESS: Final = ConsoleProgress()


@dataclass(frozen=True)
class LeftOut:
    """A site that neither encoder nor head has heard, and what is said of it."""

    split: Split
    windows: WindowProbabilities
    strength: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cinc16", type=Path, required=True, help="folder with PhysioNet/CinC 2016")
    parser.add_argument("--bmd-hs", type=Path, required=True, help="folder with BMD-HS")
    parser.add_argument("--work", type=Path, required=True, help="where everything goes")
    parser.add_argument("--set", action="append", default=[], help="a setting of another recipe, to compare")
    parser.add_argument("--keep", action="store_true", help="put bundle and figures into the repository")
    given = parser.parse_args()
    recipe = load_config(overrides=["audio.windows=whole", "evaluation.protocol=leave-site-out", *given.set])
    cinc16 = read_dataset("physionet-2016", given.cinc16, recipe.dataset)
    bmd_hs = read_dataset("bmd-hs", given.bmd_hs, recipe.dataset)
    sites = sorted({cinc16.site_of(patient) for patient in cinc16.patient_ids})
    given.work.mkdir(parents=True, exist_ok=True)

    with_encoder = {site: _config(recipe, encoder_without(site, cinc16, given.work)) for site in sites}
    left_out = {site: leave_out(site, cinc16, with_encoder[site], given.work) for site in sites}
    decider = decide([left_out[site] for site in DECIDES], cinc16)
    by_site = {site: figures_of(site, left_out, cinc16) for site in sites}
    bundle, strength = fit_shipped(decider, by_site, cinc16, _config(recipe, "heartprobe-pcg"), given.work)
    report = evaluate_bundle(Predictor.open(bundle), bmd_hs, given.work / "bmd-hs", **STATISTICS, progress=PROGRESS)
    figures = {
        "set": given.set,
        "strength": {site: found.strength for site, found in left_out.items()},
        "shipped_strength": strength,
        "sites": by_site,
        "full_scale": {site: full_scale(left_out[site], cinc16) for site in sites},
        "bmd_hs": figures_in(report),
        "from_bmd_hs": {site: from_bmd_hs(site, cinc16, bmd_hs, with_encoder[site], given.work) for site in sites},
    }
    (given.work / KEPT.name).write_text(to_json(figures), encoding="utf-8")
    (bundle / CARD).write_text(shipped_card(figures, decider, len(cinc16.recordings)), encoding="utf-8")
    if given.keep:
        shutil.copytree(bundle, SHIPPED / NORMAL_ABNORMAL, dirs_exist_ok=True)
        shutil.copyfile(given.work / KEPT.name, KEPT)


def _config(recipe: Config, encoder: Path | str) -> Config:
    return recipe.model_copy(update={"models": recipe.models.model_copy(update={"default_model": str(encoder)})})


def encoder_without(site: str, cinc16: RecordingSet, work: Path) -> Path:
    """Return the folder of the encoder that has not heard a site; it is made where it is not there."""
    folder = work / f"without-{site}"
    if not (folder / "config.json").is_file():
        pretrain(cinc16, folder, load_settings(None, [f"material.held_out={json.dumps([site])}"]), progress=PROGRESS)
    held_out = json.loads((folder / "config.json").read_text())["pretraining"]["material"]["held_out"]
    if held_out != [site]:
        raise SystemExit(f"{folder} was made without {held_out}, not without {site}; remove it.")
    return folder


def leave_out(site: str, cinc16: RecordingSet, config: Config, work: Path) -> LeftOut:
    """Fit on the other sites, in which sites and classes count the same; choose C there; predict the site."""
    trainer = open_trainer(config, cinc16, Machine(), PROGRESS)
    splits = plan_splits(trainer.recordings, config).splits
    split = next(split for split in splits if trainer.recordings.site_of(split.test[0]) == site)
    model = trainer.fit(split, work, PROGRESS)
    return LeftOut(split, model.predict(split.test), float(model.chosen["C"]))  # type: ignore[arg-type]


def decide(left_out: Sequence[LeftOut], cinc16: RecordingSet) -> Decider:
    """Choose how to decide on sites that were left out; each counts the same."""
    ids = tuple(recording for one in left_out for recording in one.windows.recording_ids)
    windows = WindowProbabilities(ids, np.concatenate([one.windows.probabilities for one in left_out]))
    return fit_balanced_decider(windows, cinc16, (NORMAL,), largest_error=LARGEST_ERROR)


def figures_of(site: str, left_out: Mapping[str, LeftOut], cinc16: RecordingSet) -> dict[str, Any]:
    """Return how well a site is told, decided as was chosen without it."""
    decider = decide([left_out[other] for other in DECIDES if other != site], cinc16)
    return _measured(left_out[site].split, cinc16, left_out[site].windows, decider)


def from_bmd_hs(site: str, cinc16: RecordingSet, bmd_hs: RecordingSet, config: Config, work: Path) -> dict[str, Any]:
    """Fit on BMD-HS alone and predict a site."""
    external = config.evaluation.model_copy(update={"protocol": "external", "test_sets": (cinc16.name,)})
    config = config.model_copy(update={"evaluation": external})
    trainer = open_trainer(config, combine([cinc16, bmd_hs]), Machine(), PROGRESS)
    (split,) = plan_splits(trainer.recordings, config).splits
    split = replace(split, test=tuple(p for p in split.test if trainer.recordings.site_of(p) == site))
    model = trainer.fit(split, work, PROGRESS)
    decider = fit_decider(model.validation, trainer.recordings, config.labels, config.evaluation)
    return _measured(split, trainer.recordings, model.predict(split.test), decider)


def _measured(split: Split, recordings: RecordingSet, windows: WindowProbabilities, decider: Decider) -> dict[str, Any]:
    rows = prediction_rows(split, recordings, windows, decider)
    found = measure(rows, **STATISTICS)["patient"]["labels"][NORMAL]
    withheld = rows.loc[rows["level"] == "patient", "uncertain"].mean()
    return {name: found[name] for name in FIGURES} | {"uncertain": {"value": float(withheld)}}


def full_scale(left_out: LeftOut, cinc16: RecordingSet) -> dict[str, Any]:
    """Return how well it tells the label whether a recording touches full scale, and the model among those that do."""
    ids, probabilities = left_out.windows.of_recordings()
    known = {recording.recording_id: recording for recording in cinc16.recordings}
    ill = np.array([cinc16.patients[known[name].patient_id].labels[NORMAL] == 0 for name in ids])
    touches = np.array([np.abs(read_audio(known[name].path).samples).max() >= 0.9999 for name in ids])
    return {
        "share_of_normal": float(touches[~ill].mean()),
        "share_of_abnormal": float(touches[ill].mean()),
        "auroc": float(roc_auc_score(ill, touches)),
        "model_among_them": _auroc(ill[touches], 1 - probabilities[touches, 0]),
        "recordings_among_them": int(touches.sum()),
    }


def _auroc(ill: NDArray[np.bool_], findings: NDArray[np.float64]) -> float | None:
    return float(roc_auc_score(ill, findings)) if len(set(ill)) == 2 else None


def fit_shipped(
    decider: Decider, by_site: Mapping[str, Any], cinc16: RecordingSet, config: Config, work: Path
) -> tuple[Path, float]:
    """Fit the head on all sites with the shipped encoder, and write the bundle; return it and C."""
    trainer = open_trainer(config, cinc16, Machine(), PROGRESS)
    split = final_split(trainer.recordings, config)
    model = trainer.fit(split, work, PROGRESS)
    described = describe_recordings(trainer.recordings)
    levels = {site: {"levels": {"patient": {"labels": {NORMAL: found}}}} for site, found in by_site.items()}
    report = {"task": {"protocol": config.evaluation.protocol}, "sites": levels}
    manifest = build_manifest(config, trainer, Decided(model, decider, split), described, report, tuned=None)
    write_bundle(work / NORMAL_ABNORMAL, manifest, model.tensors, "")
    return work / NORMAL_ABNORMAL, float(model.chosen["C"])  # type: ignore[arg-type]


def figures_in(report: dict[str, Any]) -> dict[str, Any]:
    """Return what the report on BMD-HS says of patients and of recordings."""
    levels, calibration = report["levels"], report["calibration"]["labels"][NORMAL]
    uncertain = report["decisions"]["labels"][NORMAL]["uncertain"]
    return {
        **{level: {name: levels[level]["labels"][NORMAL][name] for name in FIGURES} for level in levels},
        "calibration": {name: calibration[name] for name in ("brier", "ece", "slope", "intercept")},
        "uncertain": {name: uncertain[name] for name in ("share", "error_all", "error_decided")},
    }


if __name__ == "__main__":
    main()
