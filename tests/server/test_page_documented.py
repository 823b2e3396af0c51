"""The examples of docs/serve.md, asked of the model that comes with heartprobe."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from heartprobe.predict import Predictor
from heartprobe.server import create_app
from served import wav

SERVE = Path(__file__).parents[2] / "docs" / "serve.md"
COMMANDS = re.findall(r"^curl (.*)$", SERVE.read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def shipped() -> Iterator[TestClient]:
    with Predictor.shipped() as predictor, TestClient(create_app(predictor)) as asking:
        yield asking


def test_there_are_examples() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_example_works_with_the_shipped_model(shipped: TestClient, command: str) -> None:
    *options, address = shlex.split(command)
    files, fields = [], {}
    for option, given in zip(options[::2], options[1::2], strict=True):
        name, _, value = given.partition("=")
        assert option == "-F"
        if value.startswith("@"):
            files.append((name, (value[1:], wav())))
        else:
            fields[name] = value
    answer = shipped.post(urlsplit(address).path, files=files, data=fields)
    assert answer.status_code == 200, answer.text
