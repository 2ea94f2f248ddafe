"""What a purchase model says about a horizon, as arrays, and when a probability is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xenorec.numbers import Floats
from xenorec.timing.next_purchase.purchases import Patterns

NEVER_DAYS = 3650.0
"""Beyond ten years a date says nothing; it is given as never."""

QUANTILES = (0.1, 0.5, 0.9)
"""Start of the 80 % interval, median, end of the interval."""


@dataclass(frozen=True)
class Forecast:
    """One entry per customer; ``wait`` has three columns, days to each quantile (inf = never)."""

    p_alive: Floats
    p_order: Floats
    n_expected: Floats
    wait: Floats


class PurchaseModel(Protocol):
    """Purchases in days, per pattern of past purchases."""

    def p_alive(self, past: Patterns) -> Floats:
        """Probability that the customer will ever order again."""

    def p_order(self, past: Patterns, days: float) -> Floats:
        """Probability of an order within ``days`` after the pattern's age."""

    def n_expected(self, past: Patterns, days: float) -> Floats:
        """Expected days with an order within ``days`` after the pattern's age."""

    def wait(self, past: Patterns, probability: float) -> Floats:
        """Days until an order has this probability; inf when it is never reached."""


def forecast(model: PurchaseModel, past: Patterns, days: float) -> Forecast:
    """Return the model's answer for every pattern."""
    wait = np.stack([model.wait(past, q) for q in QUANTILES], axis=1)
    return Forecast(
        model.p_alive(past),
        model.p_order(past, days),
        model.n_expected(past, days),
        np.where(wait > NEVER_DAYS, np.inf, wait),
    )


def shop_forecast(model: PurchaseModel, past: Patterns, days: float) -> Forecast:
    """Return one entry: the answer for somebody drawn at random from the shop's customers."""

    def mean(values: Floats) -> float:
        return float(np.average(values, weights=past.weight))

    wait = [_reach(lambda h: mean(model.p_order(past, h)), q) for q in QUANTILES]
    return Forecast(
        np.array([mean(model.p_alive(past))]),
        np.array([mean(model.p_order(past, days))]),
        np.array([mean(model.n_expected(past, days))]),
        np.array([wait]),
    )


def _reach(curve: Callable[[float], float], probability: float) -> float:
    """Return where a rising curve reaches ``probability``, by bisection."""
    low, high = 0.0, NEVER_DAYS
    if curve(high) < probability:
        return float("inf")
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if curve(middle) >= probability else (middle, high)
    return high
