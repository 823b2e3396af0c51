"""Processes that train together are started, heard and ended, however one of them ends; none trains here."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import scripted_worker
from heartprobe.errors import TrainingError
from heartprobe.pretraining.checkpoints import write_checkpoint
from heartprobe.pretraining.processes import launch
from heartprobe.pretraining.processes.exchange import exchange_folder
from heartprobe.pretraining.processes.job import Job
from heartprobe.pretraining.processes.launch import run_workers
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.state import TrainingState

JOB = Job(settings={}, unfinished="", exchange="", made_for="it", from_step=0, device="cpu", threads=1, world_size=2)
KEPT = r" The last checkpoint is kept, and the same command goes on from there\.$"


@pytest.fixture(autouse=True)
def _scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "WORKER", scripted_worker.__name__)


def script(*words: list[str]) -> Job:
    return replace(JOB, settings={str(rank): part for rank, part in enumerate(words)}, world_size=len(words))


def test_what_the_first_says_is_passed_on() -> None:
    """In its order, to the last word before it ends."""
    heard: list[int | str] = []
    job = script(["advance=1", "note=half", "advance=2", "exit=0"], ["exit=0"])
    run_workers(job, advance=heard.append, note=heard.append)
    assert heard == [1, "half", 2]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([["wait"], ["signal=SIGKILL"]], r"^Process 2 of 2 was ended by SIGKILL; where memory ran out, take fewer --p"),
        ([["exit=3"], ["signal=SIGSEGV"]], r"^Process 2 of 2 was ended by SIGSEGV\." + KEPT),
        ([["error=The loss is nan.", "exit=1"], ["exit=3"]], r"^The loss is nan\.$"),
        (
            [["exit=3"], ["failure=OSError: disk full", "exit=1"]],
            r"^Process 2 of 2 failed: OSError: disk full\." + KEPT,
        ),
        ([["exit=0"], ["exit=7"]], r"^Process 2 of 2 ended with exit code 7\." + KEPT),
        ([["exit=3"], ["exit=3"]], r"^The 2 processes lost each other\." + KEPT),
        (
            [["exit=3"], ["lost=lost each other: CUDA error: out of memory", "exit=3"]],
            r"^The 2 processes lost each other: CUDA error: out of memory\." + KEPT,
        ),
        (
            [["lost=cannot connect with each other: reset by peer", "exit=3"], ["signal=SIGKILL"]],
            r"^Process 2 of 2 was ended by SIGKILL; where memory ran out, take fewer --processes\." + KEPT,
        ),
        (
            [["signal=SIGABRT"], ["failure=AcceleratorError: CUDA error", "exit=1"]],
            r"^Process 2 of 2 failed: AcceleratorError: CUDA error\." + KEPT,
        ),
    ],
)
def test_the_cause_is_told(
    words: list[list[str]], text: str, settings: PretrainingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ends before the last step ends the others, and the sentence is about it, not about who lost it."""
    monkeypatch.setattr(launch, "_TO_EXPLAIN_S", 0.5)
    write_checkpoint(tmp_path, TrainingState(settings, torch.device("cpu")), "it")
    begun = time.monotonic()
    with pytest.raises(TrainingError, match=text):
        run_workers(replace(script(*words), unfinished=str(tmp_path)), advance=lambda _: None, note=lambda _: None)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("there", ["nothing", "another run's"])
def test_no_checkpoint_is_promised_that_is_not_there(there: str, settings: PretrainingSettings, tmp_path: Path) -> None:
    """Neither where nothing was written nor where what lies there belongs to other settings."""
    if there != "nothing":
        write_checkpoint(tmp_path, TrainingState(settings, torch.device("cpu")), "another")
    text = r"^Process 1 of 1 ended with exit code 7\. No checkpoint was written yet; the same command begins anew\.$"
    with pytest.raises(TrainingError, match=text):
        run_workers(replace(script(["exit=7"]), unfinished=str(tmp_path)), advance=lambda _: None, note=lambda _: None)


def test_an_interruption_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the one that speaks nor the one that waits."""
    started = []
    start = launch._start
    monkeypatch.setattr(launch, "_start", lambda: started.append(start()) or started[-1])

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_workers(script(["advance=1", "wait"], ["wait"]), advance=interrupt, note=lambda _: None)
    assert [process.returncode for process in started] == [-9, -9]
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


def test_what_is_exchanged_does_not_stay(tmp_path: Path) -> None:
    """Not what a killed run left, nor what this one leaves."""
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "rendezvous").write_text("of those before")
    with exchange_folder(tmp_path) as folder:
        assert list(folder.iterdir()) == []
        (folder / "material").write_text("much")
    assert list(tmp_path.iterdir()) == []
