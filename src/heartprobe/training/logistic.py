"""Many L2-regularised logistic regressions on the same features, solved together.

Each minimises, as scikit-learn's `LogisticRegression` with sample weights `C * s` does,

    1/2 |w|^2 + C * sum_i s_i log(1 + exp(-y_i (w.x_i + b))),   y_i = +1 or -1, b not penalised

Choosing a layer and a C inside cross-validation takes thousands of fits. The features are turned
once onto their principal axes, on which the curvature of every problem is nearly diagonal. All
labels and all C are then columns of one matrix, solved by Newton's method whose steps come from
conjugate gradients, preconditioned with that diagonal (Lin, Weng, Keerthi, JMLR 2008; 9:627). The
steps are computed in single precision, which costs half; the gradient that decides when
a column is done is in double precision, so that the result is as exact as the tolerance says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from heartprobe.errors import TrainingError

Matrix = NDArray[np.float64]

#: Largest norm of a gradient at the end. The objective bends at least as strongly as 1/2 |w|^2, so
#: that w is off by no more than this, and in practice by far less: against scikit-learn,
#: probabilities agree within 1e-4 (tests/training/test_training_logistic.py).
TOLERANCE: Final = 1e-4

_MOST_STEPS: Final = 200
_MOST_INNER_STEPS: Final = 100
# A Newton step need not be exact far from the optimum (Dembo, Eisenstat, Steihaug 1982).
_INNER_TOLERANCE: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Solutions of `k` problems.

    Attributes:
        coefficients: `(d, k)`.
        intercepts: `(k,)`.
    """

    coefficients: Matrix
    intercepts: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalAxes:
    """Rows of features in their own principal axes, which as many regressions as wanted can share.

    Attributes:
        rows: `(n, r)`, the features in the basis; `r` is their rank.
        basis: `(d, r)`, orthonormal.
    """

    rows: Matrix
    basis: Matrix

    @classmethod
    def of(cls, features: Matrix) -> PrincipalAxes:
        """Return the axes of `(n, d)`, through the smaller of the two Gram matrices.

        Directions in which the features vary by less than rounding are left out: there, the
        penalty keeps the coefficients at 0.
        """
        n, d = features.shape
        variance, axes = np.linalg.eigh(features @ features.T if n < d else features.T @ features)
        kept = variance > max(n, d) * np.finfo(np.float64).eps * max(variance[-1], np.finfo(np.float64).tiny)
        variance, axes = variance[kept], axes[:, kept]
        if n < d:
            length = np.sqrt(variance)
            return cls(rows=axes * length, basis=features.T @ (axes / length))
        return cls(rows=features @ axes, basis=axes)


