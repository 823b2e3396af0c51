"""Making a model folder strange, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heartprobe.bundle.folder import read_bundle
from heartprobe.errors import BundleError


def describe(folder: Path, **changed: Any) -> None:
    """Change fields of a folder's description."""
    values = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(values | changed))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    return str(caught.value)
