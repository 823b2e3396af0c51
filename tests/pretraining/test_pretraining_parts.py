"""Material, invariances, objectives and schedule, by hand where that is possible."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from heartprobe import encoders
from heartprobe.config.load import setting_names
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.invariances import Invariances
from heartprobe.pretraining.load_settings import load_settings
from heartprobe.pretraining.objectives import stacked_frames
from heartprobe.pretraining.real_material import real_material
from heartprobe.pretraining.settings import InvarianceSettings, PretrainingSettings, ScheduleSettings
from heartprobe.pretraining.spectra import Spectra
from heartprobe.pretraining.state import cycle
from heartprobe.pretraining.synthetic_material import synthetic_material, varied_patient
from heartprobe.progress import SilentProgress

NOTHING = InvarianceSettings(speed=0, pitch=0, compression=0, noise=0, narrow=0, masks=0)


def test_noisy_and_unlisted_sites_teach_no_label(recordings: RecordingSet, settings: PretrainingSettings) -> None:
    """Of sites a, b and f the labels of a and f are learned, but for one recording that is called too noisy."""
    real = real_material(recordings, settings.material, settings.architecture, SilentProgress())
    assert len(real.spectra) == 12
    assert real.is_labelled.tolist() == [True, True, True, False] + [False] * 4 + [True] * 4
    assert real.is_abnormal.tolist() == [True, True, False, False] * 3
    assert [[part.tolist() for part in pool] for pool in real.pools()] == [[[2], [0, 1]], [[10, 11], [8, 9]]]


def test_a_short_recording_is_repeated_to_fill_a_crop() -> None:
    """And a long one is cut out of, never across its end."""
    spectra = Spectra(torch.arange(8.0)[:, None].half(), np.array([0, 3, 8]))
    short, rows = spectra.crop(np.array([0]), 5, np.random.default_rng(0))
    assert short[0, :, 0].tolist() == [0, 1, 2, 0, 1] == rows[0].tolist()
    for seed in range(20):
        _, rows = spectra.crop(np.array([1]), 4, np.random.default_rng(seed))
        assert rows[0].tolist() in ([3, 4, 5, 6], [4, 5, 6, 7])


def test_phases_follow_the_heart() -> None:
    """S1, systole, S2, diastole in this order, diastole the longest at 60 beats a minute, systole before S2."""
    material = synthetic_material(
        PretrainingSettings().material.model_copy(update={"synthetic_patients": 2}),
        PretrainingSettings().architecture,
        SilentProgress(),
    )
    assert len(material.phases) == len(material.spectra.levels)
    phases = material.phases[int(material.spectra.starts[0]) : int(material.spectra.starts[1])]
    changes = [(int(a), int(b)) for a, b in itertools.pairwise(phases) if a != b]
    assert set(changes) <= {(0, 1), (1, 2), (2, 3), (3, 0)}
    assert len(changes) > 20


def test_patients_are_varied_and_the_same_again() -> None:
    """Heart rates of a hundred patients reach further than the generator's own 52 to 110."""
    rates = [varied_patient(7, number)[0].rhythm.rate_bpm for number in range(100)]
    assert rates == [varied_patient(7, number)[0].rhythm.rate_bpm for number in range(100)]
    assert min(rates) < 55
    assert 110 < max(rates) <= 140


