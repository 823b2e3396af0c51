"""Pre-train with other targets, and measure each variant where its encoder and its head have heard nothing.

    python benchmarks/pretraining_targets.py --cinc16 CINC16 --bmd-hs BMD-HS --work FOLDER [--keep]

Every variant is pre-trained twice, without site a and without sites d and f. At each of these sites the linear head of
the shipped recipe is fitted on the other five, and the site predicted: by these sites alone a target is chosen. The
encoder without site a is measured on BMD-HS, too, at home and abroad, which chooses nothing. An encoder or a
measurement of the same settings that lies in FOLDER is not made again, so that --variant and --place may make parts
side by side; one of other settings is refused. With --keep, figures and table take their places in the repository.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from shipped_classifier import PROGRESS, leave_out
from targets_pairs import DRAWS, SEED, draws, entry, require_same_recordings
from targets_table import table, with_table
from targets_work import read_measurement, require_made_with, write_measurement

from heartprobe.audio import read_audio
from heartprobe.config.load import load_config
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.combine import combine
from heartprobe.data.recordings import RecordingSet
from heartprobe.encoders.load import load_encoder
from heartprobe.experiment import run_experiment
from heartprobe.labels import NORMAL
from heartprobe.machine import Machine
from heartprobe.pretraining.load_settings import load_settings
from heartprobe.pretraining.run import pretrain
from heartprobe.pretraining.self_distillation import normalised, variety
from heartprobe.pretraining.synthetic_material import synthetic_material
from heartprobe.run_folder import to_json
from heartprobe.signal.resampling import resample

REPOSITORY: Final = Path(__file__).resolve().parents[1]
KEPT: Final = Path(__file__).with_suffix(".json")
PAGE: Final = REPOSITORY / "docs" / "pretraining.md"

#: Half the steps of the shipped encoder, which cost nothing there.
SHORT: Final = "schedule.steps=400"
#: No label, neither of people nor of synthetic patients.
_UNLABELLED: Final = (
    "material.labelled_sites=[]",
    *(f"objectives.{name}=0" for name in ("abnormal", "synthetic_abnormal", "lesions", "phases")),
)
#: Weights were set once and not tuned; a cross-entropy among 100 is larger than a distance, and weighs less.
VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "recipe": (),
    "and clusters": ("objectives.clusters=0.2",),
    "and self-distillation": ("objectives.self_distillation=0.5",),
    "clusters for reconstruction": ("objectives.reconstruction=0", "objectives.clusters=0.2"),
    "no labels: reconstruction": (*_UNLABELLED, "objectives.reconstruction=1"),
    "no labels: clusters": (*_UNLABELLED, "objectives.reconstruction=0", "objectives.clusters=1"),
    "no labels: self-distillation": (*_UNLABELLED, "objectives.reconstruction=0", "objectives.self_distillation=1"),
    "recipe, another seed": ("schedule.seed=1",),
    "untrained": ("schedule.steps=2",),
}
BMD_HS: Final = "bmd-hs"
#: What the encoder has not heard that is measured there; d and f are small.
WITHOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "training-a": ("training-a",),
    BMD_HS: ("training-a",),
    "training-d": ("training-d", "training-f"),
    "training-f": ("training-d", "training-f"),
}
SITES: Final = tuple(place for place in WITHOUT if place != BMD_HS)
#: The synthetic patients are the same for all, and take longer than a hundred steps.
PATIENTS: Final = functools.cache(synthetic_material)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cinc16", type=Path, required=True, help="folder with PhysioNet/CinC 2016")
    parser.add_argument("--bmd-hs", type=Path, required=True, help="folder with BMD-HS")
    parser.add_argument("--work", type=Path, required=True, help="where everything goes")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="only this one; may be repeated")
    parser.add_argument("--place", action="append", choices=WITHOUT, help="only this one; may be repeated")
    parser.add_argument("--keep", action="store_true", help="put figures and table into the repository")
    given = parser.parse_args()
    torch.set_num_threads(1)
    dataset = load_config().dataset
    cinc16 = read_dataset("physionet-2016", given.cinc16, dataset)
    bmd_hs = read_dataset(BMD_HS, given.bmd_hs, dataset)
    variants, places = given.variant or list(VARIANTS), given.place or list(WITHOUT)
    for place in places:
        for variant in variants:
            found = given.work / slug(variant) / f"{place}.json"
            if not found.is_file():
                encoder = encoder_of(variant, place, cinc16, given.work)
                at_site = place in SITES
                figures = scores(place, encoder, cinc16) if at_site else on_bmd_hs(encoder, cinc16, bmd_hs)
                write_measurement(found, overrides(variant, place), figures)
    if "recipe" in variants:
        figures = collect(given.work, variants, places, cinc16)
        (given.work / KEPT.name).write_text(to_json(figures), encoding="utf-8")
        print(table(figures))
        if given.keep:
            KEPT.write_text(to_json(figures), encoding="utf-8")
            PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


def slug(variant: str) -> str:
    return re.sub(r"\W+", "-", variant)


def encoder_of(variant: str, place: str, cinc16: RecordingSet, work: Path) -> Path:
    """Return the folder of the encoder that a variant is measured with at a place; it is made where it is not there."""
    folder = encoder_folder(work, variant, place)
    settings = load_settings(None, overrides(variant, place))
    if (folder / "config.json").is_file():
        require_made_with(folder, settings)
    else:
        patients = PATIENTS(settings.material, settings.architecture, PROGRESS)
        pretrain(cinc16, folder, settings, progress=PROGRESS, synthetic=patients)
    return folder


def encoder_folder(work: Path, variant: str, place: str) -> Path:
    return work / slug(variant) / "-".join(["without", *WITHOUT[place]])


def overrides(variant: str, place: str) -> list[str]:
    """Return the settings of the encoder that a variant is measured with at a place, where they are not the default."""
    return [SHORT, *VARIANTS[variant], f"material.held_out={json.dumps(WITHOUT[place])}"]


def scores(site: str, encoder: Path, cinc16: RecordingSet) -> dict[str, Any]:
    """Fit the head on the other sites, and return truth and answer for every recording of this one."""
    config = load_config(
        overrides=["audio.windows=whole", "evaluation.protocol=leave-site-out", f"models.default_model={encoder}"]
    )
    left_out = leave_out(site, cinc16, config, encoder.parent)
    ids, probabilities = left_out.windows.of_recordings()
    patients = {recording.recording_id: recording.patient_id for recording in cinc16.recordings}
    abnormal = [cinc16.patients[patients[name]].labels[NORMAL] == 0 for name in ids]
    return {"recordings": ids, "abnormal": abnormal, "findings": [float(1 - p) for p in probabilities[:, 0]]}


def on_bmd_hs(encoder: Path, cinc16: RecordingSet, bmd_hs: RecordingSet) -> dict[str, Any]:
    """Return AUROC at home and abroad."""
    whole, model = "audio.windows=whole", f"models.default_model={encoder}"
    home = ["training.multi_label=true", "evaluation.protocol=cv", "evaluation.repeats=5"]
    abroad = ["evaluation.protocol=external", f'evaluation.test_sets=["{BMD_HS}"]', "dataset.name=physionet-2016"]
    at = encoder.parent
    machine, both = Machine(device="cpu", workers=1), combine([cinc16, bmd_hs])
    config = load_config(overrides=[whole, model, *home])
    homely = run_experiment(config, bmd_hs, at / "home", machine=machine, progress=PROGRESS)
    config = load_config(overrides=[whole, model, *abroad])
    foreign = run_experiment(config, both, at / "abroad", machine=machine, progress=PROGRESS)
    levels = {level: foreign["levels"][level]["labels"][NORMAL]["auroc"] for level in ("patient", "recording")}
    return {
        "home": homely["levels"]["patient"]["macro"]["auroc"],
        **{f"abroad_{level}": found for level, found in levels.items()},
    }


def variety_at(site: str, encoder: Path, cinc16: RecordingSet) -> float:
    """Return which share of the descriptions of 100 recordings differs from frame to frame; 0 is collapse."""
    module = load_encoder(str(encoder)).module
    described = []
    with torch.inference_mode():
        for recording in [one for one in cinc16.recordings if cinc16.site_of(one.patient_id) == site][:100]:
            audio = read_audio(recording.path)
            sound = resample(audio.samples.astype(np.float64), audio.rate_hz, module.rate_hz)
            described.append(module.network(module.bands(torch.from_numpy(sound).float()[None])))
    return variety(normalised(torch.cat(described, dim=2)))


def collect(work: Path, variants: Sequence[str], places: Sequence[str], cinc16: RecordingSet) -> dict[str, Any]:
    """Return the figures of variants; differences are those from the recipe, of the same recordings."""
    found = {v: {p: read_measurement(work / slug(v) / f"{p}.json", overrides(v, p)) for p in places} for v in variants}
    heard = [place for place in SITES if place in places]
    for site in heard:
        require_same_recordings(site, {variant: found[variant][site] for variant in variants})
    drawn = {variant: draws([found[variant][site] for site in heard]) for variant in variants}
    by_variant = {}
    for variant in variants:
        sites = {site: entry(drawn[variant][:, i]) for i, site in enumerate(heard)}
        difference = entry(drawn[variant].mean(1) - drawn["recipe"].mean(1))
        at_sites = {"sites": sites, "mean": entry(drawn[variant].mean(1)), "difference": difference}
        varied = {site: variety_at(site, encoder_of(variant, site, cinc16, work), cinc16) for site in heard}
        told = {"variety": varied, "bmd_hs": found[variant].get(BMD_HS)}
        by_variant[variant] = {"set": list(VARIANTS[variant]), **at_sites, **told}
    return {"set": [SHORT], "draws": DRAWS, "seed": SEED, "variants": by_variant}


if __name__ == "__main__":
    main()
