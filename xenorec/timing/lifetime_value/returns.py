"""What is left of an amount: after returns, and as the shop's margin."""

from __future__ import annotations

import numpy as np

from xenorec.numbers import Floats
from xenorec.timing.lifetime_value.spending import Spending

PRIOR_ORDERS = 5.0
"""A customer's own margin share counts against the shop's as if it had this many orders."""


def kept_share(spending: Spending) -> float:
    """Return what returns (rows with a negative amount) leave of the amounts, from 0 to 1."""
    paid = float(spending.amount[spending.amount > 0].sum())
    returned = float(-spending.amount[spending.amount < 0].sum())
    return max(1 - returned / paid, 0.0) if paid > 0 else 1.0


def margin_shares(spending: Spending) -> Floats | None:
    """Return each customer's margin per unit of net amount, drawn to the shop's; None without."""
    if spending.margin is None:
        return None
    n = len(spending.ids)
    margin = np.bincount(spending.code, spending.margin, minlength=n)
    net = np.bincount(spending.code, spending.amount, minlength=n)
    if net.sum() <= 0:
        return np.zeros(n)
    prior = PRIOR_ORDERS * float(net.sum()) / len(spending.code)
    shop = float(margin.sum() / net.sum())
    shares: Floats = (margin + prior * shop) / (np.maximum(net, 0) + prior)
    return shares
