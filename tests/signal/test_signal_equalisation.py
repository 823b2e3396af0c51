"""Tests of taking a recording's long-term spectrum out."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.signal.equalisation import equalise, long_term_level

DB = 10 / np.log(10)


def coloured_noise(rng: np.random.Generator, rate_hz: int = 4000, duration_s: float = 20.0) -> np.ndarray:
    """Noise whose power falls by 24 dB from 20 Hz to 1 kHz, as white noise does behind a slope."""
    white = rng.standard_normal(round(duration_s * rate_hz))
    hz = np.fft.rfftfreq(white.size, 1 / rate_hz)
    return np.fft.irfft(np.fft.rfft(white) / (1 + (hz / 250) ** 2) ** 0.5, white.size)


def through(samples: np.ndarray, rate_hz: int, knots_db: list[float]) -> np.ndarray:
    """The sound behind a smooth filter with these gains at 20 Hz to 1 kHz, equal ratios apart."""
    hz = np.fft.rfftfreq(samples.size, 1 / rate_hz)
    knots_hz = np.geomspace(20, 1000, len(knots_db))
    gain_db = np.interp(np.log(np.maximum(hz, 1)), np.log(knots_hz), knots_db)
    return np.fft.irfft(np.fft.rfft(samples) * 10 ** (gain_db / 20), samples.size)


def levels_db(samples: np.ndarray, rate_hz: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and the mean level at each."""
    frame = round(0.064 * rate_hz)
    level = DB * long_term_level(samples, frame)
    return np.arange(level.size) * rate_hz / frame, level


def test_the_level_of_a_tone_by_hand() -> None:
    """Frames of 8 under a Hann window, which sums to 4: a cosine of two samples per half-wave has a quarter of 4."""
    tone = np.cos(2 * np.pi * np.arange(64) / 4)
    power = np.exp(long_term_level(tone, 8))
    np.testing.assert_allclose(power, [0, 1, 4, 1, 0], atol=1e-9)


@pytest.mark.parametrize("rate_hz", [2000, 4000, 16_000])
def test_all_frequencies_become_equally_loud(rng: np.random.Generator, rate_hz: int) -> None:
    """From 12 dB apart to 1.5 dB, at every rate."""
    noise = coloured_noise(rng, rate_hz)
    inside = slice(3, 60)  # 47 to 922 Hz
    assert np.ptp(levels_db(noise, rate_hz)[1][inside]) > 10
    assert np.ptp(levels_db(equalise(noise, rate_hz), rate_hz)[1][inside]) < 1.5


def test_the_loudest_frequency_stays_as_it_is(rng: np.random.Generator) -> None:
    noise = through(coloured_noise(rng), 4000, [-20, 0, 10, 0, -20])
    before, after = (levels_db(sound)[1] for sound in (noise, equalise(noise, 4000)))
    loudest = int(before.argmax())
    assert after[loudest] == pytest.approx(before[loudest], abs=1.0)


def test_a_smooth_filter_in_front_is_gone(rng: np.random.Generator) -> None:
    """It moves frequencies by 24 dB against each other before, and by less than 1 dB after."""
    noise = coloured_noise(rng)
    other = through(noise, 4000, [12, 6, -12, 0, 12])
    inside = slice(3, 60)

    moved = levels_db(other)[1] - levels_db(noise)[1]
    left = levels_db(equalise(other, 4000))[1] - levels_db(equalise(noise, 4000))[1]

    assert np.ptp(moved[inside]) > 20
    assert np.ptp(left[inside]) < 1.0


@pytest.mark.parametrize("gain", [1e-6, 0.25, 3e4])
def test_a_gain_stays_a_gain(rng: np.random.Generator, gain: float) -> None:
    noise = coloured_noise(rng, duration_s=2.0)
    np.testing.assert_allclose(equalise(gain * noise, 4000), gain * equalise(noise, 4000), rtol=1e-6, atol=1e-9 * gain)


