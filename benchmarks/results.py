"""Write docs/results.md and its picture from a finished benchmark.

    heartprobe benchmark benchmarks/results.toml --data bmd-hs=DIR --data physionet-2016=DIR --out OUT
    python benchmarks/results.py OUT

`leaderboard.json` and `cost.json` of OUT are kept in benchmarks/results/, from which the page is made; without OUT it
is made from what lies there. A test compares the page with what this writes.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from heartprobe.benchmark.page import compose, panels
from heartprobe.benchmark.picture import draw_file
from heartprobe.evaluation.report.markdown import to_markdown

REPOSITORY = Path(__file__).resolve().parents[1]
KEPT = REPOSITORY / "benchmarks" / "results"
PAGE = REPOSITORY / "docs" / "results.md"
PICTURE = PAGE.with_suffix(".svg")

HOW = """\
<!-- Made by benchmarks/results.py. -->

Two commands have made this page, from real recordings and with no number entered by hand.
[benchmarks/results.toml](../benchmarks/results.toml) says what was run, and [its own page](benchmark.md) what
`heartprobe benchmark` does with it. `BMD-HS` and `CINC16` are the folders of the [data sets](data-sets.md);
`--encoder openai/whisper-tiny.en=DIR` names a copy of that encoder where it shall not be downloaded:

    heartprobe benchmark benchmarks/results.toml --data bmd-hs=BMD-HS --data physionet-2016=CINC16 --out OUT
    python benchmarks/results.py OUT

The numbers with all their digits are in [benchmarks/results](../benchmarks/results): `leaderboard.json`, which the same
runs give again byte for byte, and `cost.json`, the times.

![What each model reaches against what it costs: one panel for each section](results.svg)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, help="folder of a finished benchmark")
    arguments = parser.parse_args()
    if arguments.out:
        KEPT.mkdir(exist_ok=True)
        for name in ("leaderboard.json", "cost.json"):
            shutil.copyfile(arguments.out / name, KEPT / name)
    PAGE.write_text(page(*kept()), encoding="utf-8")
    PICTURE.write_text(draw_file(panels(*kept())), encoding="utf-8")


def kept() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the leaderboard and the costs that the page is made from."""
    leaderboard, costs = (json.loads((KEPT / name).read_text("utf-8")) for name in ("leaderboard.json", "cost.json"))
    return leaderboard, costs


def page(leaderboard: dict[str, Any], costs: dict[str, Any]) -> str:
    """Return the page."""
    opening, _, sections = to_markdown(compose(leaderboard, costs)).partition("\n## ")
    return f"{opening}\n{HOW}\n## {sections}"


if __name__ == "__main__":
    main()
