"""How good ranked lists were: recall, NDCG and the share of customers with a hit."""

from __future__ import annotations

import numpy as np

from xenorec.numbers import Bools, Floats, Ints

METRICS = ("recall", "ndcg", "phr")


def rank_scores(hits: Bools, n_relevant: Ints) -> Floats:
    """Return customers x (recall, NDCG, PHR) of lists of length k.

    ``hits``: customers x k, whether the product at each rank was bought; ``n_relevant``: how many
    distinct products each customer bought, at least 1. The best possible list that NDCG divides by
    has min(k, n_relevant) hits (Järvelin and Kekäläinen 2002, binary gain).
    """
    k = hits.shape[1]
    gain = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(gain)[np.minimum(n_relevant, k) - 1]
    recall, ndcg = hits.sum(axis=1) / n_relevant, hits @ gain / ideal
    return np.column_stack([recall, ndcg, hits.any(axis=1)]).astype(np.float64)
