"""The items of TRIPOD+AI in our words.

Collins and others, TRIPOD+AI statement: updated guidance for reporting clinical prediction models that use regression
or machine learning methods. BMJ 2024; 385:e078378. doi:10.1136/bmj-2023-078378
"""

from __future__ import annotations

from typing import Final

from heartprobe.evaluation.report.checklists.item import Item
from heartprobe.evaluation.report.sections.titles import (
    AUDIT,
    CALIBRATION,
    CURVES,
    DATA,
    DECISIONS,
    HARDEST,
    LIMITS,
    METRICS,
    POSITIONS,
    RESULT,
    SETTINGS,
    SITES,
)

TRIPOD_AI: Final = (
    Item("1", "A title that says: a prediction model, made or tested, for whom, of what"),
    Item("2", "An abstract with what TRIPOD+AI asks of abstracts"),
    Item("3a", "Medical background, and which models there are already"),
    Item("3b", "For whom and for what the model is meant, where in the care of a patient, and who would use it"),
    Item("3c", "Known inequalities in health between groups of people"),
    Item(
        "4",
        "What the study is to find out: making a model, testing it, or both",
        (DATA,),
        "the aims are for the authors",
    ),
    Item("5a", "Where the data come from, and whom they represent", (DATA,), "whom they represent is for the authors"),
    Item("5b", "When the data were collected"),
    Item("6a", "In which kind of place and in how many places", (SITES,), "the kind of place is for the authors"),
    Item("6b", "Who could take part"),
    Item("6c", "Which treatments patients had"),
    Item(
        "7",
        "How data were prepared and checked, and whether alike in all groups",
        (DATA, SETTINGS),
        "all recordings are prepared alike; whether all groups were recorded alike is for the authors",
    ),
    Item(
        "8a",
        "What is predicted, and how and when it was established",
        (SETTINGS,),
        "how it was established is for the authors",
    ),
    Item("8b", "Who established it, where that takes judgement"),
    Item("8c", "Whether they were blind to the recordings"),
    Item(
        "9a",
        "Why these predictors, and what was chosen beforehand",
        (SETTINGS,),
        "the reasons are for the authors",
        of_development=True,
    ),
    Item("9b", "How predictors are defined and measured", (SETTINGS, POSITIONS), "the stethoscope is for the authors"),
    Item("9c", "Who measured them, where that takes judgement"),
    Item(
        "10",
        "How the number of patients came about, and whether it is enough",
        (DATA, RESULT),
        "intervals show what the number allows; how it came about is for the authors",
    ),
    Item(
        "11",
        "How missing values were dealt with",
        (DATA, AUDIT),
        "unknown labels count nowhere; missing demographics are replaced by training means",
    ),
    Item("12a", "How data were divided for making and testing", (DATA,), of_development=True),
    Item("12b", "How predictors were transformed", (SETTINGS,)),
    Item(
        "12c",
        "Which kind of model, how it was built and tuned, and how it was validated inside",
        (SETTINGS,),
        of_development=True,
    ),
    Item("12d", "How differences between places were dealt with", (SITES, AUDIT)),
    Item("12e", "Which measures and pictures of performance, and why", (RESULT, CURVES, CALIBRATION, DECISIONS)),
    Item(
        "12f",
        "Whether the model was updated after testing, such as recalibrated",
        missing="no model was changed by what testing showed; say so",
    ),
    Item(
        "12g",
        "How predictions are computed, where a model is tested",
        (SETTINGS,),
        "the model folder of the run holds the rest",
    ),
    Item(
        "13",
        "What was done about rare classes, and to calibrate afterwards",
        (SETTINGS, CALIBRATION),
        of_development=True,
    ),
    Item(
        "14", "What was done for fairness, and why", (AUDIT,), "groups are compared; what was done is for the authors"
    ),
    Item("15", "What the model says, and how thresholds were found", (DECISIONS,)),
    Item(
        "16",
        "How test data differ from the data that the model was made from",
        (SITES, DATA),
        "beyond counts it is for the authors",
        of_development=True,
    ),
    Item("17", "Approval by an ethics committee, and consent"),
    Item("18a", "Who paid, and what they had to say"),
    Item("18b", "Conflicts of interest"),
    Item("18c", "Where the protocol is"),
    Item("18d", "Where the study is registered"),
    Item("18e", "Where the data are", (DATA,), "name and licence are here, the address is for the authors"),
    Item("18f", "Where the code is", (SETTINGS,), "the version is here, the address is for the authors"),
    Item("19", "How patients and the public took part"),
    Item("20a", "The flow of participants, how many have the finding, drawn if possible", (DATA,)),
    Item(
        "20b",
        "Who they are, overall and by place, and what is missing",
        (SITES, AUDIT),
        "what is not in the data set is for the authors",
    ),
    Item(
        "20c",
        "How they compare with those that the model was made from",
        (SITES,),
        "beyond these counts it is for the authors",
        of_development=True,
    ),
    Item(
        "21",
        "How many took part in making, tuning and testing, and how many of them have the finding",
        (DATA, DECISIONS),
        "how many have the finding is said of everybody and of those tested",
        of_development=True,
    ),
    Item(
        "22",
        "The whole model, so that others can predict and test",
        (SETTINGS,),
        "the model folder of the run holds it; its address is for the authors",
    ),
    Item(
        "23a",
        "Performance with intervals, also of groups of people",
        (RESULT, CURVES, CALIBRATION, METRICS, AUDIT, SITES),
    ),
    Item("23b", "Differences in performance between places", (SITES,), missing="all patients are of one place"),
    Item("24", "What updating the model changed", missing="no model was changed by what testing showed; say so"),
    Item(
        "25",
        "What the results mean, also for fairness",
        (RESULT, AUDIT),
        "the top of the report says it in sentences; the comparison with others is for the authors",
    ),
    Item("26", "Limits of the study", (LIMITS, HARDEST)),
    Item(
        "27a",
        "What to do about poor or missing recordings when the model is used",
        (DATA, DECISIONS),
        "unusable recordings are refused with a reason, uncertain answers withheld",
    ),
    Item("27b", "What users have to do and to know"),
    Item("27c", "What should be studied next"),
)