def test_without_any_change_a_crop_stays_as_it_is() -> None:
    """But for the frame that is spare at either end, and each band's mean."""
    change = Invariances(NOTHING, 10, 8, seed=0)
    assert change.frames_needed == 12
    crops = torch.randn(3, 12, 8, generator=torch.Generator().manual_seed(0))
    changed = change(crops, torch.Generator().manual_seed(1))
    expected = crops[:, 1:-1] - crops[:, 1:-1].mean(1, keepdim=True)
    torch.testing.assert_close(changed.bands, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(changed.clean, expected, atol=1e-5, rtol=0)
    assert changed.speed.tolist() == [1, 1, 1]


def test_changes_are_drawn_from_the_generator_alone() -> None:
    """The same generator gives the same changes, another one others."""
    change = Invariances(InvarianceSettings(), 32, 8, seed=0)
    crops = torch.randn(4, change.frames_needed, 8, generator=torch.Generator().manual_seed(0))
    first, again, other = (change(crops, torch.Generator().manual_seed(seed)).bands for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_batch_depends_on_its_step_alone(recordings: RecordingSet, settings: PretrainingSettings) -> None:
    """So that an interruption changes nothing; labelled crops come half from each site, half from each class."""
    real = real_material(recordings, settings.material, settings.architecture, SilentProgress())
    synthetic = synthetic_material(settings.material, settings.architecture, SilentProgress())
    batches = Batches(real, synthetic, settings)
    first = batches.step(3)
    batches.step(4)
    assert torch.equal(batches.step(3).bands, first.bands)
    assert first.bands.shape == (13, 64, 40)
    assert first.n_labelled == 6
    assert first.lesions.shape == (4, 5)
    assert first.phases.shape == (4, 8)
    many = torch.cat([batches.step(step).abnormal for step in range(100)])
    assert 0.45 < float(many.mean()) < 0.55


def test_phases_are_those_of_the_crop(recordings: RecordingSet, settings: PretrainingSettings) -> None:
    """At unchanged speed: every eighth frame, one after the spare frame at the beginning."""
    settings = settings.model_copy(update={"invariances": NOTHING})
    real = real_material(recordings, settings.material, settings.architecture, SilentProgress())
    synthetic = synthetic_material(settings.material, settings.architecture, SilentProgress())
    numbered = type(synthetic)(synthetic.spectra, synthetic.labels, torch.arange(len(synthetic.phases)))
    phases = Batches(real, numbered, settings).step(0).phases
    assert (phases[:, 1:] - phases[:, :-1]).unique().tolist() == [8]


def test_frames_are_laid_on_top_of_each_other() -> None:
    """Two bands, four frames, two of them for one frame of the network: all frames of a band, then the next band."""
    bands = torch.tensor([[[1, 10], [2, 20], [3, 30]]])
    stacked = stacked_frames(bands, torch.Size([1, 4, 2]))
    assert stacked[0].T.tolist() == [[1, 2, 10, 20], [3, 0, 30, 0]]


def test_the_schedule_is_one_cycle() -> None:
    """The same rates and momenta as torch's, step by step."""
    schedule = ScheduleSettings(steps=40, learning_rate=0.003)
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=0.003)
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.003, total_steps=40, pct_start=0.15)
    for step in range(40):
        group = optimiser.param_groups[0]
        assert cycle(step, schedule) == pytest.approx((group["lr"], group["betas"][0]), rel=1e-6)
        optimiser.step()
        if step < 39:
            torchs.step()


def test_settings_come_from_a_file_and_overrides(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text("[schedule]\nsteps = 10\n[architecture]\nwidth = 64\n")
    settings = load_settings(file, ['material.held_out=["training-f"]', "schedule.seed=3"])
    assert (settings.schedule.steps, settings.schedule.seed, settings.architecture.width) == (10, 3, 64)
    assert settings.material.held_out == ("training-f",)


def test_an_encoder_is_made_again_from_its_own_description() -> None:
    """The `config.json` of an encoder names its settings, which may be laid over as any others."""
    shipped = Path(encoders.__file__).parent / "shipped" / "heartprobe-pcg" / "config.json"
    assert load_settings(shipped) == PretrainingSettings()
    assert load_settings(shipped, ["architecture.width=64"]).architecture.width == 64


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (["schedule.step=10"], r"there is no setting 'schedule\.step'\. Did you mean 'schedule\.steps'\?"),
        (["invariances.narrow=2"], r"invariances\.narrow is 2: input should be less than or equal to 1"),
        (
            ['material.labelled_sites=["x"]', 'material.held_out=["x"]'],
            r"In the given settings: every one of material\.labelled_sites is held out; leave one of them in\.$",
        ),
    ],
)
def test_wrong_settings_are_named(overrides: list[str], text: str) -> None:
    """One sentence with the setting, what it was and what was expected."""
    with pytest.raises(ConfigError, match=text):
        load_settings(None, overrides)


def test_every_setting_is_on_the_page() -> None:
    """With its default, in docs/pretraining.md."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "pretraining.md").read_text(encoding="utf-8")
    assert [name for name in setting_names(PretrainingSettings) if f"| `{name}` |" not in page] == []
