"""The label space: which labels there are, in which order, and which value is the finding.

`N` is 1 for a normal heart; every other label is 1 where its lesion was found. *Sensitivity* is
always the rate at which sick patients are found, so the finding of `N` is the value 0: a model
that calls everybody abnormal has sensitivity 1 and specificity 0. An unknown label is NaN, never 0.
"""

from __future__ import annotations

from typing import Final

NORMAL: Final = "N"

#: Aortic stenosis, aortic regurgitation, mitral regurgitation, mitral stenosis.
LESIONS: Final = ("AS", "AR", "MR", "MS")

#: The declared order of all labels, in tables, tensors and reports.
LABELS: Final = (NORMAL, *LESIONS)

LABEL_NAMES: Final = {
    "N": "normal",
    "AS": "aortic stenosis",
    "AR": "aortic regurgitation",
    "MR": "mitral regurgitation",
    "MS": "mitral stenosis",
}


def finding_value(label: str) -> int:
    """Return the value of a label that means disease: 0 for `N`, 1 for a lesion."""
    return 0 if label == NORMAL else 1


def finding_name(label: str) -> str:
    """Return what the finding of a label is called: `abnormal heart` for `N`."""
    return "abnormal heart" if label == NORMAL else LABEL_NAMES.get(label, label)
