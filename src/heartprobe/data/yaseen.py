"""The reader of the five classes of heart sounds by Yaseen, Son and Kwon.

Yaseen et al. 2018, doi:10.3390/app8122344. There is no table: the recordings of a class lie in one
folder, called `AS_New_3주기` and the like ("three cycles") in the authors' archives, `AS` in most copies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.class_folders import sort_by_class
from heartprobe.data.extra_labels import PROLAPSE
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.release import ByHand
from heartprobe.data.single_recordings import SingleRecording, nobody_known, one_patient_each
from heartprobe.labels import NORMAL

NAME = "yaseen"

#: Every recording belongs to exactly one class, so that it has none of the other lesions; but a
#: prolapsed mitral valve may leak, and a leaking one be prolapsed, so neither tells about the other.
CLASSES: Mapping[str, Mapping[str, int | None]] = {
    NORMAL: {NORMAL: 1, "AS": 0, "MR": 0, "MS": 0, PROLAPSE: 0},
    "AS": {NORMAL: 0, "AS": 1, "MR": 0, "MS": 0, PROLAPSE: 0},
    "MR": {NORMAL: 0, "AS": 0, "MR": 1, "MS": 0, PROLAPSE: None},
    "MS": {NORMAL: 0, "AS": 0, "MR": 0, "MS": 1, PROLAPSE: 0},
    PROLAPSE: {NORMAL: 0, "AS": 0, "MR": None, "MS": 0, PROLAPSE: 1},
}

_URL = "https://github.com/yaseen21khan/Classification-of-Heart-Sound-Signal-Using-Multiple-Features-"
_SOUGHT = Sought.published(NAME, _URL)
_CLASS_FOLDER = re.compile(rf"({'|'.join(CLASSES)})(_New.*)?")
_FILE_NAME = re.compile(rf"New_({'|'.join(CLASSES)})_[0-9]+")


def read_yaseen(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read the class folders that are there.

    Args:
        folder: Holds the class folders, however deep.
        dataset: Not used: there are no tables.

    Returns:
        Every recording of a class folder, but for those of which there are several, or whose
        name (`New_MVP_017`) is that of another class.

    Raises:
        DatasetNotFoundError: If the folder, or every recording in a class folder, is missing.
    """
    files = look_through(folder, _SOUGHT)
    classes, findings = sort_by_class(files, _class_of)
    if not classes:
        raise _SOUGHT.missing(f"there are no recordings in folders called {', '.join(CLASSES)} in or below {folder}.")
    listed: list[SingleRecording] = []
    paths: dict[str, Path] = {}
    for recording_id in sorted({path.stem for path in classes}):
        found = [path for path in files.audio[recording_id] if path in classes]
        doubt = _doubt(files, recording_id, found, classes)
        if doubt is not None:
            findings.append(doubt)
            continue
        paths[recording_id] = found[0]
        listed.append(SingleRecording(recording_id, CLASSES[classes[found[0]]], site=NAME, group=NAME))
    unknown = nobody_known(
        NAME,
        "Nothing tells which recordings are of one person; all of them are therefore kept together, "
        "and no part of the data set can test a model that was trained on another part of it.",
    )
    return one_patient_each(NAME, listed, paths, [*findings, unknown], _SOUGHT)


def _class_of(folder: str) -> str | None:
    match = _CLASS_FOLDER.fullmatch(folder)
    return match[1] if match else None


def _doubt(files: DataFolder, recording_id: str, found: list[Path], classes: Mapping[Path, str]) -> Finding | None:
    """Return why a recording cannot be used, or `None` where it can."""
    if len(found) > 1:
        places = ", ".join(files.relative(path) for path in found)
        detail = f"{len(found)} files have this name ({places}); which one is meant is not known, so none is used."
        return Finding("ambiguous", recording_id, detail)
    match = _FILE_NAME.fullmatch(recording_id)
    if match and match[1] != classes[found[0]]:
        detail = f"{files.relative(found[0])} lies in a folder of {classes[found[0]]}, but its name says {match[1]}."
        return Finding("contradicting", recording_id, f"{detail} It is left out.")
    return None


FACTS = DatasetFacts(
    title="Heart sounds of five classes by Yaseen, Son and Kwon (2018)",
    url=_URL,
    licence="none stated in the repository",
    citation="Yaseen, Son GY, Kwon S. Classification of Heart Sound Signal Using Multiple Features. "
    "Applied Sciences 8(12):2344, 2018",
    rates_hz=(8000,),
    # 1.16 to 3.99 s: three heartbeats each.
    duration_s=None,
    labels=(NORMAL, "AS", "MR", "MS", PROLAPSE),
    label_meaning="Every recording belongs to one of five classes: normal, `AS`, `MR`, `MS`, or `MVP` (mitral valve "
    "prolapse, a label of this data set alone). The other lesions are absent, but for `MR` of a prolapse and `MVP` of "
    "a mitral regurgitation, which are unknown. `AR` is unknown.",
    people="Every recording is a patient; all of them are one group, because one person can stand in any number of "
    "recordings. So nothing can be tested within the data set: results from random splits of it are too good.",
    demographics=(),
    unknown=(
        "Who was recorded, with what, and where on the chest: the sounds were collected from many sources.",
        "Aortic regurgitation, and whether a heart has several lesions.",
        "A whole examination: every recording is a piece of one to four seconds.",
    ),
    read=read_yaseen,
    release=ByHand(
        how=f"Its recordings lie at {_URL} in .rar archives, one for each class (N_New_3주기.rar and the like), which "
        "take a program of their own: load and unpack them",
        layout="a folder for each class, called as the archive is, or N, AS, MR, MS and MVP",
    ),
)
