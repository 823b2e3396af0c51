"""What is wrong with a recording, found in recordings in which it is."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from heart_like_sounds import audio, beating, to_16_bit
from heartprobe.audio import read_audio
from heartprobe.signal.quality import QUALITY_KINDS, assess, clipped_share, flat_share


def kinds(samples: np.ndarray, rate_hz: int = 4000) -> list[tuple[str, bool]]:
    return [(one.kind, one.is_disqualifying) for one in assess(audio(samples, rate_hz)).findings]


@pytest.mark.parametrize("bpm", [45, 70, 120])
@pytest.mark.parametrize("rate_hz", [2000, 4000, 44_100])
def test_nothing_is_wrong_with_a_good_recording(bpm: float, rate_hz: int) -> None:
    """Scaled so that its peak touches full scale, as all of BMD-HS are."""
    assert kinds(to_16_bit(beating(bpm, rate_hz=rate_hz)), rate_hz) == []


def test_clipped_recording() -> None:
    """Nothing depends on full scale: half as loud, it is as clipped."""
    for gain in (1.0, 0.5):
        clipped = gain * to_16_bit(4 * beating(70))
        assert kinds(clipped) == [("clipped", True)]
        assert clipped_share(audio(clipped)) == pytest.approx(0.078, abs=0.01)


def test_one_knock_to_full_scale_is_no_clipping() -> None:
    samples = 0.5 * beating(70)
    samples[8000:8020] = 1.0
    assert clipped_share(audio(samples)) == 0.0


def test_little_clipping_is_noted() -> None:
    """Six plateaus of ten samples: 60 of 80,000 samples are 0.075 %."""
    samples = 0.8 * beating(70)
    for start in range(10_000, 70_000, 10_000):
        samples[start : start + 10] = 1.0
    assert clipped_share(audio(samples)) == pytest.approx(0.00075)
    assert ("clipped", False) in kinds(samples)


def test_coarse_rounding_is_no_clipping() -> None:
    """8 bits at 44.1 kHz: a slow wave stays at its highest value for many samples, but at few places."""
    time = np.arange(44_100 * 5) / 44_100
    swelling = np.linspace(0.5, 1, time.size) * np.sin(2 * np.pi * 50 * time)
    assert clipped_share(audio(np.round(swelling * 127) / 128, 44_100)) == 0.0


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (beating(70, 2.5), [("too-short", True)]),
        (np.random.default_rng(0).integers(-3, 4, 40_000) / 32768, [("silent", True)]),
        (np.concatenate([beating(70, 4.0), np.zeros(24_000)]), [("silent", True)]),
        (np.concatenate([beating(70, 16.0), np.zeros(16_000)]), [("silent", False)]),
        (np.random.default_rng(0).standard_normal(40_000) / 6, [("no-heartbeat", True)]),
    ],
    ids=["short", "idle converter", "mostly off", "partly off", "noise"],
)
def test_each_fault_is_found(samples: np.ndarray, expected: list[tuple[str, bool]]) -> None:
    assert [kind for kind in kinds(samples) if kind[0] == expected[0][0]] == expected
    assert kinds(samples)[0] == expected[0]


def test_rising_noise_is_noted_then_disqualifies() -> None:
    """From a good recording over a noisy one to one without a heart."""
    heard = [kinds(beating(70, noise=noise)) for noise in (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.2, 3.0)]
    assert heard[0] == []
    assert heard[-1] == [("no-heartbeat", True)]
    is_left_out = [any(is_bad for _, is_bad in one) for one in heard]
    assert is_left_out == sorted(is_left_out)


def test_irregular_heart_is_no_noise() -> None:
    """As in atrial fibrillation: hardly anything comes again in time, but the beats stand out."""
    rng = np.random.default_rng(5)
    beats = [beating(60 / length, length, noise=0.01, seed=i) for i, length in enumerate(rng.uniform(0.45, 1.4, 25))]
    found = assess(audio(np.concatenate(beats)))
    assert found.periodicity < 0.4
    assert found.disqualifying is None


def test_flat_share_by_hand() -> None:
    """Two of four half seconds."""
    samples = np.concatenate([np.linspace(-1, 1, 4000), np.full(4000, 0.25)])
    assert flat_share(audio(samples)) == 0.5


def test_findings_say_what_and_what_to_do() -> None:
    (finding,) = assess(audio(np.random.default_rng(0).standard_normal(40_000) / 6)).findings
    assert finding.kind in QUALITY_KINDS
    assert "told from noise" in finding.detail
    assert "record it again" in finding.detail


@pytest.mark.real_data
@pytest.mark.slow
def test_how_often_real_recordings_are_left_out(shared: Path) -> None:
    """Every second one of BMD-HS, none of which is clipped, and of two sites of PhysioNet 2016.

    There, a twentieth of what people found good is left out at most, and more of what they found too noisy.
    """
    bmd_hs = [assess(read_audio(path)) for path in sorted((shared / "data/bmd-hs/train").glob("*.flac"))[::2]]
    assert max(one.clipped_share for one in bmd_hs) == 0.0
    assert sum(one.disqualifying is not None for one in bmd_hs) / len(bmd_hs) < 0.06
    assert sum(one.heart_rate.bpm is not None for one in bmd_hs) / len(bmd_hs) > 0.65
    judged: Counter[tuple[bool, bool]] = Counter()
    for site in ("training-a", "training-b"):
        folder = shared / "data/physionet-2016" / site
        with (folder / "REFERENCE-SQI.csv").open() as table:
            for name, _, good in list(csv.reader(table))[::2]:
                is_bad = assess(read_audio(folder / f"{name}.flac")).disqualifying is not None
                judged[good == "1", is_bad] += 1
    assert judged[True, True] / (judged[True, True] + judged[True, False]) < 0.03
    assert judged[False, True] / (judged[False, True] + judged[False, False]) > 0.08
