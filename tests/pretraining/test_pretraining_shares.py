"""Training together is training alone: each of several learns from its share as one learns from the whole."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from heartprobe.data.recordings import RecordingSet
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.network import Convolutions
from heartprobe.errors import ConfigError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.clusters import find_centroids
from heartprobe.pretraining.processes.batch_norm import share_batch_norm
from heartprobe.pretraining.processes.exchange import read_material, write_material
from heartprobe.pretraining.processes.requirements import require_devices, require_shares
from heartprobe.pretraining.real_material import real_material
from heartprobe.pretraining.settings import PretrainingSettings, ScheduleSettings
from heartprobe.pretraining.state import TrainingState
from heartprobe.pretraining.synthetic_material import synthetic_material
from heartprobe.progress import SilentProgress
from meeting_threads import Member, members, together

EVERY_OBJECTIVE = {"clusters": 1.0, "n_clusters": 3, "self_distillation": 1.0}


@pytest.fixture
def even(settings: PretrainingSettings) -> PretrainingSettings:
    """Six labelled, four synthetic and two unlabelled crops, every objective on."""
    return settings.model_copy(
        update={
            "schedule": settings.schedule.model_copy(update={"unlabelled": 2}),
            "objectives": settings.objectives.model_copy(update=EVERY_OBJECTIVE),
        }
    )


@pytest.fixture
def batches(recordings: RecordingSet, even: PretrainingSettings) -> Batches:
    real = real_material(recordings, even.material, even.architecture, SilentProgress())
    return Batches(real, synthetic_material(even.material, even.architecture, SilentProgress()), even)


@pytest.mark.parametrize("world_size", [2, 4])
def test_batch_norm_is_that_of_the_whole_batch(world_size: int) -> None:
    """In double precision: outputs, gradients and running statistics, through all layers of the network."""
    torch.manual_seed(0)
    network = Convolutions(Architecture(channels=2, width=6)).double().train()
    bands = torch.randn(8, 64, 40, dtype=torch.float64) * 3 + 5
    weights = torch.randn(8, 6, 8, dtype=torch.float64)
    copies = [copy.deepcopy(network) for _ in range(world_size)]

    def learn(member: Member) -> torch.Tensor:
        mine = copies[member.rank]
        share_batch_norm(mine, member)
        rows = slice(member.rank * 8 // world_size, (member.rank + 1) * 8 // world_size)
        described = mine(bands[rows])
        (described * weights[rows]).mean().backward()
        return described.detach()

    described = network(bands)
    (described * weights).mean().backward()
    torch.testing.assert_close(torch.cat(together(members(world_size), learn)), described.detach(), rtol=0, atol=1e-12)
    for name, parameter in network.named_parameters():
        gradients = torch.stack([dict(mine.named_parameters())[name].grad for mine in copies])
        assert parameter.grad is not None
        torch.testing.assert_close(gradients.mean(0), parameter.grad, rtol=1e-9, atol=1e-14)
    for name, value in network.state_dict().items():
        for mine in copies:
            torch.testing.assert_close(mine.state_dict()[name], value, rtol=1e-12, atol=1e-14)
    network.eval()
    torch.testing.assert_close(copies[0].eval()(bands), network(bands))


def test_steps_together_are_those_of_one(
    batches: Batches, even: PretrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In single precision, with every objective on: losses, gradients, weights, average and names of the state."""
    # Half precision rounds to three digits, differently in shares.
    monkeypatch.setattr(torch, "autocast", lambda *_: nullcontext())
    cpu, centroids = torch.device("cpu"), find_centroids(batches.real.spectra, even)
    steps = [batches.step(number) for number in range(3)]
    alone = TrainingState(even, cpu, centroids)

    group = members(2)
    states = [TrainingState(even, cpu, centroids, member) for member in group]

    def learn(member: Member) -> list[float]:
        return [states[member.rank].learn(step.share(member.rank, member.world_size)) for step in steps]

    losses = [alone.learn(step) for step in steps]
    expected = alone.tensors()
    for state, own_losses in zip(states, together(group, learn), strict=True):
        assert own_losses == pytest.approx(losses, rel=1e-5)
        tensors = state.tensors()
        assert tensors.keys() == expected.keys()
        for name, tensor in tensors.items():
            assert torch.equal(tensor, states[0].tensors()[name]), name
            torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=2e-5, msg=name)
        for name, parameter in state.parameters.items():
            gradient = alone.parameters[name].grad
            assert parameter.grad is not None
            assert gradient is not None
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_shares_make_the_batch(batches: Batches) -> None:
    """Each has as much of every part, labels and phases go with their crops, and nothing is lost or heard twice."""
    whole = batches.step(0)
    shares = [whole.share(rank, 2) for rank in range(2)]
    for share in shares:
        assert (len(share.bands), share.n_labelled, len(share.lesions), len(share.phases)) == (6, 3, 2, 2)
    parts = ((0, 3, 0), (0, 3, 1), (3, 5, 0), (3, 5, 1), (5, 6, 0), (5, 6, 1))
    for name in ("bands", "clean", "kept"):
        back = torch.cat([getattr(shares[rank], name)[begin:end] for begin, end, rank in parts])
        assert torch.equal(back, getattr(whole, name)), name
    for name in ("abnormal", "lesions", "phases"):
        assert torch.equal(torch.cat([getattr(share, name) for share in shares]), getattr(whole, name)), name


