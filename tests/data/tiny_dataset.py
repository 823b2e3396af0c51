"""A tiny data set in the layout of BMD-HS, for tests that change lines and files before they read it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

HEADING = "patient_id,AS,AR,MR,MS,N,recording_1,recording_2"
DEMOGRAPHICS_HEADING = "patient_id,Age,Gender,Smoker,Lives"


@dataclass
class TinyDataset:
    """Two patients with two recordings each; tests change lines and files before they read it."""

    folder: Path
    rows: list[str] = field(
        default_factory=lambda: [
            "p1,0,0,0,0,1,N_1_sup_Mit,N_1_sit_Aor",
            "p2,1,0,1,0,0,MD_2_sup_Mit,MD_2_sit_Aor",
        ]
    )
    demographics: list[str] | None = field(default_factory=lambda: ["p1,21,M,0,U", "p2,54,F,1,R"])
    heading: str = HEADING
    demographics_heading: str = DEMOGRAPHICS_HEADING

    def write_tables(self) -> Path:
        """Write the tables alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.table.write_text("\n".join([self.heading, *self.rows]) + "\n")
        if self.demographics is not None:
            self.demographics_table.write_text("\n".join([self.demographics_heading, *self.demographics]) + "\n")
        return self.folder

    def write(self, suffix: str = ".wav") -> Path:
        """Write the tables, and a second of noise for every recording that they list."""
        self.write_tables()
        for number, recording_id in enumerate(self.listed()):
            self.write_sound(recording_id + suffix, seed=number)
        return self.folder

    def write_sound(self, name: str, *, seed: int = 0, seconds: float = 1.5, samples: Sequence[float] = ()) -> Path:
        """Write one recording at 4 kHz: the given samples, or noise."""
        path = self.folder / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).normal(0, 0.1, round(4000 * seconds))
        # Rounded here, because libsndfile rounds differently for wav and for flac.
        sound = np.clip(np.round((noise if len(samples) == 0 else np.asarray(samples)) * 32768), -32768, 32767)
        soundfile.write(path, sound.astype(np.int16), 4000, subtype="PCM_16")
        return path

    def listed(self) -> list[str]:
        """Return the names of all recordings in the table."""
        return [
            name for row in csv.DictReader([self.heading, *self.rows]) for c, name in row.items() if name and "rec" in c
        ]

    @property
    def table(self) -> Path:
        return self.folder / "train.csv"

    @property
    def demographics_table(self) -> Path:
        return self.folder / "additional_metadata.csv"
