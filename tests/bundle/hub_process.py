"""Publishing and fetching in a process of its own, with an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

DO = """
import json, sys, warnings
warnings.simplefilter("error")
# The hub's client uploads large files in a way that the HTTP library below it no longer likes.
warnings.filterwarnings("ignore", message="Use 'content=")
from pathlib import Path
from heartprobe.bundle.hub import fetch_bundle, publish_bundle
from heartprobe.errors import HeartprobeError
for what, *given in json.loads(sys.argv[1]):
    try:
        if what == "push":
            done = publish_bundle(Path(given[0]), given[1], is_private="private" in given)
            answer = {"commit": done.commit, "url": done.url, "notes": done.notes}
        else:
            done = fetch_bundle(given[0])
            answer = {"commit": done.commit, "folder": str(done.folder), "pinned": done.pinned}
    except HeartprobeError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    print(json.dumps(answer))
"""


def do(*steps: tuple[str, ...], home: Path, **environment: str) -> list[dict[str, object]]:
    """Publish and fetch in a fresh process; return what each step came to."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HEARTPROBE_"))}
    # What is stored in chunks on the hub (Xet) goes through a library that speaks to no stand-in.
    settings = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    result = subprocess.run(
        [sys.executable, "-c", DO, json.dumps(steps)],
        env={**clean, **settings, "HF_HOME": str(home), "HEARTPROBE_CACHE": str(home / "heartprobe"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]
