"""Clusters and self-distillation as targets, and pre-training without any label."""

from __future__ import annotations

import importlib.util
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError
from heartprobe.pretraining import loop
from heartprobe.pretraining.batches import Batch, Batches
from heartprobe.pretraining.clusters import cluster_loss, find_centroids, nearest
from heartprobe.pretraining.load_settings import load_settings
from heartprobe.pretraining.objectives import Targets, loss
from heartprobe.pretraining.real_material import RealMaterial, real_material
from heartprobe.pretraining.run import pretrain
from heartprobe.pretraining.self_distillation import normalised, self_distillation_loss, variety
from heartprobe.pretraining.settings import MaterialSettings, ObjectiveSettings, PretrainingSettings
from heartprobe.pretraining.spectra import Spectra
from heartprobe.pretraining.state import TrainingState
from heartprobe.pretraining.synthetic_material import SyntheticMaterial, synthetic_material
from heartprobe.progress import SilentProgress
from listener import Listener

REPOSITORY = Path(__file__).resolve().parents[2]
BOTH = {"clusters": 0.2, "n_clusters": 5, "self_distillation": 0.5}
NO_LABELS = {"abnormal": 0.0, "synthetic_abnormal": 0.0, "lesions": 0.0, "phases": 0.0}
CPU = torch.device("cpu")


def with_objectives(settings: PretrainingSettings, **weights: Any) -> PretrainingSettings:
    return settings.model_copy(update={"objectives": ObjectiveSettings(**weights)})


def without_labels(settings: PretrainingSettings, **weights: Any) -> PretrainingSettings:
    material = settings.material.model_copy(update={"labelled_sites": ()})
    return with_objectives(settings.model_copy(update={"material": material}), **NO_LABELS, **weights)


@pytest.fixture
def real(recordings: RecordingSet, settings: PretrainingSettings) -> RealMaterial:
    return real_material(recordings, settings.material, settings.architecture, SilentProgress())


@pytest.fixture(scope="module")
def synthetic() -> SyntheticMaterial:
    settings = PretrainingSettings()
    material = MaterialSettings(synthetic_patients=2)
    return synthetic_material(material, settings.architecture, SilentProgress())


@pytest.fixture
def batch(real: RealMaterial, synthetic: SyntheticMaterial, settings: PretrainingSettings) -> Batch:
    return Batches(real, synthetic, settings).step(0)


def test_the_nearest_centroid_is_the_target() -> None:
    """One band, two frames of it to one of the network: (0, 1), (5, 5), and half a frame that has no target."""
    centroids = torch.tensor([[4.0, 4.0], [0.0, 0.0]])
    assert nearest(centroids, torch.tensor([[[0.0], [1.0], [5.0], [5.0], [9.0]]])).tolist() == [[1, 0]]


def test_the_loss_of_clusters_by_hand() -> None:
    """Odds of 3 to 1 for the right one, then for the wrong one; the third frame is not whole and does not count."""
    logits = torch.tensor([[[math.log(3), math.log(3), 50], [0, 0, 0]]])
    expected = (math.log(4 / 3) + math.log(4)) / 2
    assert float(cluster_loss(logits, torch.tensor([[0, 1]]))) == pytest.approx(expected)


def test_clusters_are_found_and_found_again() -> None:
    """Of frames that are all 1 or all -1, with a beginning of a frame at the end of a recording, these two."""
    levels = torch.cat([torch.ones(16, 40), -torch.ones(24, 40), torch.full((3, 40), 7.0)]).half()
    spectra = Spectra(levels, np.array([0, 16, 43]))
    settings = with_objectives(PretrainingSettings(), clusters=1.0, n_clusters=2)
    found = find_centroids(spectra, settings)
    again = find_centroids(spectra, settings)
    assert found is not None
    assert again is not None
    assert found.shape == (2, 320)
    assert sorted(found.mean(1).tolist()) == [-1, 1]
    assert torch.equal(found, again)
    assert find_centroids(spectra, PretrainingSettings()) is None


def test_more_clusters_than_frames_are_refused() -> None:
    spectra = Spectra(torch.zeros(43, 40).half(), np.array([0, 16, 43]))
    settings = with_objectives(PretrainingSettings(), clusters=1.0, n_clusters=6)
    with pytest.raises(ConfigError, match=r"n_clusters is 6, and the recordings have 5 frames of 8 to be clustered"):
        find_centroids(spectra, settings)


