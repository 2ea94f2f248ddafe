"""The base of every answer: expected visits by the probability model times the mean value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.lifetime_value.gamma_gamma import GammaGamma, ShopMean, choose_value_model
from xenorec.timing.lifetime_value.spend_log import SpendDays
from xenorec.timing.next_purchase.bgnbd import BgNbd, MbgNbd
from xenorec.timing.next_purchase.members import Member
from xenorec.timing.next_purchase.model_selection import choose_model
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns, RfmSummary, compress
from xenorec.timing.next_purchase.shop_rate import ShopRate

CAP_QUANTILE = 0.999
MIN_CAPPED = 1_000
MOST_VALUES = 200_000


@dataclass(frozen=True)
class BaseValue:
    """The models of one currency and what they know of each customer, one entry each.

    ``frequency``, ``recency`` and ``age`` are counted in days, ``mean`` the expected
    value of a visit. ``variation`` is the coefficient of variation of one customer's values.
    """

    model: Member | ShopRate
    value_model: GammaGamma | ShopMean
    frequency: Floats
    recency: Floats
    age: Floats
    mean: Floats
    variation: float
    level: str
    can_learn: bool
    notes: tuple[str, ...]

    def past(self, rows: Ints | slice = slice(None)) -> RfmPatterns:
        """Return the patterns of the customers in ``rows``."""
        frequency = self.frequency[rows]
        ones = np.ones(len(frequency))
        return RfmPatterns(frequency, self.recency[rows], self.age[rows], ones)

    def n_expected(self, days: float, rows: Ints | slice = slice(None)) -> Floats:
        """Expected days with an order within ``days``."""
        return self.model.n_expected(self.past(rows), days)


def fit_base(visits: SpendDays) -> BaseValue:
    """Fit both models to the visits of one currency; every customer has a visit."""
    n = visits.per_customer()
    first, last = _ends(visits, n)
    frequency, recency, age = n - 1, last - first, visits.end - first
    choice = choose_model(_patterns(frequency, recency, age), MbgNbd, BgNbd)
    mean = visits.per_customer(_capped(visits.amount)) / np.maximum(n, 1)
    distinct = _values(n, mean)
    value_model, notes = choose_value_model(*distinct)
    return BaseValue(
        model=choice.model,
        value_model=value_model,
        frequency=frequency,
        recency=recency,
        age=age,
        mean=value_model.mean(n, mean),
        variation=value_model.variation,
        level=choice.level,
        can_learn=choice.can_learn,
        notes=(*choice.notes, *notes),
    )


def _ends(visits: SpendDays, n: Floats) -> tuple[Floats, Floats]:
    last = np.cumsum(n).astype(np.int64) - 1
    first = last - n.astype(np.int64) + 1
    return visits.day[first].astype(np.float64), visits.day[last].astype(np.float64)


def _patterns(frequency: Floats, recency: Floats, age: Floats) -> RfmPatterns:
    return compress(
        RfmSummary(
            ids=np.empty(0, dtype=object),
            frequency=frequency.astype(np.int64),
            recency=recency.astype(np.int64),
            age=age.astype(np.int64),
            zone=np.full(len(frequency), -1, dtype=np.int64),
            zones=(),
        )
    )


def _capped(amount: Floats) -> Floats:
    """Draw the largest thousandth of values down to its edge, so one order tells no mean."""
    if len(amount) < MIN_CAPPED:
        return amount
    return np.minimum(amount, np.quantile(amount, CAP_QUANTILE))


def _values(n: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the distinct (number, mean value) and their weights, an even part of very many."""
    step = -(-len(n) // MOST_VALUES) or 1
    unique, weight = np.unique(np.stack([n, mean])[:, ::step], axis=1, return_counts=True)
    return unique[0], unique[1], weight.astype(np.float64)
