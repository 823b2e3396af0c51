"""Extracts features in a process of its own and prints what came out: RECORDINGS STORE COUNT DELAY_S."""

from __future__ import annotations

import hashlib
import resource
import sys
from pathlib import Path

from counting_encoder import RECIPE, CountingEncoder

from heartprobe.data.recordings import Recording
from heartprobe.features.extract import extract
from heartprobe.features.store import FeatureStore
from heartprobe.progress import SilentProgress

if __name__ == "__main__":
    folder, store, count, delay_s = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    paths = sorted(folder.glob("*.wav"))[:count]
    encoder = CountingEncoder(delay_s=delay_s)
    table = extract(
        [Recording(path.stem, path.stem, path) for path in paths],
        encoder,
        RECIPE,
        FeatureStore(store),
        workers=2,
        progress=SilentProgress(),
    )
    layers = hashlib.sha256(b"".join(table.layer(i).tobytes() for i in range(table.n_layers))).hexdigest()
    print(layers, encoder.n_encoded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
