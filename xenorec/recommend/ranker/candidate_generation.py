"""Candidate generation: which products are worth a closer look, for each customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.recommend.grouped_arrays import best_each, distinct, find, spread, starts, values_or
from xenorec.recommend.ranker.pair_features import CandidatePairs, CustomerKnowledge, unscored_pairs
from xenorec.recommend.ranker.product_features import ItemLevels, ProductFeatures
from xenorec.recommend.scorers.scorer import Scores

KINDS, OF_KIND, POPULAR = 15, 6, 30
DUE_WEIGHT = 0.5


def own_candidates(known: CustomerKnowledge, is_open: Bools, depth: int) -> CandidatePairs:
    """Return the ``depth`` open products of each customer that they bought most of late."""
    product = known.counts[0]
    asked, item = product.asked, product.item
    rows = np.flatnonzero(is_open[item])
    score = product.columns["faded_112"][rows]
    best, _ = best_each(asked[rows], score, item[rows], depth)
    kept = np.sort(rows[best])
    return unscored_pairs(asked[kept], item[kept])


def new_candidates(
    known: CustomerKnowledge,
    trends: ProductFeatures,
    levels: ItemLevels,
    is_open: Bools,
    days: float,
) -> CandidatePairs:
    """Return products that each customer has never bought, sorted by customer and product.

    The most popular of the kinds that they buy most or are due to buy, the most popular of the
    shop, and those that most bought for the first time of late.
    """
    n = levels.sizes[0]
    keys = [_of_kinds(known, trends, levels, is_open, days)]
    for name in ("popular_28", "popular_7", "newcomers_28"):
        best = _first(trends.columns[name], is_open, POPULAR)
        keys.append((np.arange(known.past.n_asked)[:, None] * n + best).ravel())
    return _never_bought(known, distinct(np.concatenate(keys)), is_open)


def more_candidates(
    pairs: CandidatePairs, said: Sequence[Scores], known: CustomerKnowledge, is_open: Bools
) -> CandidatePairs:
    """Return the pairs and what the scorers named besides, as far as it was never bought."""
    n = len(is_open)
    keys = [pairs.asked * n + pairs.product]
    keys += [part.asked * n + part.product for part in said]
    return _never_bought(known, distinct(np.concatenate(keys)), is_open)


def with_scores(
    pairs: CandidatePairs, said: Mapping[str, Scores], n_products: int
) -> CandidatePairs:
    """Return the pairs with the score of each scorer, NaN where it gives none."""
    key = pairs.asked * n_products + pairs.product
    found = {}
    for name, scores in said.items():
        at, is_known = find(scores.asked * n_products + scores.product, key)
        found[name] = values_or(scores.score, at, is_known, np.nan)
    return CandidatePairs(pairs.asked, pairs.product, found)


def merged(
    some: CandidatePairs, others: CandidatePairs, n_products: int
) -> tuple[CandidatePairs, tuple[Ints, Ints]]:
    """Return two sets of pairs as one, sorted, and where the pairs of each stand in it."""
    keys = [part.asked * n_products + part.product for part in (some, others)]
    _, first, place = np.unique(np.concatenate(keys), return_index=True, return_inverse=True)
    both = CandidatePairs(
        np.concatenate([some.asked, others.asked]),
        np.concatenate([some.product, others.product]),
        {name: np.concatenate([some.scores[name], others.scores[name]]) for name in some.scores},
    )
    return both.take(first), (place[: len(some)], place[len(some) :])


def _never_bought(known: CustomerKnowledge, key: Ints, is_open: Bools) -> CandidatePairs:
    n = len(is_open)
    _, is_own = known.counts[0].find(key // n, key % n)
    key = key[~is_own & is_open[key % n]]
    return unscored_pairs(key // n, key % n)


def _of_kinds(
    known: CustomerKnowledge,
    trends: ProductFeatures,
    levels: ItemLevels,
    is_open: Bools,
    days: float,
) -> Ints:
    kinds = known.counts[1]
    due = trends.hazards[1].p_within(kinds.item, kinds.columns["since"], days)
    wish = due + DUE_WEIGHT * kinds.columns["faded_42"]
    rows, _ = best_each(kinds.asked, wish, kinds.item, KINDS)
    product, bounds = _by_kind(trends, levels, is_open)
    kind = kinds.item[rows]
    which, at = spread(bounds[kind], np.diff(bounds)[kind])
    return kinds.asked[rows][which] * levels.sizes[0] + product[at]


def _by_kind(trends: ProductFeatures, levels: ItemLevels, is_open: Bools) -> tuple[Ints, Ints]:
    """Return the most popular open products of each kind, and where each kind begins."""
    popular = trends.columns["popular_28"] + 0.01 * trends.columns["popular_112"]
    product = np.flatnonzero(is_open & (popular > 0))
    kind = levels.items[1][product]
    rows, _ = best_each(kind, popular[product], product, OF_KIND)
    return product[rows], starts(kind[rows], levels.sizes[1])


def _first(score: np.ndarray[tuple[int], np.dtype[np.float64]], is_open: Bools, n: int) -> Ints:
    order = np.lexsort((np.arange(len(score)), -np.where(is_open, score, -1.0)))[:n]
    return order[is_open[order]].astype(np.int64)
