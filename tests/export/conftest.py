"""Exported models that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from exported_model import Exported
from tiny_bundles import Tiny
from typer.testing import CliRunner

from heartprobe.cli.app import app


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of `heartprobe-pcg` that hears whole recordings and uses demographics; not to be written to."""
    return Tiny("heartprobe-pcg", windows="whole", has_demographics=True).save(tmp_path_factory.mktemp("tiny") / "b")


@pytest.fixture(scope="session")
def by_command(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The same, exported by the command."""
    folder = tmp_path_factory.mktemp("exported") / "onnx"
    done = CliRunner().invoke(app, ["export", str(bundle), "--to", "onnx", "--out", str(folder)])
    assert done.exit_code == 0, done.output
    return Exported(folder, done.stdout)


@pytest.fixture(scope="session")
def exported(by_command: Exported) -> Path:
    """Its folder; not to be written to."""
    return by_command.folder
