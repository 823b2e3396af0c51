"""What a run was made with: versions, machine, and the identity of the data."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heartprobe import __version__
from heartprobe.data.bmd_hs import position_of
from heartprobe.data.recordings import RecordingSet

_PACKAGES = ("torch", "transformers", "scikit-learn", "numpy", "scipy", "soundfile", "soxr", "safetensors")


def describe_environment(device: str) -> dict[str, Any]:
    """Return versions, git revision and device."""
    return {
        "heartprobe": __version__,
        "git_revision": _git_revision(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "device": device,
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def data_fingerprint(recordings: RecordingSet, sounds: Mapping[str, str]) -> str:
    """Return the SHA-256 of everything about the data that can change a result.

    Args:
        recordings: Who was recorded, with labels and demographics.
        sounds: SHA-256 of each usable recording's samples, by recording id.
    """
    # What a recording's name tells is in its name already.
    positions = {
        r.recording_id: str(r.position) for r in recordings.recordings if r.position != position_of(r.recording_id)
    }
    content = {
        **({"positions": positions} if positions else {}),
        "recordings": [(r.recording_id, r.patient_id, sounds.get(r.recording_id)) for r in recordings.recordings],
        "patients": [
            (
                p,
                sorted(recordings.patients[p].labels.items()),
                asdict(recordings.patients[p].demographics),
                recordings.site_of(p),
                recordings.patients[p].group,
            )
            for p in recordings.patient_ids
        ],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _git_revision() -> str | None:
    """Return the revision of the checkout that heartprobe is imported from, if it is one."""
    repository = Path(__file__).resolve().parents[2]
    if not (repository / ".git").exists():
        return None
    command = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
