"""A process in the place of a worker, which does without torch what its job says: it ends in many ways.

`settings` of the job holds a list of words for each rank.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from heartprobe.pretraining.processes.job import Job


def main() -> None:
    job = Job(**json.loads(sys.stdin.readline()))
    for word in job.settings[str(job.rank)]:
        act(word)


def act(word: str) -> None:
    name, _, value = word.partition("=")
    if name in ("error", "failure", "lost", "note"):
        say({name: value})
    elif name == "advance":
        say({name: int(value)})
    elif name == "exit":
        sys.stdout.flush()
        os._exit(int(value))
    elif name == "signal":
        os.kill(os.getpid(), signal.Signals[value])
    elif name == "wait":
        time.sleep(60)
    else:
        raise ValueError(word)


def say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
