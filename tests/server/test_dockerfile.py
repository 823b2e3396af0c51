"""The Dockerfile, which cannot be built everywhere: what a linter and heartprobe itself say of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from heartprobe.cli.app import app as command_line
from heartprobe.errors import BundleError

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKERFILE = REPOSITORY / "Dockerfile"


def test_linter_finds_nothing() -> None:
    """Not even a matter of style; the linter comes with the development extras."""
    linter = Path(sys.executable).with_name("hadolint")
    found = subprocess.run(
        [linter, "--format", "json", "--failure-threshold", "style", DOCKERFILE], capture_output=True
    )
    assert (found.returncode, json.loads(found.stdout)) == (0, [])


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored_but = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    copied = {
        name
        for names in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
        for name in names.split()
    }
    assert copied == ignored_but
    assert all((REPOSITORY / name).exists() for name in copied)


def test_image_starts_a_command_that_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what docs/serve.md puts behind its name: a model folder and an option."""
    monkeypatch.delenv("HEARTPROBE_TOKEN", raising=False)
    (started,) = re.findall(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    program, *options = json.loads(started)
    assert program == "heartprobe"
    options[options.index("8000")] = "0"
    nowhere = tmp_path / "model"
    result = CliRunner().invoke(command_line, [*options, str(nowhere), "--no-token"])
    assert isinstance(result.exception, BundleError), result
    assert str(result.exception).startswith(f"{nowhere} is no model folder")
    assert str(CliRunner().invoke(command_line, options).exception).startswith("--host 0.0.0.0 can be reached")
