"""How many first sounds are found, and how many of those that are found are first sounds.

    python benchmarks/beats.py [--patients 48] [--seed 5] [--circor DIR] [--json FILE]

Synthetic patients know when their valves close. CirCor (doi:10.1109/JBHI.2021.3137048) has segmentations that were
made by a program and corrected by people; with `--circor` the folder of that data set is measured, over the
stretches that are annotated. A beat counts as found where one lies within 100 ms of the middle of S1, each found
beat once. Recordings without a heart rate have no beats and are counted apart.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heartprobe.audio import Audio, read_audio
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.circor import read_circor
from heartprobe.data.segmentation import read_segmentation
from heartprobe.data.synthetic.chest import all_positions
from heartprobe.data.synthetic.population import recording_stream, synthetic_patient
from heartprobe.data.synthetic.recording import heart_sound, synthesise
from heartprobe.errors import AudioError
from heartprobe.signal.beats import beat_times_s

NEAR_S, RATE_HZ, EDGE_S = 0.1, 4000, 0.15

#: From the onset of a synthetic sound to its loudest moment.
TO_LOUDEST_S = 0.03


@dataclass(frozen=True)
class Known:
    """A recording whose sounds are known, in seconds, within the stretches that are annotated."""

    group: str
    audio: Audio
    s1_s: np.ndarray
    s2_s: np.ndarray
    annotated: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=48, help="synthetic patients, eight recordings each")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--circor", type=Path, help="folder of the CirCor data set")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    arguments = parser.parse_args()
    result = {"synthetic": measure(synthetic(arguments.patients, arguments.seed))}
    if arguments.circor:
        result["circor"] = measure(circor(arguments.circor))
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


def synthetic(n_patients: int, seed: int) -> Iterator[Known]:
    for number in range(n_patients):
        patient = synthetic_patient(number, seed)
        for index, position in enumerate(all_positions()):
            samples = synthesise(patient, position, recording_stream(number, seed, index), rate_hz=RATE_HZ)
            clock, _ = heart_sound(patient, position, recording_stream(number, seed, index), rate_hz=RATE_HZ)
            s1 = np.flatnonzero(np.diff(clock.since_s1_s) < 0) / RATE_HZ
            s2 = np.flatnonzero((clock.since_a2_s[:-1] < 0) & (clock.since_a2_s[1:] >= 0)) / RATE_HZ
            group = "+".join(patient.lesions) or "healthy"
            whole = np.array([[0.0, samples.size / RATE_HZ]])
            yield Known(group, Audio(samples, RATE_HZ), s1 + TO_LOUDEST_S, s2 + TO_LOUDEST_S, whole)


def circor(folder: Path) -> Iterator[Known]:
    for recording in read_circor(folder, DatasetConfig()).recordings:
        if recording.segmentation is None:
            continue
        segments = [segment for segment in read_segmentation(recording.segmentation) if segment.phase is not None]
        middles = {
            phase: np.array([(one.start_s + one.end_s) / 2 for one in segments if one.phase == phase])
            for phase in ("S1", "S2")
        }
        try:
            audio = read_audio(recording.path)
        except AudioError:
            continue
        annotated = np.array([[one.start_s, one.end_s] for one in segments])
        if annotated.size:
            group = "unknown" if recording.position is None else recording.position.area
            yield Known(group, audio, middles["S1"], middles["S2"], annotated)


def measure(recordings: Iterable[Known]) -> dict[str, Any]:
    """Return recall and precision over everybody, and the recall in each group."""
    counts: dict[str, np.ndarray] = {}
    n_without, offsets_s = 0, []
    for known in recordings:
        found = beat_times_s(known.audio)
        if not found.size:
            n_without += 1
            continue
        truth, found = inside(known.s1_s, known), inside(found, known)
        pairs = matched(known.s1_s, found)
        offsets_s += pairs
        of_either = len(matched(np.concatenate([known.s1_s, known.s2_s]), found))
        row = np.array([len(matched(found, truth)), truth.size, len(pairs), of_either, found.size, 1])
        counts[known.group] = counts.get(known.group, 0) + row
    total = sum(counts.values())
    recall, precision, either = total[0] / total[1], total[2] / total[4], total[3] / total[4]
    return {
        "recordings": int(total[5]) + n_without,
        "without_a_rate": n_without,
        "recall": round(recall, 3),
        "precision": round(precision, 3),
        "precision_s1_or_s2": round(either, 3),
        "offset_ms": [round(1000 * float(value)) for value in np.percentile(offsets_s, (5, 50, 95))],
        "recall_of_groups": {group: round(row[0] / row[1], 3) for group, row in sorted(counts.items())},
    }


def inside(times_s: np.ndarray, known: Known) -> np.ndarray:
    """Return the times in annotated stretches, away from the ends of the recording, where a sound may be cut off."""
    begin_s, end_s = known.annotated.T
    is_annotated = ((times_s[:, None] >= begin_s) & (times_s[:, None] < end_s)).any(axis=1)
    is_whole = (times_s > EDGE_S) & (times_s < known.audio.duration_s - EDGE_S)
    return times_s[is_annotated & is_whole]


def matched(truth_s: np.ndarray, found_s: np.ndarray) -> list[float]:
    """Return how much later than a true time each found one lies that is near one; each true time counts once."""
    free, offsets = list(truth_s), []
    for time_s in found_s:
        nearest = min(free, key=lambda other: abs(other - time_s), default=None)
        if nearest is not None and abs(nearest - time_s) <= NEAR_S:
            free.remove(nearest)
            offsets.append(float(time_s - nearest))
    return offsets


if __name__ == "__main__":
    main()
