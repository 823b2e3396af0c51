from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from counting_encoder import FRONT_END, INFO, RECIPE, CountingEncoder, PooledEncoder, write_recordings
from torch import Tensor

from heartprobe.audio import read_audio
from heartprobe.data.recordings import Recording
from heartprobe.errors import EncoderError, StoreError
from heartprobe.features.extract import extract
from heartprobe.features.pooling import pool
from heartprobe.features.recipe import Recipe
from heartprobe.features.store import FeatureStore
from heartprobe.features.table import FeatureTable
from heartprobe.progress import Advance, SilentProgress
from listener import Listener, Task

PROCESS = Path(__file__).parent / "extraction_process.py"
SILENT = SilentProgress()


def layers_of(table: FeatureTable) -> bytes:
    return b"".join(table.layer(i).tobytes() for i in range(table.n_layers))


def entries(store: FeatureStore) -> list[Path]:
    return sorted(store.folder.rglob("*.safetensors"))


def start(recordings: list[Recording], store: FeatureStore, delay_s: float = 0.0) -> subprocess.Popen[str]:
    """Extract in a process of its own."""
    folder = recordings[0].path.parent
    arguments = [sys.executable, str(PROCESS), str(folder), str(store.folder), str(len(recordings)), str(delay_s)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_one_row_per_window_in_the_order_given(recordings: list[Recording], store: FeatureStore) -> None:
    """Two seconds in windows of one, computed here by hand."""
    order = recordings[::-1]
    table = extract(order, CountingEncoder(), RECIPE, store, progress=SILENT)
    assert table.recording_ids == tuple(r.recording_id for r in order for _ in range(2))
    assert table.patient_ids == ("P002",) * 4 + ("P001",) * 4 + ("P000",) * 4
    assert table.starts_s.tolist() == [0, 1] * 6
    assert (table.n_layers, table.width, table.findings) == (3, 96, ())
    audio = read_audio(order[1].path)
    assert table.sounds[order[1].recording_id] == audio.sha256()
    samples = torch.from_numpy(FRONT_END.cut(audio).samples)
    with torch.inference_mode():
        by_hand = pool(CountingEncoder().encode(samples), ("mean", "std")).numpy()
    for index in range(3):
        np.testing.assert_allclose(table.layer(index)[2:4], by_hand[index], rtol=1e-4, atol=1e-5)


def test_pooled_encoders_give_their_one_frame(recordings: list[Recording], store: FeatureStore) -> None:
    encoder = PooledEncoder()
    table = extract(recordings, encoder, Recipe.of(FRONT_END, encoder.info, "fp32"), store, progress=SILENT)
    assert table.layer(2).shape == (12, 48)


def test_without_a_store_nothing_is_written(recordings: list[Recording], store: FeatureStore) -> None:
    stored = extract(recordings, CountingEncoder(), RECIPE, store, progress=SILENT)
    kept = extract(recordings, CountingEncoder(), RECIPE, None, progress=SILENT)
    assert layers_of(kept) == layers_of(stored)


def test_bit_identical_whatever_the_number_of_workers(recordings: list[Recording]) -> None:
    """And whatever the number of threads that torch was set to."""
    results = set()
    was = torch.get_num_threads()
    for workers, torch_threads in ((1, 1), (2, 1), (5, 2)):
        torch.set_num_threads(torch_threads)
        try:
            table = extract(recordings, CountingEncoder(), RECIPE, None, workers=workers, progress=SILENT)
        finally:
            torch.set_num_threads(was)
        results.add(layers_of(table))
    assert len(results) == 1


def test_what_is_stored_is_not_computed_again(recordings: list[Recording], store: FeatureStore) -> None:
    """Neither the number of workers nor the name of the encoder or of the files counts."""
    first = extract(recordings, CountingEncoder(), RECIPE, store, workers=1, progress=SILENT)
    moved = CountingEncoder(info=replace(INFO, name="copy", source="/elsewhere"))
    renamed = [replace(r, recording_id=f"again {r.recording_id}") for r in recordings]
    second = extract(renamed, moved, Recipe.of(FRONT_END, moved.info, "fp32"), store, workers=2, progress=SILENT)
    assert moved.n_encoded == 0
    assert layers_of(second) == layers_of(first)


def test_the_file_format_of_a_sound_does_not_count(recordings: list[Recording], store: FeatureStore) -> None:
    extract(recordings[:1], CountingEncoder(), RECIPE, store, progress=SILENT)
    samples, rate_hz = soundfile.read(recordings[0].path, dtype="int16")
    flac = store.folder / "same.flac"
    soundfile.write(flac, samples, rate_hz)
    encoder = CountingEncoder()
    extract([Recording("same", "P", flac)], encoder, RECIPE, store, progress=SILENT)
    assert encoder.n_encoded == 0


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, front_end=replace(FRONT_END, normalise="peak")),
        replace(RECIPE, encoder="another"),
        replace(RECIPE, precision="bf16"),
    ],
    ids=["front end", "encoder", "precision"],
)
def test_another_recipe_is_computed(recordings: list[Recording], store: FeatureStore, other: Recipe) -> None:
    extract(recordings, CountingEncoder(), RECIPE, store, progress=SILENT)
    encoder = CountingEncoder()
    extract(recordings, encoder, other, store, progress=SILENT)
    assert encoder.n_encoded == 12