def test_the_loss_of_self_distillation_by_hand() -> None:
    """A distance of 1/2 counts a half of its square, one of 2 counts 2 less 1/2; saying nothing is normalised away."""
    target = normalised(torch.tensor([[[1.0, 30.0], [3.0, 10.0]]]))
    torch.testing.assert_close(target, torch.tensor([[[-1.0, 1.0], [1.0, -1.0]]]), atol=1e-4, rtol=0)
    predicted = torch.tensor([[[-0.5, 1.0], [1.0, 1.0]]])
    assert float(self_distillation_loss(predicted, target)) == pytest.approx((0.125 + 1.5) / 4, abs=1e-4)


def test_a_teacher_that_says_the_same_of_everything_has_no_variety() -> None:
    """Opposite descriptions have all of it, silent ones none, and a mixture of four to one what its mean leaves."""
    one = torch.tensor([1.0, -1.0, 1.0, -1.0])
    assert variety(one[None, :, None].expand(2, 4, 3)) == pytest.approx(0)
    assert variety(torch.stack([one, -one], dim=1)[None]) == pytest.approx(1)
    assert variety(torch.stack([one] * 4 + [-one], dim=1)[None]) == pytest.approx(1 - 0.6**2)
    assert variety(torch.zeros(1, 4, 3)) == 0


def test_an_objective_without_weight_has_no_head_and_changes_nothing(
    batch: Batch, settings: PretrainingSettings
) -> None:
    """The same weights after two steps, whatever else of it is set, and nothing of it in a checkpoint."""
    plain = TrainingState(settings, CPU)
    other = TrainingState(with_objectives(settings, n_clusters=7), CPU)
    assert [plain.learn(batch) for _ in range(2)] == [other.learn(batch) for _ in range(2)]
    assert plain.tensors().keys() == other.tensors().keys()
    assert all(torch.equal(tensor, other.tensors()[name]) for name, tensor in plain.tensors().items())
    assert not [name for name in plain.tensors() if "cluster" in name or "description" in name or "centroid" in name]


def test_further_heads_leave_the_initial_weights_of_the_others_alone(settings: PretrainingSettings) -> None:
    plain = TrainingState(settings, CPU).tensors()
    both = TrainingState(with_objectives(settings, **BOTH), CPU, torch.zeros(5, 320)).tensors()
    added = both.keys() - plain.keys()
    parts = {f"{network}.{head}" for network in ("network", "average") for head in ("clusters", "description")}
    assert {name.rpartition(".")[0] or name for name in added} == {*parts, "centroids"}
    assert all(torch.equal(tensor, both[name]) for name, tensor in plain.items())


def test_targets_are_found_in_the_clean_crop(batch: Batch, settings: PretrainingSettings) -> None:
    """By the centroids, and by the average, not by the network itself; what the student hears makes no difference."""
    centroids = torch.randn(5, 320, generator=torch.Generator().manual_seed(0))
    state = TrainingState(with_objectives(settings, **BOTH), CPU, centroids)
    # After the first step the average is the network still.
    for _ in range(2):
        state.learn(batch)
    assert [name for name, weight in state.average.named_parameters() if weight.grad is not None] == []
    targets = state._targets(batch)
    assert targets.clusters is not None
    assert targets.description is not None
    assert torch.equal(targets.clusters, nearest(centroids, batch.clean))
    assert not torch.equal(targets.clusters, nearest(centroids, batch.bands))
    with torch.no_grad():
        assert torch.equal(targets.description, normalised(state.average.describe(batch.clean)))
        assert not torch.equal(targets.description, normalised(state.average.describe(batch.bands)))
        student = normalised(state.network.eval().describe(batch.clean))
    assert float((targets.description - student).abs().max()) > 0.01


def test_each_target_is_weighed(batch: Batch, settings: PretrainingSettings) -> None:
    """The loss with one objective alone is its own, times the weight."""
    state = TrainingState(with_objectives(settings, **BOTH), CPU, torch.randn(5, 320))
    outputs = state.network(batch.bands, batch.kept)
    targets = state._targets(batch)
    assert targets.clusters is not None
    assert targets.clusters.shape == (13, 8)
    assert outputs.clusters is not None
    assert outputs.description is not None
    assert targets.description is not None
    nothing = {**NO_LABELS, "reconstruction": 0.0}
    found = loss(outputs, batch, targets, ObjectiveSettings(**nothing, clusters=2.0))
    torch.testing.assert_close(found, 2 * cluster_loss(outputs.clusters, targets.clusters))
    found = loss(outputs, batch, targets, ObjectiveSettings(**nothing, self_distillation=3.0))
    torch.testing.assert_close(found, 3 * self_distillation_loss(outputs.description, targets.description))
    with pytest.raises(ValueError, match="no head or no target"):
        loss(outputs, batch, Targets(), ObjectiveSettings(**BOTH))


