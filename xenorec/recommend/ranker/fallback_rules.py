"""Plain rules for shops too young or too small for a model to learn from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xenorec.array_types import Floats, Singles

HALF_LIFE = 112.0
LEAST_DAYS = 28.0
NEW = 0.25


def plain_repeat(found: Mapping[str, Singles], days: float) -> Floats:
    """Return the probability of a purchase in ``days`` if orders came at the faded mean rate.

    The rate is the faded number of orders by the faded days since the customer's first order (at
    least 28), and orders come at random (Poisson).
    """
    known_for = np.maximum(found["customer_first"].astype(np.float64), LEAST_DAYS)
    faded_days = HALF_LIFE / np.log(2) * -np.expm1(-np.log(2) * known_for / HALF_LIFE)
    rate = found["product_faded_112"].astype(np.float64) / faded_days
    return np.asarray(-np.expm1(-rate * days), dtype=np.float64)


def plain_discovery(found: Mapping[str, Singles], days: float) -> Floats:
    """Return a quarter of the share of all customers that bought the product in such a time."""
    share = found["shop_popular_28"].astype(np.float64)
    return np.asarray(NEW * share * min(days / LEAST_DAYS, 1.0), dtype=np.float64)
