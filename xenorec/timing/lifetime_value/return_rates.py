"""What is left of an amount: after returns, and as the shop's margin."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.lifetime_value.spend_log import SpendLog

PRIOR_ORDERS = 5.0
"""The shop's margin share, or share of returns, counts as if it were as many own orders."""
LEAST_PRIOR, MOST_PRIOR = 1.0, 50.0
LEAST_RETURNERS = 10
"""Customers who sent something back, from which on the prior of returns is learned."""


def kept_shares(spending: SpendLog) -> Floats:
    """Return what returns (rows with a negative amount) leave of each customer's amounts, 0 to 1.

    The customer's own share, drawn to the shop's as in a beta-binomial of so many orders as were
    paid: a keeper's stays near 1, a serial returner's falls near the own. How strongly it is drawn
    is learned from how far customers differ beyond chance (method of moments; Kleinman 1973,
    Journal of the American Statistical Association 68(341), 46-54).
    """
    n = len(spending.ids)
    paid = np.bincount(spending.code, np.maximum(spending.amount, 0), minlength=n)
    back = np.bincount(spending.code, np.maximum(-spending.amount, 0), minlength=n)
    if back.sum() <= 0 or paid.sum() <= 0:
        return np.ones(n)
    shop = min(float(back.sum() / paid.sum()), 1.0)
    an_order = float(paid.sum() / np.maximum((spending.amount > 0).sum(), 1))
    prior = _prior_orders(np.minimum(back, paid) / an_order, paid / an_order) * an_order
    kept: Floats = np.clip(1 - (back + prior * shop) / (paid + prior), 0.0, 1.0)
    return kept


def _prior_orders(back: Floats, paid: Floats) -> float:
    """Return how many orders of one's own the shop's share counts for."""
    known = paid > 0
    back, paid = back[known], paid[known]
    if (back > 0).sum() < LEAST_RETURNERS:
        return PRIOR_ORDERS
    share, mean = back / paid, float(back.sum() / paid.sum())
    chance = mean * (1 - mean)
    spread = float(np.sum(paid * (share - mean) ** 2))
    between = (spread - (len(paid) - 1) * chance) / (paid.sum() - np.sum(paid**2) / paid.sum())
    if between <= 0 or chance <= 0:
        return MOST_PRIOR
    return float(np.clip(chance / between - 1, LEAST_PRIOR, MOST_PRIOR))


def margin_shares(spending: SpendLog) -> Floats | None:
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
