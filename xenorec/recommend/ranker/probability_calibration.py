"""Probability calibration: from the log-odds of a model to the probability of a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Singles

HABITS = ("lines_28", "orders_28", "since", "overdue")


@dataclass(frozen=True, eq=False)
class ProbabilityCalibration:
    """A logistic curve over a model's log-odds and how lively the customer is (Platt 1999).

    For one customer a higher log-odds always stays higher.
    """

    intercept: float
    slopes: Floats

    def p_buy(self, margin: Floats, found: Mapping[str, Singles]) -> Floats:
        """Return the probability of each row."""
        z = self.intercept + _columns(margin, found) @ self.slopes
        return np.asarray(1 / (1 + np.exp(-z)), dtype=np.float64)


def fit_calibration(
    margin: Floats, found: Mapping[str, Singles], bought: Bools, weight: Floats
) -> ProbabilityCalibration:
    """Return the curve that fits what was bought; where it would turn round, the plain one.

    The plain one too where all or none was bought.
    """
    from sklearn.linear_model import LogisticRegression

    columns = _columns(margin, found)
    plain = ProbabilityCalibration(0.0, np.append(1.0, np.zeros(columns.shape[1] - 1)))
    if bought.all() or not bought.any():
        return plain
    fitted = LogisticRegression(C=100.0, max_iter=300).fit(columns, bought, sample_weight=weight)
    if fitted.coef_[0, 0] <= 0:
        return plain
    return ProbabilityCalibration(float(fitted.intercept_[0]), fitted.coef_[0].astype(np.float64))


def _columns(margin: Floats, found: Mapping[str, Singles]) -> Floats:
    habits = [np.log1p(found[f"customer_{name}"].astype(np.float64)) for name in HABITS]
    return np.column_stack([margin, *habits])