def test_material_comes_through_a_file(batches: Batches, even: PretrainingSettings, tmp_path: Path) -> None:
    """The same batches are made of it, and the same clusters found."""
    centroids = find_centroids(batches.real.spectra, even)
    write_material(tmp_path / "material", batches.real, batches.synthetic, centroids)
    real, synthetic, read_centroids = read_material(tmp_path / "material")
    assert centroids is not None
    assert read_centroids is not None
    assert torch.equal(read_centroids, centroids)
    assert np.array_equal(real.sites, batches.real.sites)
    again, first = Batches(real, synthetic, even).step(5), batches.step(5)
    for name in ("bands", "clean", "kept", "abnormal", "lesions", "phases"):
        assert torch.equal(getattr(again, name), getattr(first, name)), name
    write_material(tmp_path / "without", batches.real, batches.synthetic, None)
    assert read_material(tmp_path / "without")[2] is None


@pytest.mark.parametrize(
    ("schedule", "processes", "text"),
    [
        (
            {"labelled": 64, "synthetic": 30, "unlabelled": 14},
            4,
            r"^4 processes cannot share schedule\.synthetic \(30\) and schedule\.unlabelled \(14\) equally; "
            r"--processes may be 1, 2, or choose multiples of 4\.$",
        ),
        ({"labelled": 9, "synthetic": 6, "unlabelled": 0}, 2, r"labelled \(9\) equally; --processes may be 1, 3, or"),
        ({}, 0, r"^--processes is 0; it is 1 or more\.$"),
    ],
)
def test_uneven_shares_are_refused(schedule: dict[str, int], processes: int, text: str) -> None:
    """Which settings do not divide, and which numbers would."""
    with pytest.raises(ConfigError, match=text):
        require_shares(ScheduleSettings(**schedule), processes)
    require_shares(ScheduleSettings(), 16)


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("cuda", r"^2 processes need as many CUDA devices, and torch finds 1; use --processes 1 or --device cpu\.$"),
        ("cuda:0", r"^--device cuda:0 names one device, and each of 2 processes needs its own; use --device cuda\.$"),
        ("mps", r"^2 processes cannot share the device 'mps'; use --device cpu\.$"),
    ],
)
def test_each_process_needs_a_device(device: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the processor, of which there is always enough."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match=text):
        require_devices(torch.device(device), 2)
    require_devices(torch.device(device), 1)
    require_devices(torch.device("cpu"), 9)