def test_without_labels_they_make_no_difference(
    real: RealMaterial, synthetic: SyntheticMaterial, settings: PretrainingSettings
) -> None:
    """Neither which crops are drawn nor what is learned of them; as many crops as with labels."""
    settings = without_labels(settings)
    unlabelled = replace(real, is_labelled=np.zeros(12, dtype=bool))
    turned = replace(unlabelled, is_abnormal=~real.is_abnormal)
    first, other = (Batches(material, synthetic, settings).step(2) for material in (unlabelled, turned))
    assert first.bands.shape == (13, 64, 40)
    assert first.n_labelled == 0
    assert torch.equal(first.bands, other.bands)
    states = [TrainingState(settings, CPU) for _ in range(2)]
    changed = replace(other, lesions=1 - other.lesions, phases=3 - other.phases)
    assert states[0].learn(first) == states[1].learn(changed)
    for name, tensor in states[0].tensors().items():
        assert torch.equal(tensor, states[1].tensors()[name]), name


@pytest.mark.parametrize("target", ["reconstruction", "clusters", "self_distillation"])
def test_any_target_teaches_alone(
    target: str, recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    """Without a label, from recordings to a folder whose card says so."""
    weights = {"reconstruction": 0.0, "n_clusters": 5, target: 1.0}
    settings = without_labels(settings, **weights)
    folder = pretrain(recordings, tmp_path / "mine", settings, progress=SilentProgress())
    assert "Labels (normal or abnormal) were learned of nothing." in (folder / "README.md").read_text()
    made = json.loads((folder / "config.json").read_text())["pretraining"]
    assert made["objectives"][target] == 1
    assert made["recordings"] == {"training-a": 4, "training-b": 4, "training-f": 4}


@pytest.mark.parametrize("taught", [True, False])
def test_a_collapsing_teacher_would_be_noticed(
    taught: bool,
    real: RealMaterial,
    synthetic: SyntheticMaterial,
    settings: PretrainingSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How varied its targets are stands beside the loss; without a teacher nothing does."""
    monkeypatch.setattr(loop, "_TELL_EVERY", 3)
    settings = with_objectives(settings, self_distillation=float(taught))
    state, batches, notes = TrainingState(settings, CPU), Batches(real, synthetic, settings), []
    loop.take_steps(state, batches, advance=lambda _: None, note=notes.append, keep=lambda: None)
    told = r"\."
    if taught:
        with torch.no_grad():
            value = variety(normalised(state.average.describe(batches.step(5).clean)))
        told = rf", variety of the teacher {value:.2f} \(0 is collapse\)\."
    assert [bool(re.fullmatch(r"Step 6 of 6: loss \d\.\d{3}" + told, note)) for note in notes] == [False, True]


def test_synthetic_material_may_be_given(
    recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    """It is not made again, and the weights are the same."""
    made = synthetic_material(settings.material, settings.architecture, SilentProgress())
    listener = Listener()
    given = pretrain(recordings, tmp_path / "given", settings, progress=listener, synthetic=made)
    own = pretrain(recordings, tmp_path / "own", settings, progress=SilentProgress())
    assert [task.description for task in listener.tasks] == ["Real recordings", "Pre-training"]
    assert (given / "model.safetensors").read_bytes() == (own / "model.safetensors").read_bytes()


def test_labels_to_be_learned_need_a_site(
    recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"material": MaterialSettings(labelled_sites=(), synthetic_patients=1)})
    with pytest.raises(ConfigError, match=r"labelled_sites is empty.* set objectives\.abnormal to 0, or name a site"):
        pretrain(recordings, tmp_path / "mine", settings, progress=SilentProgress())


def test_something_must_be_learned() -> None:
    names = ("abnormal", "synthetic_abnormal", "lesions", "phases", "reconstruction")
    with pytest.raises(ConfigError, match=r"every weight is 0; give one of the objectives a weight"):
        load_settings(None, [f"objectives.{name}=0" for name in names])


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("targets_table", REPOSITORY / "benchmarks" / "targets_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_what_was_measured(page: ModuleType) -> None:
    """Every digit of its table is that of `benchmarks/pretraining_targets.py`."""
    figures = json.loads((REPOSITORY / "benchmarks" / "pretraining_targets.json").read_text())
    text = (REPOSITORY / "docs" / "pretraining.md").read_text(encoding="utf-8")
    assert page.with_table(text, figures) == text
    assert page.table(figures).count("\n") == 2 + len(figures["variants"])
    assert page.with_interval({"value": 0.0084, "low": -0.0126, "high": 1.0}, sign="+") == "+.008 (-.013 to +1.000)"
