"""Item knn: products bought by the same customers as one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.recommend.scorers.item_similarity import SimilarItems, capped_say, cosines, taste
from xenorec.recommend.scorers.knn import sample
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores, in_blocks
from xenorec.recommend.shop_data import ShopData

HALF_LIFE = timedelta(days=112)


@dataclass(eq=False)
class ItemKnn:
    """Item to item by customers (Linden et al. 2003; Deshpande and Karypis 2004).

    The similarity of two products is the cosine of their faded, log-damped counts over customers,
    shrunk where few customers have both; a customer who buys very much counts no more than 9 in
    10 do. The ``k`` most similar of each product are kept. A score is the sum of the customer's
    own counts times similarity. ``only_new``: what the customer has bought is not among the best.
    At most ``most`` customers, a hashed sample, are learned from. ``with_reasons``: the answer says
    because of which own product; seeking it takes longer than the scores.
    """

    half_life: timedelta = HALF_LIFE
    k: int = 100
    shrink: float = 5.0
    only_new: bool = False
    most: int = 200_000
    with_reasons: bool = True
    name: str = "customer_items"

    def fit(self, shop: ShopData) -> Self:
        """Learn the tastes and the similarities."""
        self.place_ = shop.popularity.place
        self.tastes_ = taste(shop, self.half_life)
        learned = self.tastes_.take(sample(shop.purchases.customers, self.most))
        rows = capped_say(learned, np.arange(learned.n_rows))
        self.alike_ = cosines(rows, self.place_, k=self.k, shrink=self.shrink)
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        return by_similar(
            SimilarItems(self.tastes_, self.alike_),
            customer,
            ScoreRequest(
                depth, is_open, pairs, self.place_, self.tastes_ if self.only_new else None
            ),
            with_reasons=self.with_reasons,
        )


def by_similar(
    similar: SimilarItems, customer: Ints, ask: ScoreRequest, *, with_reasons: bool = True
) -> Scores:
    """Return what ``ask`` wants, each with the customer's product that is the reason, if wanted."""
    reason = similar.because if with_reasons else None
    return in_blocks(customer, similar.rows, ask, because=reason)