def test_progress_counts_every_recording(recordings: list[Recording], store: FeatureStore, listener: Listener) -> None:
    """Those that are stored too."""
    extract(recordings[:2], CountingEncoder(), RECIPE, store, progress=listener)
    extract(recordings, CountingEncoder(), RECIPE, store, progress=listener)
    assert listener.tasks == [
        Task("Features of tiny", 2, "recordings", done=2),
        Task("Features of tiny", 6, "recordings", done=6),
    ]
    assert listener.notes == []


def test_unusable_recordings_are_named_and_the_others_go_on(
    recordings: list[Recording], store: FeatureStore, tmp_path: Path
) -> None:
    text, silent, absent = tmp_path / "text.wav", tmp_path / "silent.wav", tmp_path / "absent.wav"
    text.write_text("not a sound")
    soundfile.write(silent, np.zeros(8000), 4000)
    bad = [Recording(path.stem, "P9", path) for path in (text, silent, absent)]
    table = extract(
        [bad[0], recordings[0], bad[1], bad[2], recordings[1]], CountingEncoder(), RECIPE, store, progress=SILENT
    )
    assert [(f.kind, f.subject, f.is_problem) for f in table.findings] == [
        ("unreadable", "text", True),
        ("silent", "silent", True),
        ("missing", "absent", True),
    ]
    assert "text.wav" in table.findings[0].detail
    assert set(table.recording_ids) == set(table.sounds) == {recordings[0].recording_id, recordings[1].recording_id}
    assert len(table.layer(0)) == 4


def test_nothing_usable_makes_an_empty_table(store: FeatureStore, tmp_path: Path) -> None:
    table = extract([Recording("absent", "P", tmp_path / "x.wav")], CountingEncoder(), RECIPE, store, progress=SILENT)
    assert (table.recording_ids, len(table.findings), table.layer(0).shape) == ((), 1, (0, 96))


def test_a_short_recording_is_repeated_and_noted_each_time(store: FeatureStore, tmp_path: Path) -> None:
    recording = write_recordings(tmp_path / "short", 1, seconds=1.5)[0]
    recipe = replace(RECIPE, front_end=replace(FRONT_END, duration_s=4.0))
    for _ in range(2):
        table = extract([recording], CountingEncoder(), recipe, store, progress=SILENT)
        assert table.recording_ids == ("P000_0",)
        (finding,) = table.findings
        assert (finding.kind, finding.subject, finding.is_problem) == ("short", "P000_0", False)
        assert finding.detail == ("P000_0.wav lasts 1.50 s, less than the window of 4 s, and was repeated to fill it.")


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [flip_a_byte, lambda path: path.write_bytes(path.read_bytes()[:-1]), lambda path: path.write_bytes(b"")],
    ids=["flipped", "truncated", "empty"],
)
def test_a_damaged_entry_is_noted_once_and_made_anew(
    recordings: list[Recording], store: FeatureStore, listener: Listener, damage: Callable[[Path], object]
) -> None:
    first = extract(recordings, CountingEncoder(), RECIPE, store, progress=SILENT)
    content = {path: path.read_bytes() for path in entries(store)}
    damaged = entries(store)[2]
    damage(damaged)
    encoder = CountingEncoder()
    second = extract(recordings, encoder, RECIPE, store, progress=listener)
    assert encoder.n_encoded == 2
    assert layers_of(second) == layers_of(first)
    assert len(listener.notes) == 1
    assert listener.notes[0].startswith(f"One stored entry was damaged and computed anew, such as {damaged} (")
    assert {path: path.read_bytes() for path in entries(store)} == content


def test_many_damaged_entries_are_one_note(
    recordings: list[Recording], store: FeatureStore, listener: Listener
) -> None:
    extract(recordings, CountingEncoder(), RECIPE, store, progress=SILENT)
    for path in entries(store):
        flip_a_byte(path)
    extract(recordings, CountingEncoder(), RECIPE, store, progress=listener)
    assert len(listener.notes) == 1
    assert listener.notes[0].startswith("6 stored entries were damaged and computed anew, such as ")


def test_numbers_that_are_not_finite_stop_it(recordings: list[Recording], store: FeatureStore) -> None:
    """They come from the encoder, so every other recording would fail alike; none is stored."""

    class Broken(CountingEncoder):
        def encode(self, windows: Tensor) -> Tensor:
            return super().encode(windows) * torch.nan

    with pytest.raises(
        EncoderError, match=r"tiny returned numbers that are not finite for .*P000_0\.wav\. Its weights"
    ):
        extract(recordings[:1], Broken(), RECIPE, store, progress=SILENT)
    assert entries(store) == []


