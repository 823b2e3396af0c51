"""The sentence that stands where nothing was found, with what it does not cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heartprobe.evaluation.audit.demographics_sentences import why_not_compared
from heartprobe.evaluation.audit.sentence import Sentence
from heartprobe.evaluation.wording import Report, listed

#: What can always be looked at, and alone clears nobody.
_SOUNDS: Final = "identical recordings"

_NOBODY: Final = "what nobody wrote down, such as the sensor, the room or the examiner, cannot be checked at all"


def clearance(report: Report) -> list[Sentence]:
    """Say that no shortcut was found, what was looked at and what could not be.

    Where nothing could be looked at, that is not the same, and said instead. A report without an
    audit gets neither.
    """
    if "audit" not in report:
        return []
    outcomes = dict(_checks(report))
    checked = [what for what, reason in outcomes.items() if reason is None]
    unchecked = [f"{what} ({reason})" for what, reason in outcomes.items() if reason is not None]
    not_checked = f" Not checked: {'; '.join(unchecked)}." if unchecked else ""
    if not checked:
        text = f"This audit could check nothing but {_SOUNDS}.{not_checked}"
        return [Sentence("note", "everything", text)]
    n_patients = report["levels"]["patient"]["patients"]
    text = (
        "Nothing in this audit suggests that the model goes by anything but the heart. Checked: "
        f"{listed([*checked, _SOUNDS])}.{not_checked} With {n_patients} tested patients only large differences show, "
        f"and {_NOBODY}."
    )
    return [Sentence("clear", "everything", text)]


def _checks(report: Report) -> Iterator[tuple[str, str | None]]:
    """Yield what an audit looks at beside identical recordings, with the reason why this one could not."""
    audit = report["audit"]
    yield "demographics alone", why_not_compared(report)
    for part in audit["subgroups"]:
        if part["by"] != "heart":  # The ill and the healthy differ in what is asked, not in something beside it.
            yield _named(part["by"]), part.get("reason")
    yield "the recording site", audit["site_probe"].get("reason")


def _named(by: str) -> str:
    return "one against several lesions" if by == "lesions" else by
