"""The features of many recordings: looked up where they are stored, computed where not."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from heartprobe.audio import Audio, read_audio
from heartprobe.data.recordings import Finding, Recording, unusable
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import AudioError
from heartprobe.features.devices import usable_cores
from heartprobe.features.encoding import EncodingThreads
from heartprobe.features.in_order import in_order
from heartprobe.features.pooling import PooledWindows
from heartprobe.features.recipe import Recipe
from heartprobe.features.store import FeatureStore
from heartprobe.features.stored_windows import DamagedEntryError, StoredWindows
from heartprobe.features.table import FeatureTable
from heartprobe.progress import Progress


def extract(
    recordings: Sequence[Recording],
    encoder: Encoder,
    recipe: Recipe,
    store: FeatureStore | None,
    *,
    device: torch.device | str = "cpu",
    workers: int | None = None,
    progress: Progress,
) -> FeatureTable:
    """Return the features of these recordings.

    A recording that cannot be read becomes a finding, and the others go on. Each recording is
    stored as soon as it is done, so that an interrupted extraction goes on where it stopped.
    Nothing but pooled features is kept in memory, and with a store not even these.

    On the processor the result is the same, bit for bit, whatever the number of workers and
    however often it was interrupted.

    Args:
        recordings: Their ids must be unique.
        encoder: What the recipe was made for.
        recipe: How features come about.
        store: Where features are looked up and stored; `None` keeps them in memory.
        device: What to compute on.
        workers: Windows that are encoded at once on the processor; by default one per core.
        progress: Told of every recording, and of entries that had to be computed anew.

    Raises:
        StoreError: The store cannot be read or written.
        EncoderError: The encoder refuses the windows, or an accelerator's memory is too small.
    """
    if store:
        store.remove_abandoned()
    outcomes = []
    threads = EncodingThreads.on(torch.device(device), encoder, recipe, workers or usable_cores())
    with (
        closing(_extracted(recordings, encoder, recipe, store, threads)) as extracted,
        progress.task(f"Features of {encoder.info.name}", len(recordings), "recordings") as advance,
    ):
        for outcome in extracted:
            outcomes.append(outcome)
            advance(1)
    _note_damage(outcomes, progress)
    return _table_of(outcomes, encoder, recipe)


def repeated(recording: Recording, duration_s: float, window_s: float) -> Finding:
    """Return the note on a recording that is shorter than a window."""
    lengths = f"lasts {duration_s:.2f} s, less than the window of {window_s:g} s"
    detail = f"{recording.path.name} {lengths}, and was repeated to fill it."
    return Finding("short", recording.recording_id, detail, is_problem=False)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What became of one recording: its features, or a finding that says why there are none.

    Attributes:
        recording: Which one.
        sound: `Audio.sha256()`; empty where it could not be used.
        features: Of its windows; `None` where it could not be used.
        finding: Why it could not be used, or a note on a short one.
        damage: The stored entry that was damaged and computed anew.
    """

    recording: Recording
    sound: str = ""
    features: StoredWindows | PooledWindows | None = None
    finding: Finding | None = None
    damage: DamagedEntryError | None = None


@dataclass(frozen=True, slots=True)
class _OneRecording:
    """Reads, looks up, encodes and stores one recording; called from several threads."""

    encoder: Encoder
    recipe: Recipe
    store: FeatureStore | None
    threads: EncodingThreads

    def __call__(self, recording: Recording) -> Extracted:
        try:
            audio = read_audio(recording.path)
            sound = audio.sha256()
            stored, damage = self._look_up(sound)
            features = stored or self._compute(recording, audio, sound)
        except AudioError as error:
            return Extracted(recording, finding=unusable(recording, error))
        window_s = self.recipe.front_end.duration_s
        note = repeated(recording, audio.duration_s, window_s) if features.is_repeated else None
        return Extracted(recording, sound, features, note, damage)

    def _look_up(self, sound: str) -> tuple[StoredWindows | None, DamagedEntryError | None]:
        try:
            return (self.store.find(sound, self.recipe) if self.store else None), None
        except DamagedEntryError as damage:
            return None, damage

    def _compute(self, recording: Recording, audio: Audio, sound: str) -> StoredWindows | PooledWindows:
        windows = self.recipe.front_end.cut(audio)
        layers = self.threads.encode(windows.samples, of=str(recording.path))
        pooled = PooledWindows(layers, windows.starts_s, windows.is_repeated)
        return self.store.write(sound, self.recipe, pooled) if self.store else pooled


def _extracted(
    recordings: Iterable[Recording],
    encoder: Encoder,
    recipe: Recipe,
    store: FeatureStore | None,
    threads: EncodingThreads,
) -> Generator[Extracted, None, None]:
    """Yield what became of each recording, in their order, holding only a few of them at a time."""
    with _both_ended(threads) as readers:
        work = _OneRecording(encoder, recipe, store, threads)
        yield from in_order(readers, work, recordings, ahead=4 * (threads.n_threads + threads.batch_size))


@contextmanager
def _both_ended(threads: EncodingThreads) -> Iterator[Executor]:
    """Start the threads that encode and those that read; end both, at once when interrupted."""
    with threads:
        # Some more than can encode at once, so that the next windows are ready when they can.
        readers = ThreadPoolExecutor(threads.n_threads + 2 * threads.batch_size)
        try:
            yield readers
        except BaseException:
            threads.cancel()
            readers.shutdown(cancel_futures=True)
            raise
        readers.shutdown()


def _note_damage(outcomes: Iterable[Extracted], progress: Progress) -> None:
    damages = [outcome.damage for outcome in outcomes if outcome.damage]
    if damages:
        which = "One stored entry was" if len(damages) == 1 else f"{len(damages)} stored entries were"
        progress.note(f"{which} damaged and computed anew, such as {damages[0].path} ({damages[0].what}).")


def _table_of(outcomes: Sequence[Extracted], encoder: Encoder, recipe: Recipe) -> FeatureTable:
    """Return the features of these recordings as one table."""
    usable = [(o.recording, o.sound, o.features) for o in outcomes if o.features is not None]
    per_window = [(recording, start) for recording, _, features in usable for start in features.starts_s]
    return FeatureTable(
        recording_ids=tuple(recording.recording_id for recording, _ in per_window),
        patient_ids=tuple(recording.patient_id for recording, _ in per_window),
        starts_s=np.array([start for _, start in per_window], dtype=np.float64),
        n_layers=encoder.info.n_layers,
        width=encoder.info.width * len(recipe.statistics),
        findings=tuple(o.finding for o in outcomes if o.finding),
        sounds={recording.recording_id: sound for recording, sound, _ in usable},
        _features=tuple(features for _, _, features in usable),
    )
