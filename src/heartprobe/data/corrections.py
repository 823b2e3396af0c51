"""The corrections that a reader makes to a published data set: all of them, each with its reason.

A correction is applied only where the listed recording has no file of its own, and every one that
is applied is reported as a finding.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Correction:
    """A file that stands for a recording listed under another name.

    Attributes:
        file_stem: Name of the file, without its suffix.
        recording_id: The name in the table of recordings.
        reason: How we know.
    """

    file_stem: str
    recording_id: str
    reason: str


BMD_HS_CORRECTIONS = (
    Correction(
        file_stem="MD_085_sit_Tri6_06",
        recording_id="MD_085_sit_Tri",
        reason="it is the only file of patient_085 that no recording is listed for, and that recording is the only "
        "one of the data set that has no file",
    ),
)