def fit_logistic(axes: PrincipalAxes, targets: Matrix, weights: Matrix, *, tolerance: float = TOLERANCE) -> LogisticFit:
    """Solve one problem per column.

    Args:
        axes: The features, already standardised.
        targets: `(n, k)`, 1 or 0; whatever stands where the weight is 0 does not count, NaN included.
        weights: `(n, k)`, C times the weight of each row.
        tolerance: Largest norm of a column's gradient at the end.

    Raises:
        TrainingError: If the features are not finite, or a problem is too badly conditioned.
    """
    if not np.isfinite(axes.rows).all():
        raise TrainingError("The features hold infinite or undefined values; extract them again.")
    problem = _Problem.of(axes.rows, np.where(weights > 0, targets, 0.0), weights)
    point = _minimise(problem, tolerance)
    return LogisticFit(coefficients=axes.basis @ point[:-1], intercepts=point[-1])


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The regressions in the basis, with the intercept as a last column of ones.

    Attributes:
        rows: `(n, r + 1)`, and in single precision `single`, its transpose, and the square of that.
        penalty: `(r + 1, 1)`, 1 and for the intercept 0.
        sign: `(n, k)`, -1 for the target 1 and +1 for the target 0.
    """

    rows: Matrix
    single: NDArray[np.float32]
    single_t: NDArray[np.float32]
    squares_t: NDArray[np.float32]
    penalty: Matrix
    targets: Matrix
    sign: Matrix
    weights: Matrix

    @classmethod
    def of(cls, rows: Matrix, targets: Matrix, weights: Matrix) -> _Problem:
        extended = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        single = extended.astype(np.float32)
        transposed = np.ascontiguousarray(single.T)
        penalty = np.append(np.ones(rows.shape[1]), 0.0)[:, np.newaxis]
        sign = 1.0 - 2.0 * targets
        return cls(extended, single, transposed, np.square(transposed), penalty, targets, sign, weights)

    def value(self, point: Matrix, logits: Matrix, columns: NDArray[np.intp]) -> Matrix:
        losses = self.weights[:, columns] * np.logaddexp(0.0, self.sign[:, columns] * logits)
        return np.asarray(0.5 * (self.penalty * np.square(point)).sum(axis=0) + losses.sum(axis=0))

    def gradient(self, point: Matrix, probabilities: Matrix, columns: NDArray[np.intp]) -> Matrix:
        errors = self.weights[:, columns] * (probabilities - self.targets[:, columns])
        return np.asarray(self.rows.T @ errors + self.penalty * point)


def _minimise(problem: _Problem, tolerance: float) -> Matrix:
    """Return the minimising points, `(r + 1, k)`."""
    n_columns = problem.targets.shape[1]
    everything = np.arange(n_columns)
    point, logits = np.zeros((problem.rows.shape[1], n_columns)), np.zeros_like(problem.targets)
    value = problem.value(point, logits, everything)
    gradient = problem.gradient(point, expit(logits), everything)
    first_norm = _norm(gradient)
    for _ in range(_MOST_STEPS):
        norm = _norm(gradient)
        # Columns that are done are left alone: only the hard ones cost further steps.
        open_ = np.flatnonzero(norm > tolerance)
        if not open_.size:
            return point
        goal = np.maximum(np.minimum(_INNER_TOLERANCE, norm / np.maximum(first_norm, norm)) * norm, 0.3 * tolerance)
        step = _newton_step(problem, expit(logits[:, open_]), gradient[:, open_], goal[open_], open_)
        moved = _line_search(problem, point[:, open_], logits[:, open_], value[open_], gradient[:, open_], step, open_)
        point[:, open_], logits[:, open_], value[open_] = moved
        gradient[:, open_] = problem.gradient(point[:, open_], expit(logits[:, open_]), open_)
    raise TrainingError(
        f"The logistic regression did not converge within {_MOST_STEPS} steps (gradient {_norm(gradient).max():.2g}, "
        f"{tolerance:g} was asked for). Leave the largest values out of training.c_grid."
    )


def _newton_step(
    problem: _Problem, probabilities: Matrix, gradient: Matrix, goal: Matrix, columns: NDArray[np.intp]
) -> Matrix:
    """Solve `H step = -gradient` by conjugate gradients until the residual's norm is below `goal`."""
    curvature = (problem.weights[:, columns] * probabilities * (1.0 - probabilities)).astype(np.float32)
    penalty = problem.penalty.astype(np.float32)
    diagonal = np.maximum(problem.squares_t @ curvature + penalty, np.finfo(np.float32).tiny)
    residual = -gradient.astype(np.float32)
    step = np.zeros_like(residual)
    preconditioned = residual / diagonal
    direction = preconditioned.copy()
    progress = (residual * preconditioned).sum(axis=0)
    for _ in range(_MOST_INNER_STEPS):
        bent = problem.single_t @ (curvature * (problem.single @ direction)) + penalty * direction
        length = _quotient(progress, (direction * bent).sum(axis=0))
        length[_norm(residual) <= goal] = 0.0
        step += length * direction
        residual -= length * bent
        if (_norm(residual) <= goal).all():
            break
        preconditioned = residual / diagonal
        previous, progress = progress, (residual * preconditioned).sum(axis=0)
        direction = preconditioned + _quotient(progress, previous) * direction
    return step.astype(np.float64)


def _line_search(
    problem: _Problem,
    point: Matrix,
    logits: Matrix,
    value: Matrix,
    gradient: Matrix,
    step: Matrix,
    columns: NDArray[np.intp],
) -> tuple[Matrix, Matrix, Matrix]:
    """Halve each column's step until the objective falls (Armijo); return points, logits and values."""
    slope = (gradient * step).sum(axis=0)
    change = problem.rows @ step
    length = np.ones(len(columns))
    while True:
        new_point, new_logits = point + length * step, logits + length * change
        new_value = problem.value(new_point, new_logits, columns)
        # Near the optimum the fall drowns in rounding, which must not stop a good step.
        too_far = new_value > value + 1e-4 * length * slope + 1e-12 * np.abs(value)
        if not too_far.any() or length.min() < 1e-9:
            return new_point, new_logits, new_value
        length[too_far] *= 0.5


def _norm(columns: NDArray[np.floating]) -> Matrix:
    return np.asarray(np.sqrt(np.square(columns, dtype=np.float64).sum(axis=0)))


def _quotient(numerator: NDArray[np.float32], denominator: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide; 0 where there is nothing left to divide by."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
