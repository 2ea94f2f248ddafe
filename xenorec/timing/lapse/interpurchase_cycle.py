"""A customer's own rhythm, how long a silence would be unusual in it, and when it is over.

By the posterior of somebody who has not stopped: the rate is Gamma(r + x, alpha + t_x) in every
model of the family, so the silence after the last order is longer than s with probability
((alpha + t_x) / (alpha + t_x + s)) ** (r + x) (Fader, Hardie and Lee 2005, equation 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.next_purchase.members import Member
from xenorec.timing.next_purchase.purchase_model import NEVER_DAYS, PurchaseModel
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns
from xenorec.timing.next_purchase.shop_rate import ShopRate

UNUSUAL = 0.1
"""A silence that one in ten gaps of the same rhythm outlasts is still usual; a longer one not."""
HOPELESS = 0.2
"""A chance to order below which a message reaches few who would still come."""


@dataclass(frozen=True)
class InterpurchaseCycle:
    """One entry per customer, in days since the last order.

    ``gap``: the mean gap of the rhythm; ``unusual``: the silence that one gap in ten outlasts.
    """

    gap: Floats
    unusual: Floats


def cycle_of(past: RfmPatterns, model: Member | ShopRate) -> InterpurchaseCycle:
    """Return the cycle of each customer, drawn towards the shop's where orders are few."""
    if isinstance(model, ShopRate):
        gap = np.full(len(past.age), min(1 / model.per_day, NEVER_DAYS))
        return InterpurchaseCycle(gap, np.minimum(-np.log(UNUSUAL) * gap, NEVER_DAYS))
    shape, scale = model.r + past.frequency, model.alpha + past.recency
    with np.errstate(over="ignore"):
        unusual = scale * np.expm1(-np.log(UNUSUAL) / shape)
    return InterpurchaseCycle(
        np.minimum(scale / shape, NEVER_DAYS), np.minimum(unusual, NEVER_DAYS)
    )


def hopeless_after(past: RfmPatterns, model: PurchaseModel, within: float) -> Floats:
    """Return the days from now after which, still silent, an order ``within`` days is unlikely.

    0 where it is already; inf where that does not come in ten years. By bisection: the longer
    the silence, the lower the chance.
    """
    low, high = np.zeros(len(past.age)), np.full(len(past.age), NEVER_DAYS)
    never = _later(past, model, high, within) >= HOPELESS
    for _ in range(40):
        middle = (low + high) / 2
        likely = _later(past, model, middle, within) >= HOPELESS
        low, high = np.where(likely, middle, low), np.where(likely, high, middle)
    now = _later(past, model, np.zeros(len(low)), within) < HOPELESS
    return np.where(never, np.inf, np.where(now, 0.0, high))


def _later(past: RfmPatterns, model: PurchaseModel, silent: Floats, within: float) -> Floats:
    """Return the chance of an order within days after ``silent`` more days without one."""
    later = RfmPatterns(past.frequency, past.recency, past.age + silent, past.weight)
    return model.p_order(later, within)
