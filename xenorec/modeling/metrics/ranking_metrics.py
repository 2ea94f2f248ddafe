"""How good ranked lists were: recall, NDCG, share with a hit, and average precision.

Two average precisions are meant. ``average_precision`` is of one customer's list, cut at k: what a
page can show. ``pooled_average_precision`` is of the scores of all pairs at once: whether a score
means the same for everybody, as it must where a limit on it decides who is written to.
"""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, Ints

METRICS = ("recall", "ndcg", "phr", "map")
PLACES = 10


def rank_metrics(hits: Bools, n_relevant: Ints) -> Floats:
    """Return customers x ``METRICS`` of lists of length k.

    ``hits``: customers x k, whether the product at each rank was bought; no list may hold a
    product twice. ``n_relevant``: how many distinct products each customer bought. A customer
    who bought nothing gets NaN: there was nothing to find.
    """
    scores = np.column_stack(
        [
            recall(hits, n_relevant),
            ndcg(hits, n_relevant),
            hits.any(axis=1),
            average_precision(hits, n_relevant),
        ]
    ).astype(np.float64)
    scores[n_relevant == 0] = np.nan
    return scores


def recall(hits: Bools, n_relevant: Ints) -> Floats:
    """Return the share of each customer's products that the list holds, 0 to 1."""
    return _share(hits.sum(axis=1).astype(np.float64), n_relevant)


def ndcg(hits: Bools, n_relevant: Ints) -> Floats:
    """Return the normalised discounted cumulated gain, 0 to 1.

    A hit at rank i is worth 1 / log2(i + 1). The best possible list that it is divided by has
    min(k, n_relevant) hits (Järvelin and Kekäläinen 2002, binary gain).
    """
    k = hits.shape[1]
    gain = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.append(0.0, np.cumsum(gain))[np.minimum(n_relevant, k)]
    return _share(hits @ gain, ideal)


def average_precision(hits: Bools, n_relevant: Ints) -> Floats:
    """Return the precision at each hit, summed and divided by min(k, n_relevant), 0 to 1.

    Its mean over customers is MAP@k (Manning, Raghavan and Schütze 2008, section 8.4, cut at k).
    """
    k = hits.shape[1]
    precision = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return _share((precision * hits).sum(axis=1), np.minimum(n_relevant, k))


def _share(part: Floats, whole: Floats | Ints) -> Floats:
    """Return part / whole, NaN where the whole is nothing."""
    found = np.full(len(part), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def ndcg_of_pairs(p: Floats, bought: Bools, customer: Ints, places: int = PLACES) -> float:
    """Return the mean NDCG of the first ``places`` of each customer's pairs, best first.

    Customers who bought nothing do not count; NaN when nobody bought. Ties keep the rows' order.
    """
    order = np.lexsort((-p, customer))
    group, hit = np.unique(customer[order], return_inverse=True)[1], bought[order]
    rank = np.arange(len(group)) - np.searchsorted(group, group)
    n_relevant = np.bincount(group, hit).astype(np.int64)
    hits = np.zeros((len(n_relevant), places), dtype=bool)
    listed = rank < places
    hits[group[listed], rank[listed]] = hit[listed]
    return float(np.nanmean(ndcg(hits, n_relevant))) if n_relevant.any() else float("nan")


def pooled_average_precision(p: Floats, bought: Bools) -> float:
    """Sum over thresholds of precision times the rise in recall; NaN without a purchase."""
    n = int(bought.sum())
    if not n:
        return float("nan")
    values, where = np.unique(-p, return_inverse=True)
    hits = np.bincount(where, bought, minlength=len(values))
    seen = np.cumsum(np.bincount(where, minlength=len(values)))
    return float((np.cumsum(hits) / seen * hits).sum() / n)