def test_what_varies_is_kept() -> None:
    """Two tones that beat in turn: their rhythm stays, their loudness becomes the same."""
    seconds = np.arange(40_000) / 4000
    is_first = (seconds % 1.0 < 0.5).astype(float)
    noise = 0.01 * np.random.default_rng(0).standard_normal(seconds.size)
    first, second = np.sin(2 * np.pi * 62.5 * seconds), 0.05 * np.sin(2 * np.pi * 500 * seconds)
    equal = equalise(first * is_first + second * (1 - is_first) + noise, 4000)
    halves = equal.reshape(-1, 2000).std(axis=1)
    assert 0.5 < np.median(halves[::2]) / np.median(halves[1::2]) < 2


def test_nothing_moves_in_time() -> None:
    """A muffled click stays where it is, symmetrical, and is spread by no more than 64 ms to either side."""
    hz = np.fft.rfftfreq(8001, 1 / 4000)
    click = np.fft.irfft(np.exp(-((hz / 300) ** 2)), 8001)
    click = np.roll(click, 4000)

    equal = equalise(click, 4000)

    assert int(np.abs(equal).argmax()) == 4000
    np.testing.assert_allclose(equal[3600:4000], equal[4001:4401][::-1], atol=1e-3 * equal[4000])
    far = np.abs(np.arange(8001) - 4000) > 0.070 * 4000
    assert np.square(equal[far]).sum() < 1e-4 * np.square(equal).sum()


def test_what_a_stethoscope_does_not_pass_is_raised_by_80_db_and_no_more(rng: np.random.Generator) -> None:
    """Nothing but rounding above 500 Hz, 200 dB down: left far below what was heard."""
    noise = rng.standard_normal(40_000)
    spectrum = np.fft.rfft(noise)
    spectrum[np.fft.rfftfreq(noise.size, 1 / 4000) > 500] *= 1e-10
    hz, level = levels_db(equalise(np.fft.irfft(spectrum, noise.size), 4000))
    heard, unheard = level[(hz > 40) & (hz < 450)], level[(hz > 600) & (hz < 950)]
    assert np.ptp(heard) < 3
    assert unheard.max() < heard.min() - 60


@pytest.mark.parametrize("tone_hz", [2.0, 8.0, 1100.0, 1500.0])
def test_drift_and_hiss_are_stopped(rng: np.random.Generator, tone_hz: float) -> None:
    """Whatever lies beyond 10 Hz and 1 kHz, and however loud: next to nothing of a hundredfold tone is left."""
    noise = coloured_noise(rng)
    tone = 100 * np.sin(2 * np.pi * tone_hz * np.arange(noise.size) / 4000)
    equal = equalise(tone + noise, 4000)
    power = np.abs(np.fft.rfft(equal * np.hanning(noise.size))) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / 4000)
    assert power[np.abs(hz - tone_hz) < 0.5].max() < 1e-6 * power.max()


def test_a_recording_that_ends_off_zero_does_not_click(rng: np.random.Generator) -> None:
    """Both ends of a low tone amid soft noise are no louder than the rest."""
    seconds = np.arange(20_010) / 4000
    tone = np.cos(2 * np.pi * 40 * seconds) + 1e-3 * rng.standard_normal(seconds.size)
    equal = np.abs(equalise(tone, 4000))
    assert max(equal[:400].max(), equal[-400:].max()) < 1.2 * equal[400:-400].max()


def test_digital_silence_does_not_count(rng: np.random.Generator) -> None:
    """A recorder that was muted for half of the time equalises the other half as if it were alone."""
    noise = coloured_noise(rng, duration_s=5.0)
    muted = np.concatenate([noise, np.zeros_like(noise)])
    # But for the end, which fades where the recording ends.
    heard, alone = (equalise(sound, 4000)[: noise.size - 400] for sound in (muted, noise))
    assert np.std(heard - alone) < 0.02 * np.std(alone)


def test_the_samples_are_left_alone(rng: np.random.Generator) -> None:
    noise = coloured_noise(rng, duration_s=1.0)
    before = noise.copy()
    equal = equalise(noise, 4000)
    assert equal.shape == noise.shape
    assert np.array_equal(noise, before)


def test_of_nothing_nothing_is_left() -> None:
    """And no warning."""
    assert not equalise(np.zeros(4000), 4000).any()
    click = np.zeros(4000)
    click[0] = 1.0
    assert np.isfinite(equalise(click, 4000)).all()
