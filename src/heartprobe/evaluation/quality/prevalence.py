"""What a positive and a negative answer would mean where the finding is rarer, or commoner, than among those tested.

Sensitivity and specificity are taken to be the same there, and the predictive values follow by Bayes' theorem. In
BMD-HS 81 % are abnormal: a PPV of 0.97 there is one of 0.29 where 5 % are.
"""

from __future__ import annotations

import numpy as np

from heartprobe.evaluation.metrics.entries import JSONObject, bootstrap_entry
from heartprobe.evaluation.metrics.ranking import Columns, ratio
from heartprobe.evaluation.metrics.reasons import words_of
from heartprobe.evaluation.quality.finding_answers import FindingAnswers, RepeatedAnswers


def predictive_values(sensitivity: Columns, specificity: Columns, prevalence: float) -> tuple[Columns, Columns]:
    """Return PPV and NPV at a prevalence; NaN where nobody would be declared so."""
    found, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    cleared, alarmed = specificity * (1 - prevalence), (1 - specificity) * (1 - prevalence)
    return ratio(found, found + alarmed), ratio(cleared, cleared + missed)


def rates(answers: FindingAnswers, weights: Columns) -> tuple[Columns, Columns]:
    """Return sensitivity and specificity of what was declared; NaN where a class has no weight."""
    is_found, is_cleared = answers.is_ill & answers.is_declared, ~answers.is_ill & ~answers.is_declared
    return ratio(is_found @ weights, answers.is_ill @ weights), ratio(is_cleared @ weights, ~answers.is_ill @ weights)


def at_prevalence(answers: RepeatedAnswers, prevalence: float) -> JSONObject:
    """Return `prevalence`, `ppv` and `npv`, which are of all patients of known truth."""
    values = answers.mean(lambda a, weights: np.stack(predictive_values(*rates(a, weights), prevalence)))
    lacks_class = answers.lacks_class()
    words = words_of(answers.label)
    nobody = (
        lambda a: None if a.is_declared.any() else f"none of the patients was declared {words.ill}",
        lambda a: f"none of the patients was declared {words.well}" if a.is_declared.all() else None,
    )
    return {
        "prevalence": prevalence,
        **{
            name: bootstrap_entry(columns, answers.resamples, answers.n, lacks_class or answers.reason(why))
            for name, columns, why in zip(("ppv", "npv"), values, nobody, strict=True)
        },
    }
