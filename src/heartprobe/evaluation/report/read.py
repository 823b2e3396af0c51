"""Read the `report.json` of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heartprobe.errors import DataError


def read_report(folder: Path) -> dict[str, Any]:
    """Return the content of the `report.json` of a run folder.

    Raises:
        DataError: If there is none, or it cannot be a report.
    """
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"There is no report at {path}; name a folder that `heartprobe train` or `heartprobe evaluate` has left."
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"The report at {path} cannot be read as JSON ({error}); make the run again.") from None
    if not (isinstance(report, dict) and {"task", "data", "levels"} <= report.keys()):
        raise DataError(f"{path} is no report of a run: it has no task, data and levels.")
    return report
