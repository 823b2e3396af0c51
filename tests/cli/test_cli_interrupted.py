"""What the command line says of a command that was broken off."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from heartprobe.cli import app as command_line

GOES_ON = "What is computed is kept. The same command goes on from there."
ARCHIVE = "Of folders and tables, the patients who are done are kept. The same command goes on from there."


def ended(
    error: BaseException, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[object, str]:
    """Return the exit code and what stands on standard error when a command ends so."""

    def break_off() -> None:
        raise error

    run: Callable[[], None] = break_off
    monkeypatch.setattr(command_line, "app", run)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["heartprobe", *arguments])
    with pytest.raises(SystemExit) as stopped:
        command_line.main()
    return stopped.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--data-dir", "x"], GOES_ON),
        (["data", "fetch", "bmd-hs"], GOES_ON),
        (["predict", "archive"], ARCHIVE),
        (["data", "check", "x"], "Nothing of it is kept."),
        (["explain", "b", "x.wav"], "Nothing of it is kept."),
        (
            ["pretrain", "--data", "x"],
            "The last checkpoint is kept, if there is one yet. The same command goes on from there.",
        ),
        (["trainer"], "Nothing of it is kept."),
    ],
)
def test_ctrl_c_says_what_is_kept(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An explanation that was broken off has nothing to go on with."""
    code, err = ended(command_line._Interrupted(), arguments, monkeypatch, capsys)
    assert (code, err) == (130, f"\nheartprobe: interrupted. {said}\n")


@pytest.mark.parametrize(("arguments", "said"), [(["train"], f" {GOES_ON}"), (["explain"], "")])
def test_a_full_disk_says_what_is_kept(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = ended(OSError(28, "No space left on device", "x.json"), arguments, monkeypatch, capsys)
    assert (code, err) == (1, f"heartprobe: x.json: No space left on device.{said}\n")
