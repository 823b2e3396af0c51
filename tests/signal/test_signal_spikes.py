"""Tests of spike removal: at 8 Hz a frame of 500 ms has four samples."""

from __future__ import annotations

import numpy as np

from heartprobe.signal.spikes import remove_spikes


def test_a_half_wave_above_three_medians_is_set_to_zero() -> None:
    """Frame peaks 2, 9, 2: the median is 2, so 9 goes with its half-wave (4, 9), and 1 and -1 beside it stay."""
    samples = np.array([1.0, -2, 1, -1, 1, -1, 4, 9, -2, 1, 2, -1])

    assert remove_spikes(samples, 8).tolist() == [1, -2, 1, -1, 1, -1, 0, 0, -2, 1, 2, -1]


def test_exactly_three_medians_stay() -> None:
    """The threshold itself is no spike."""
    samples = np.array([1.0, -2, 1, -1, 1, -1, 4, 6, -2, 1, 2, -1])

    assert remove_spikes(samples, 8).tolist() == samples.tolist()


def test_the_median_is_taken_anew_until_nothing_stands_out() -> None:
    """Frame peaks 1, 5, 13, 100: median 9, so 100 goes; 1, 5, 13, 0.5: median 3, 13 goes; 1, 5, 1, 0.5: 1, 5 goes."""
    samples = np.array([1.0, -1, 1, -1, 5, -5, 5, -5, 13, -1, 1, -1, 100, -0.5, 0.5, -0.5])

    assert remove_spikes(samples, 8).tolist() == [1, -1, 1, -1, 0, 0, 0, 0, 0, -1, 1, -1, 0, -0.5, 0.5, -0.5]


def test_a_spike_ends_at_the_border_of_its_frame() -> None:
    """The 4 beyond the border belongs to the next frame, whose peak is judged for itself."""
    samples = np.array([1.0, -2, 1, -1, 1, -1, 5, 13, 4, 1, -2, -1])

    assert remove_spikes(samples, 8).tolist() == [1, -2, 1, -1, 1, -1, 0, 0, 4, 1, -2, -1]


def test_negative_spikes_are_spikes() -> None:
    """Magnitudes count."""
    samples = np.array([1.0, -2, 1, -1, 1, -9, -4, 1, -2, 1, 2, -1])

    assert remove_spikes(samples, 8).tolist() == [1, -2, 1, -1, 1, 0, 0, 1, -2, 1, 2, -1]


def test_the_rest_after_the_last_whole_frame_is_cleaned_too() -> None:
    """Its peak of 9 stands above three times the median of 2, 2 and 9."""
    samples = np.array([1.0, -2, 1, -1, 1, -2, 1, -1, 9, -1])

    assert remove_spikes(samples, 8).tolist() == [1, -2, 1, -1, 1, -2, 1, -1, 0, -1]


def test_frames_of_zeros_do_not_make_everything_a_spike() -> None:
    """With two frames of four silent the median would be 0 or 1, and the sound itself would go."""
    samples = np.array([1.0, -2, 1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, -1, 1, 1])

    assert remove_spikes(samples, 8).tolist() == samples.tolist()


def test_silence_stays_silence() -> None:
    """There is no median of nothing."""
    assert remove_spikes(np.zeros(9), 8).tolist() == [0.0] * 9


def test_it_is_a_copy_and_a_second_pass_finds_nothing(rng: np.random.Generator) -> None:
    """The input is left alone; what is cleaned is clean; only spikes were touched."""
    samples = rng.standard_normal(40_000)
    samples[[5000, 22_000]] = [60.0, -80.0]
    before = samples.copy()

    cleaned = remove_spikes(samples, 4000)

    assert np.array_equal(samples, before)
    assert np.array_equal(remove_spikes(cleaned, 4000), cleaned)
    assert cleaned[5000] == cleaned[22_000] == 0
    assert np.count_nonzero(cleaned != samples) < 20


def one_at_a_time(samples: np.ndarray, frame_samples: int) -> np.ndarray:
    """The paper's own order of steps, for recordings of whole frames, each with sound."""
    frames = samples.reshape(-1, frame_samples).copy()
    while True:
        magnitudes = np.abs(frames)
        peaks = magnitudes.max(axis=1)
        worst = int(peaks.argmax())
        if not peaks[worst] > 3 * np.median(peaks):
            return frames.reshape(-1)
        frame = frames[worst]
        top = int(magnitudes[worst].argmax())
        start = end = top
        while start > 0 and np.sign(frame[start - 1]) == np.sign(frame[top]):
            start -= 1
        while end < frame_samples - 1 and np.sign(frame[end + 1]) == np.sign(frame[top]):
            end += 1
        frame[start : end + 1] = 0


def test_all_at_once_ends_as_one_at_a_time_does(rng: np.random.Generator) -> None:
    """Noise of very different loudness per frame, a hundred times."""
    n_changed = 0
    for _ in range(100):
        samples = (rng.standard_normal((12, 8)) * rng.lognormal(0, 1.5, (12, 1))).reshape(-1)

        cleaned = remove_spikes(samples, 16)

        assert np.array_equal(cleaned, one_at_a_time(samples, 8))
        n_changed += bool(np.any(cleaned != samples))
    assert n_changed > 50
