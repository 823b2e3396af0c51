"""The items of STARD-AI that are new or changed since STARD 2015, or about answers of the test, in our words.

Sounderajah and others, The STARD-AI reporting guideline for diagnostic accuracy studies using artificial intelligence.
Nat Med 2025; 31:3283-3289. doi:10.1038/s41591-025-03953-8
"""

from __future__ import annotations

from typing import Final

from heartprobe.evaluation.report.checklists.item import Item
from heartprobe.evaluation.report.sections.titles import (
    AUDIT,
    CURVES,
    DATA,
    DECISIONS,
    HARDEST,
    LIMITS,
    METRICS,
    RESULT,
    SETTINGS,
    SITES,
)

STARD_AI: Final = (
    Item("1", "A title or abstract that says: accuracy of a test by artificial intelligence, and how accurate"),
    Item("3", "What the test is meant for, whether it is new, and where in the work it belongs"),
    Item("5", "Whether data were collected for the study or before it"),
    Item("6", "Approval by an ethics committee"),
    Item(
        "7",
        "Who and which recordings were let in and left out, in order",
        (DATA,),
        "recordings are here, people are for the authors",
    ),
    Item(
        "11",
        "Where the data come from: routine, this study, or an open collection",
        (DATA,),
        "how they were collected is for the authors",
    ),
    Item("12", "Who labelled them, with which experience, and how"),
    Item("13", "Which stethoscopes, which software, in which version", (SETTINGS,), "stethoscopes are for the authors"),
    Item("14", "How sounds were recorded and prepared", (SETTINGS,), "how they were recorded is for the authors"),
    Item("15a", "The test, so that others can repeat it", (SETTINGS,), "the model folder of the run holds the rest"),
    Item(
        "15b",
        "How it was made: training, validation, test, other data, with numbers",
        (DATA, SETTINGS),
        of_development=True,
    ),
    Item("15c", "Thresholds, why these, and whether set beforehand", (DECISIONS,)),
    Item("15d", "Who is to use it, and what they have to know"),
    Item("16a", "The reference standard, so that others can repeat it"),
    Item("17a", "What readers of the test knew of the patient", (SETTINGS,), "the model is told nothing else"),
    Item("18", "How accuracy was estimated and compared", (RESULT, CURVES)),
    Item("19", "What became of answers that could not be given", (DECISIONS,)),
    Item("20", "What became of missing recordings and labels", (DATA,)),
    Item("21", "Whether accuracy varies, planned or explored", (AUDIT, SITES), "everything here is explored"),
    Item("22", "How many were planned, and why"),
    Item("23", "Errors looked at one by one; bias and fairness", (HARDEST, AUDIT)),
    Item("24", "The flow of participants, drawn", (DATA,)),
    Item(
        "25",
        "Who is in training, validation and test",
        (SITES, DATA),
        "beyond these counts it is for the authors",
        of_development=True,
    ),
    Item(
        "28",
        "Whether the finding is as common as where the test would be used",
        (DECISIONS, DATA),
        "how common it is there is for the authors",
    ),
    Item(
        "29",
        "How outside data differ from those of the development",
        (SITES,),
        "beyond these counts it is for the authors",
        of_development=True,
    ),
    Item("30", "Answers against the reference standard, counted", (DECISIONS,)),
    Item("31", "Accuracy with intervals", (RESULT, METRICS, SITES)),
    Item("33", "Limits: bias, chance, other places", (LIMITS,)),
    Item("34", "What follows for practice"),
    Item("35", "Ethics and fairness of using it", (AUDIT,), "what follows from the groups is for the authors"),
    Item("39", "Commercial interests"),
    Item("40a", "Where data and code are, and on which terms", (DATA, SETTINGS), "addresses are for the authors"),
    Item(
        "40b",
        "Whether answers are kept and can be examined",
        (HARDEST, METRICS),
        "predictions.csv of the run has every one",
    ),
)
