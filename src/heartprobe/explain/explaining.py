"""Why a trained model says what it says about one recording."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from heartprobe.audio import Audio
from heartprobe.data.recordings import Demographics
from heartprobe.decisions.log_odds import log_odds
from heartprobe.errors import ConfigError, did_you_mean
from heartprobe.explain.cycle import LEAST_BEATS, phases
from heartprobe.explain.explanation import Explanation
from heartprobe.explain.grid import STEP_S, Grid, Stretch
from heartprobe.explain.occlusion import Ask, occlude
from heartprobe.explain.quieting import Part, Quieting
from heartprobe.labels import finding_value
from heartprobe.predict import Predictor
from heartprobe.progress import Progress
from heartprobe.signal.beats import beat_times_s

#: Longer ones would need a gigabyte, and each of some hundred questions a good part of a second.
LONGEST_S: Final = 120.0


def explain(
    predictor: Predictor,
    audio: Audio,
    label: str,
    demographics: Demographics | None = None,
    *,
    step_s: float = STEP_S,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Return which moments and frequencies of a recording spoke for a finding.

    It shows what the model reacts to, which need not be where a disease is heard.

    Args:
        predictor: The model; it is asked some hundred times, from several threads.
        audio: The recording.
        label: Which answer is to be explained.
        demographics: What the model may use beside the sound.
        step_s: Length of the stretches of time; longer in recordings of more than 40 of them.
        threads: Parts that are asked about at once; by default one per core.
        progress: Told of every part; what it raises ends the work.

    Raises:
        AudioError: If nothing is left of the sound after the model's cleaning.
        ConfigError: If the model has no such label, needs demographics that are not given, or the
            recording is too long or the step too short.
    """
    if audio.duration_s > LONGEST_S:
        raise ConfigError(
            f"{audio.name} lasts {audio.duration_s:.0f} s, at most {LONGEST_S:g} s can be explained; "
            "cut out the part that matters."
        )
    ask = asking(predictor, label, demographics or Demographics())
    highest_hz = min(audio.rate_hz, predictor.front_end.recording_rate_hz) / 2
    return explain_answer(
        ask,
        audio,
        label,
        Grid.over(audio.duration_s, highest_hz, step_s=step_s),
        threads=threads,
        progress=progress,
    )


def explain_answer(
    ask: Ask, audio: Audio, label: str, grid: Grid, *, threads: int | None = None, progress: Progress | None = None
) -> Explanation:
    """Return what `explain` does for anything that gives the log odds of a finding.

    Args:
        ask: The log odds of the label's finding in a recording.
        audio: The recording.
        label: What the answer is about.
        grid: The cells of the recording.
        threads: Parts that are asked about at once; by default one per core.
        progress: Told of every part.
    """
    n_samples, rate_hz = audio.samples.size, audio.rate_hz
    beats_s = beat_times_s(audio)
    steps = grid.steps(n_samples, rate_hz)
    whole_time = Stretch(slice(0, n_samples), np.ones(n_samples, dtype=np.float32))
    moments = phases(beats_s, n_samples, rate_hz) if beats_s.size >= LEAST_BEATS else []
    stretches = [*steps, whole_time, *moments]
    parts = [Part((band,), stretch) for band in range(grid.shape[0]) for stretch in stretches]
    whole, effect = occlude(Quieting.of(audio, grid), parts, ask, threads=threads, progress=progress)
    effect = effect.reshape(grid.shape[0], len(stretches))
    return Explanation(
        label=label,
        finding_probability=float(expit(whole)),
        grid=grid,
        effect=effect[:, : len(steps)],
        band_effect=effect[:, len(steps)],
        beats_s=beats_s,
        beat_effect=effect[:, len(steps) + 1 :] if moments else None,
    )


def asking(predictor: Predictor, label: str, demographics: Demographics) -> Ask:
    """Return what gives the calibrated log odds of a label's finding in a recording; may be asked by several threads.

    Raises:
        ConfigError: If the model has no such label.
    """
    labels = predictor.labels
    if label not in labels:
        raise ConfigError(
            f"This model has no label {label!r}; it answers about {', '.join(labels)}.{did_you_mean(label, labels)}"
        )
    column = labels.index(label)
    calibration = predictor.bundle.manifest.decision.labels[label].recordings.calibration

    def ask(audio: Audio) -> float:
        probability = predictor.recording_probabilities(audio, demographics)[column]
        finding = probability if finding_value(label) else 1.0 - probability
        return calibration.slope * float(log_odds(np.asarray(finding))) + calibration.intercept

    return ask
