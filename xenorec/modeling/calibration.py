"""Calibration: from the log-odds of a model to the probability of what it is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats


@dataclass(frozen=True, eq=False)
class ProbabilityCalibration:
    """A logistic curve over a model's log-odds and what else may matter (Platt 1999).

    Where all else is equal, a higher log-odds always stays higher.
    """

    intercept: float
    slopes: Floats

    def probability(self, columns: Floats) -> Floats:
        """Return the probability of each row; the first of the ``columns`` is the log-odds."""
        z = self.intercept + columns @ self.slopes
        return np.asarray(1 / (1 + np.exp(-z)), dtype=np.float64)


def fit_calibration(columns: Floats, happened: Bools, weight: Floats) -> ProbabilityCalibration:
    """Return the curve that fits what happened; where it would turn round, the plain one.

    The plain one too where it happened everywhere or nowhere.
    """
    from sklearn.linear_model import LogisticRegression

    plain = ProbabilityCalibration(0.0, np.append(1.0, np.zeros(columns.shape[1] - 1)))
    if happened.all() or not happened.any():
        return plain
    fitted = LogisticRegression(C=100.0, max_iter=300).fit(columns, happened, sample_weight=weight)
    if fitted.coef_[0, 0] <= 0:
        return plain
    return ProbabilityCalibration(float(fitted.intercept_[0]), fitted.coef_[0].astype(np.float64))