def test_a_store_that_cannot_be_written_stops_it(recordings: list[Recording], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="HEARTPROBE_CACHE"):
        extract(recordings, CountingEncoder(), RECIPE, FeatureStore(tmp_path / "file"), progress=SILENT)


def test_an_interruption_stops_at_once_and_keeps_what_is_done(store: FeatureStore, tmp_path: Path) -> None:
    """Of 6 s of work (60 windows of 0.1 s) at most some tenths are done after the interruption."""

    class Interrupting(SilentProgress):
        done = 0

        @contextmanager
        def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:  # noqa: ARG002
            yield self.advance

        def advance(self, count: int) -> None:
            self.done += count
            if self.done == 3:
                self.interrupted_at = time.perf_counter()
                raise KeyboardInterrupt

    recordings = write_recordings(tmp_path / "many", 30)
    undisturbed = extract(recordings, CountingEncoder(), RECIPE, None, progress=SILENT)
    threads, torch_threads = threading.active_count(), torch.get_num_threads()
    listener = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        extract(recordings, CountingEncoder(delay_s=0.1), RECIPE, store, workers=1, progress=listener)
    assert time.perf_counter() - listener.interrupted_at < 1
    assert (threading.active_count(), torch.get_num_threads()) == (threads, torch_threads)
    n_stored = len(entries(store))
    assert 3 <= n_stored <= 5

    encoder = CountingEncoder()
    resumed = extract(recordings, encoder, RECIPE, store, progress=SILENT)
    assert encoder.n_encoded == 2 * (30 - n_stored)
    assert layers_of(resumed) == layers_of(undisturbed)


def test_killed_in_the_middle_only_the_missing_is_computed(store: FeatureStore, tmp_path: Path) -> None:
    recordings = write_recordings(tmp_path / "many", 20)
    undisturbed = extract(recordings, CountingEncoder(), RECIPE, None, progress=SILENT)
    with start(recordings, store, delay_s=0.1) as process:
        while len(entries(store)) < 4:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    n_stored = len(entries(store))
    assert 4 <= n_stored < 20

    encoder = CountingEncoder()
    resumed = extract(recordings, encoder, RECIPE, store, progress=SILENT)
    assert encoder.n_encoded == 2 * (20 - n_stored)
    assert layers_of(resumed) == layers_of(undisturbed)


def test_two_processes_share_a_store(store: FeatureStore, tmp_path: Path) -> None:
    """At once on the same recordings: both get the same, and every entry is whole."""
    recordings = write_recordings(tmp_path / "many", 20)
    both = [start(recordings, store, delay_s=0.01) for _ in range(2)]
    printed = [process.communicate()[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert printed[0][0] == printed[1][0]
    encoder = CountingEncoder()
    table = extract(recordings, encoder, RECIPE, store, progress=SILENT)
    assert encoder.n_encoded == 0
    assert len(entries(store)) == 20
    assert layers_of(table) == layers_of(extract(recordings, CountingEncoder(), RECIPE, None, progress=SILENT))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_recordings(tmp_path: Path) -> None:
    """600 recordings of 20 s take no more than 16 MiB beyond what 60 take."""
    recordings = write_recordings(tmp_path / "many", 600, seconds=20)
    peaks_kib = []
    for count in (60, 600):
        process = start(recordings[:count], FeatureStore(tmp_path / f"store{count}"))
        peaks_kib.append(int(process.communicate()[0].split()[2]))
    assert peaks_kib[1] - peaks_kib[0] < 16 * 1024


@pytest.mark.real_data
def test_whisper_on_real_recordings(shared: Path, store: FeatureStore) -> None:
    """Stored, bit-identical on one thread and on two, and different from recording to recording."""
    from heartprobe.config.schema import AudioConfig
    from heartprobe.encoders.load import load_encoder
    from heartprobe.features.encoder_windows import resolve_front_end

    paths = sorted((shared / "data" / "bmd-hs" / "train").glob("*.flac"))[:4]
    recordings = [Recording(path.stem, path.stem[:6], path) for path in paths]
    encoder = load_encoder(str(shared / "encoders" / "whisper-tiny.en-encoder"))
    front_end, notes = resolve_front_end(AudioConfig(duration=20, time_scale=4), encoder.info)
    recipe = Recipe.of(front_end, encoder.info, "fp32")
    table = extract(recordings, encoder, recipe, store, workers=2, progress=SILENT)
    alone = extract(recordings, encoder, recipe, None, workers=1, progress=SILENT)
    assert notes == []
    assert (len(table.recording_ids), table.n_layers, table.width) == (4, 5, 768)
    assert layers_of(table) == layers_of(alone)
    assert np.linalg.norm(table.layer(1)[0] - table.layer(1)[1]) > 1
