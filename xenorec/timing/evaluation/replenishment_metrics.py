"""Scores of what customers need again: the order of each customer's items, and the chances."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.timing.evaluation.probability_metrics import all_scores

PLACES = 10


def scores(p: Floats, bought: Bools, customer: Ints) -> dict[str, float]:
    """Return n, share_bought, ndcg_10, ap, log_loss, auc, brier and ece of one row per pair."""
    return {
        "n": float(len(p)),
        "share_bought": float(bought.mean()),
        "ndcg_10": ndcg(p, bought, customer),
        "ap": average_precision(p, bought),
        **all_scores(p, bought.astype(np.float64)),
    }


def ndcg(p: Floats, bought: Bools, customer: Ints, places: int = PLACES) -> float:
    """Mean over customers who bought something of DCG in the first ``places`` over the ideal.

    Ties keep the order of the rows. NaN when nobody bought anything.
    """
    order = np.lexsort((-p, customer))
    customer, hit = customer[order], bought[order]
    starts = np.flatnonzero(np.append(True, customer[1:] != customer[:-1]))
    rank = np.arange(len(customer)) - np.repeat(starts, np.diff(np.append(starts, len(customer))))
    worth = np.where(rank < places, 1 / np.log2(rank + 2.0), 0.0)
    gained = np.add.reduceat(worth * hit, starts)
    n = np.add.reduceat(hit.astype(np.int64), starts)
    ideal = np.append(0, np.cumsum(1 / np.log2(np.arange(places) + 2.0)))[np.minimum(n, places)]
    return float((gained[n > 0] / ideal[n > 0]).mean()) if (n > 0).any() else float("nan")


def average_precision(p: Floats, bought: Bools) -> float:
    """Sum over thresholds of precision times the rise in recall; NaN without a purchase."""
    n = int(bought.sum())
    if not n:
        return float("nan")
    values, where = np.unique(-p, return_inverse=True)
    hits = np.bincount(where, bought, minlength=len(values))
    seen = np.cumsum(np.bincount(where, minlength=len(values)))
    return float((np.cumsum(hits) / seen * hits).sum() / n)
