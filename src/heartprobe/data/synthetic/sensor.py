"""The stethoscope: its colouring, and everything it hears that is not the heart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from heartprobe.data.synthetic.cycle import Clock
from heartprobe.data.synthetic.noise import band_gain, frequencies_hz, noise_length, shaped_noise

Array = NDArray[np.float64]

#: Breath sounds over the chest reach from 60 Hz up and fall by about 14 dB per octave (Gavriely 1995):
#: corner of the fall in Hz, and its exponent on the amplitude.
_BREATH_HZ, _BREATH_SLOPE = 150.0, 2.3


@dataclass(frozen=True, slots=True)
class Sensor:
    """A stethoscope and the room around it; levels are amplitudes, S1 at the apex being 1.

    Attributes:
        low_hz: Where its response begins, in Hz.
        high_hz: Where it ends (24 dB per octave), in Hz.
        tilt_db_per_octave: Rise or fall of the response in between.
        body_level: Rumble of muscles, skin and hand, root mean square.
        room_level: Hiss and voices of the room and the electronics, root mean square.
        breath_level: Breath sounds at full flow, root mean square.
        clicks_per_s: How often the chest piece rubs or knocks.
    """

    low_hz: float = 20.0
    high_hz: float = 450.0
    tilt_db_per_octave: float = 0.0
    body_level: float = 0.03
    room_level: float = 0.004
    breath_level: float = 0.01
    clicks_per_s: float = 0.1


def record(heart: Array, sensor: Sensor, clock: Clock, rate_hz: int, rng: np.random.Generator) -> Array:
    """Return what the sensor makes of the sound of a heart, `(n,)`."""
    n_samples = len(heart)
    frequency = frequencies_hz(n_samples, rate_hz)
    heard = heart + sensor.body_level * _rumble(n_samples, frequency, rng)
    heard += sensor.room_level * shaped_noise(n_samples, (1 + frequency / 200) ** -0.5, rng)
    heard += sensor.breath_level * _breathing(clock, rate_hz, frequency, rng)
    _add_clicks(heard, sensor.clicks_per_s, rate_hz, rng)
    length = noise_length(n_samples)
    return np.asarray(fft.irfft(fft.rfft(heard, length) * response(frequency, sensor), length)[:n_samples])


def response(frequency_hz: Array, sensor: Sensor) -> Array:
    """Return the amplitude response of the sensor at these frequencies; 1 at 100 Hz but for the corners."""
    tilt = (np.maximum(frequency_hz, 10.0) / 100) ** (sensor.tilt_db_per_octave / 6.02)
    begin = band_gain(frequency_hz, sensor.low_hz, np.inf, order=2)
    end = band_gain(frequency_hz, 0.0, sensor.high_hz, order=4)
    return np.asarray(tilt * begin * end)


def _rumble(n_samples: int, frequency_hz: Array, rng: np.random.Generator) -> Array:
    """Return low noise, mostly 20 to 80 Hz, that swells and fades over seconds."""
    gain = band_gain(frequency_hz, 12.0, 50.0, 2)
    swell = shaped_noise(n_samples, band_gain(frequency_hz, 0.0, 0.4, 2), rng)
    return np.asarray(shaped_noise(n_samples, gain, rng) * np.exp(0.25 * swell))


def _breathing(clock: Clock, rate_hz: int, frequency_hz: Array, rng: np.random.Generator) -> Array:
    """Return breath sounds: loud while the lungs fill, softer while they empty, silent in the pause."""
    flow = np.gradient(clock.lung) * rate_hz
    flow = np.where(flow > 0, flow, -0.5 * flow)
    gain = band_gain(frequency_hz, 60.0, np.inf, 2) * (1 + (frequency_hz / _BREATH_HZ) ** 2) ** (-_BREATH_SLOPE / 2)
    return np.asarray(shaped_noise(len(flow), gain, rng) * flow / max(float(flow.max()), 1e-9))


def _add_clicks(out: Array, per_s: float, rate_hz: int, rng: np.random.Generator) -> None:
    """Add short bursts of friction, 4 to 20 ms long, at random times."""
    for _ in range(rng.poisson(per_s * len(out) / rate_hz)):
        length = int(rng.uniform(0.004, 0.020) * rate_hz)
        start = int(rng.uniform(0, max(len(out) - length, 1)))
        burst = rng.standard_normal(length) * np.hanning(length) * 10 ** rng.uniform(-1.3, -0.3)
        out[start : start + length] += burst[: len(out) - start]
