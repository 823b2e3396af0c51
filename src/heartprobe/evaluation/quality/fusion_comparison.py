"""The section `fusion` of `report.json`: the rules from recordings to patients, compared on the same test patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heartprobe.evaluation.metrics.entries import JSONObject, bootstrap_entry, comparison_entry, undefined
from heartprobe.evaluation.metrics.ranking import Columns, auroc_and_average_precision
from heartprobe.evaluation.quality.finding_answers import FindingAnswers, RepeatedAnswers, patient_answers

#: How much each position counts in one fold, by label and position.
Shares = Mapping[str, Mapping[str, float]]


def fusion_section(
    predictions: pd.DataFrame, *, used: str, shares: Sequence[Shares] = (), seed: int, draws: int
) -> JSONObject:
    """Return the AUROC of every rule and its paired difference to the rule that was used.

    Which rule comes out best was read off the test patients: to choose it by this table and quote its number would
    be to select on them.

    Args:
        predictions: As `read_predictions` returns them, of patients, with the rule in the further column `rule`; the
            same patients for every rule.
        used: The rule of the run, one of them.
        shares: Of each fold, how much the learned rule lets each position count.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `used`; `rules`: by rule `labels`, with the `auroc` of each, `macro`, and, but for the rule that was used,
        `difference`, of the macro AUROC, to it; `weights`: the mean of the shares by label and position.
    """
    rules = {
        str(rule): _Rule.of(patient_answers(rows, seed=seed, draws=draws))
        for rule, rows in predictions.groupby("rule", sort=False)
    }
    return {
        "used": used,
        "rules": {
            rule: found.entries() | ({} if rule == used else {"difference": found.difference(rules[used])})
            for rule, found in rules.items()
        },
        "weights": _mean_shares(shares),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """The answers by one rule.

    Attributes:
        answers: By label.
        aurocs: By label, for every column of the resamples.
    """

    answers: Mapping[str, RepeatedAnswers]
    aurocs: Mapping[str, Columns]

    @classmethod
    def of(cls, answers: Mapping[str, RepeatedAnswers]) -> _Rule:
        return cls(answers, {label: repeated.mean(_auroc) for label, repeated in answers.items()})

    @property
    def defined(self) -> list[str]:
        """The labels of which there are patients with the finding and without, the same by every rule."""
        return [label for label, columns in self.aurocs.items() if not np.isnan(columns[0])]

    @property
    def macro(self) -> Columns:
        return np.asarray(np.mean([self.aurocs[label] for label in self.defined], axis=0))

    @property
    def n(self) -> float:
        return max(self.answers[label].n for label in self.defined)

    def entries(self) -> JSONObject:
        return {
            "labels": {
                label: {"auroc": bootstrap_entry(columns, a.resamples, a.n, a.lacks_class())}
                for (label, columns), a in zip(self.aurocs.items(), self.answers.values(), strict=True)
            },
            "macro": {"auroc": self._macro_entry()},
        }

    def difference(self, used: _Rule) -> JSONObject:
        if not self.defined:
            return undefined(self._reason())
        resamples = self.answers[self.defined[0]].resamples
        is_same = all(_rank_alike(self.answers[label], used.answers[label]) for label in self.defined)
        return comparison_entry(used.macro, self.macro, resamples, self.n, is_same=is_same)

    def _macro_entry(self) -> JSONObject:
        if not self.defined:
            return undefined(self._reason())
        return bootstrap_entry(self.macro, self.answers[self.defined[0]].resamples, self.n, None)

    def _reason(self) -> str:
        return "; ".join(f"{label}: {answers.lacks_class()}" for label, answers in self.answers.items())


def _auroc(answers: FindingAnswers, weights: Columns) -> Columns:
    truth = answers.is_ill.astype(np.int8)
    return auroc_and_average_precision(truth, answers.rank, weights, np.arange(len(answers)))[0]


def _rank_alike(first: RepeatedAnswers, second: RepeatedAnswers) -> bool:
    """Whether two rules give the same probabilities."""
    return all(np.array_equal(a.rank, b.rank) for a, b in zip(first.repeats, second.repeats, strict=True))


def _mean_shares(shares: Sequence[Shares]) -> dict[str, dict[str, float]]:
    """Return the mean over the folds in which a position counted at all, by label and position."""
    found: dict[str, dict[str, list[float]]] = {}
    for fold in shares:
        for label, by_position in fold.items():
            for position, share in by_position.items():
                found.setdefault(label, {}).setdefault(position, []).append(share)
    return {
        label: {position: float(np.mean(values)) for position, values in by_position.items()}
        for label, by_position in found.items()
    }
