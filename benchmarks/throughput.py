"""How fast features are extracted, and how near that is to what the processor can do.

    python benchmarks/throughput.py [--recordings 16] [--repeats 3] [--json FILE]

An encoder of the size of wav2vec2-base with random weights (speed does not depend on their values)
encodes recordings of 20 s at 4 kHz of noise. Three ways are measured, each in fp32 and bf16:

  extraction   what `heartprobe train` does, from the file to the stored features: all 20 s of each
               recording at time_scale 4, every window alone, one thread per core
  batches      the same encoder on batches of 1 to 16 such windows, all cores on one batch;
               nothing is read, pooled or stored
  plain loop   what the original project did: the middle 5 s of each recording at its own speed, in
               batches of 16, transformers' Wav2Vec2Model, the mean over time of the last layer.
               Like the others it hands 80,000 samples per recording to the encoder.

The peak is the best rate of square matrix products that torch reaches with all cores, whichever way
they are asked for (`torch.matmul`, which is MKL's in fp32, and oneDNN's linear layer: on processors
that are not Intel's the second is twice as fast); the rate of `torch.matmul` alone stands beside it.
Both are measured before every row, so that they see the same machine. Work is counted by
torch.utils.flop_counter on the plain model: its convolutions and matrix products, nothing else. The
share is what was counted, over the time it took, over the peak.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

from heartprobe.config.schema import AudioConfig
from heartprobe.data.recordings import Recording
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.devices import usable_cores
from heartprobe.features.encoder_windows import resolve_front_end
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.features.store import FeatureStore
from heartprobe.progress import SilentProgress

N_SAMPLES = 80_000
BATCH_SIZES = (1, 2, 4, 8, 16)
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Row:
    """One line of the result; rates per second of wall time."""

    way: str
    precision: str
    batch_size: int
    recordings_per_s: float
    gflops: float
    peak_gflops: float
    matmul_gflops: float

    @property
    def share_of_peak(self) -> float:
        """What was counted, over the time it took, over the peak."""
        return self.gflops / self.peak_gflops

    def __str__(self) -> str:
        rates = (
            f"{self.recordings_per_s:>13.2f} {self.gflops:>8.0f} {self.peak_gflops:>6.0f} {self.matmul_gflops:>7.0f}"
        )
        return f"{self.way:<12} {self.precision:<9} {self.batch_size:>5} {rates} {self.share_of_peak:>6.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=16, help="recordings per measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each row; the fastest counts")
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments.recordings, arguments.repeats)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


def measure(folder: Path, n_recordings: int, repeats: int) -> dict[str, Any]:
    recordings = write_recordings(folder / "recordings", n_recordings)
    model = write_encoder(folder / "encoder")
    encoder = load_encoder(str(folder / "encoder"))
    gflop = count_gflop(model)
    print(f"{usable_cores()} cores, torch {torch.__version__}; {gflop:.1f} GFLOP per recording; fastest of {repeats}")
    print("way          precision batch  recordings/s  GFLOP/s   peak  matmul  share")
    rows = []
    for way, precision, batch_size, run in ways_to_measure(folder, recordings, encoder, model):
        matmul = best = 0.0
        seconds = float("inf")
        for _ in range(repeats):
            matmul = max(matmul, rate_gflops(torch.matmul, DTYPES[precision]))
            best = max(best, matmul, rate_gflops(onednn_linear, DTYPES[precision]))
            seconds = min(seconds, timed(run))
        rows.append(
            Row(way, precision, batch_size, n_recordings / seconds, n_recordings / seconds * gflop, best, matmul)
        )
        print(rows[-1], flush=True)
    table = [asdict(row) | {"share_of_peak": row.share_of_peak} for row in rows]
    return {"cores": usable_cores(), "torch": torch.__version__, "gflop_per_recording": gflop, "rows": table}


def ways_to_measure(
    folder: Path, recordings: list[Recording], encoder: Encoder, model: Wav2Vec2Model
) -> Iterator[tuple[str, str, int, Callable[[], object]]]:
    """Yield name, precision, batch size, and what is to be timed."""
    stores = (FeatureStore(folder / "stores" / str(i)) for i in itertools.count())
    for precision in DTYPES:
        yield "extraction", precision, 1, lambda p=precision: extraction(recordings, encoder, p, next(stores))
        yield "plain loop", precision, 16, lambda p=precision: plain_loop(recordings, model, p)
        for size in BATCH_SIZES:
            yield "batches", precision, size, lambda p=precision, n=size: batches(encoder, len(recordings), n, p)


def extraction(recordings: list[Recording], encoder: Encoder, precision: Any, store: FeatureStore) -> None:
    front_end, _ = resolve_front_end(AudioConfig(duration=20, time_scale=4), encoder.info)
    recipe = Recipe.of(front_end, encoder.info, precision)
    extract(recordings, encoder, recipe, store, progress=SilentProgress())


def batches(encoder: Encoder, n_windows: int, batch_size: int, precision: str) -> None:
    windows = torch.randn(n_windows, N_SAMPLES)
    with torch.inference_mode(), arithmetic(precision):
        for batch in windows.split(batch_size):
            encoder.encode(batch)


def plain_loop(recordings: list[Recording], model: Wav2Vec2Model, precision: str) -> None:
    """Encode the middle of every recording as the original project does it, without its data loader."""
    with torch.inference_mode(), arithmetic(precision):
        for first in range(0, len(recordings), 16):
            crops = [middle_crop(recording.path) for recording in recordings[first : first + 16]]
            model(torch.from_numpy(np.stack(crops))).last_hidden_state.mean(dim=1)


def middle_crop(path: Path) -> np.ndarray:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    samples = soxr.resample(samples, rate_hz, 16_000)
    start = (len(samples) - N_SAMPLES) // 2
    crop = samples[start : start + N_SAMPLES]
    return (crop - crop.mean()) / crop.std()


def arithmetic(precision: str) -> Any:
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


def onednn_linear(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [], "")


def rate_gflops(product: Callable[..., object], dtype: torch.dtype, size: int = 1536, duration_s: float = 0.3) -> float:
    """Return the best rate of square matrix products: one on all cores, or one on each core."""
    left, right = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    n_cores, n_products, best = usable_cores(), 4, 0.0

    def products_alone(_: int) -> None:
        torch.set_num_threads(1)
        with torch.inference_mode():
            for _repeat in range(n_products):
                product(left, right)

    with ThreadPoolExecutor(n_cores) as pool:
        end = time.perf_counter() + duration_s
        while time.perf_counter() < end:
            seconds = timed(lambda: list(pool.map(products_alone, range(n_cores))))
            best = max(best, n_cores * n_products * 2 * size**3 / seconds / 1e9)
    torch.set_num_threads(n_cores)
    with torch.inference_mode():
        return max(best, *(2 * size**3 / timed(lambda: product(left, right)) / 1e9 for _repeat in range(n_products)))


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def count_gflop(model: Wav2Vec2Model) -> float:
    """Count the convolutions and matrix products of one window; a multiplication and an addition are two."""
    fast = model.config._attn_implementation
    model.set_attn_implementation("eager")  # the counter does not see inside the fused attention
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.randn(1, N_SAMPLES))
    model.set_attn_implementation(fast)
    return counter.get_total_flops() / 1e9


def write_encoder(folder: Path) -> Wav2Vec2Model:
    """Write an encoder of random weights; the defaults of its configuration are those of wav2vec2-base."""
    torch.manual_seed(0)
    model = Wav2Vec2Model(Wav2Vec2Config()).eval()
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return model


def write_recordings(folder: Path, count: int) -> list[Recording]:
    folder.mkdir()
    recordings = []
    for i in range(count):
        path = folder / f"{i}.wav"
        soundfile.write(path, np.random.default_rng(i).uniform(-0.5, 0.5, 80_000), 4000, subtype="PCM_16")
        recordings.append(Recording(path.stem, path.stem, path))
    return recordings


if __name__ == "__main__":
    main()
