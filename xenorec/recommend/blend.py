"""Blend: one list per customer from the scores of all shelves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xenorec.numbers import Bools, Floats, Ints, significant
from xenorec.recommend.arrange import Placed
from xenorec.recommend.arrays import best_each, total
from xenorec.recommend.guard import Guard
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import SHOP, Offers, Shelf, Wish, join

WEIGHTS = {
    "buy_again": 1.0,
    "goes_with_last_basket": 0.3,
    "popular_in_store": 2.0,
    "new_in_category": 1.0,
    "popular_in_shop": 3.0,
}


FILL = 1e-6  # keeps what only fills up below the store's list


@dataclass(frozen=True)
class Blend:
    """A weighted sum: how much one unit of each shelf's score is worth.

    A shelf that is not named counts 1. The unit is one order of today that holds the product. The
    weights were chosen on The Complete Journey at 2017-08-01 and 2017-09-15; figures are quoted
    for 2017-11-01. ``reach`` is how far down the lists of popular products count.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    reach: int = 100

    def rank(
        self, shelves: Sequence[Shelf], asked: Asked, guard: Guard, n: int, place: Ints
    ) -> Placed:
        """Return the ``n`` best products of every customer, by customer and rank.

        The reason and the level are those of the first shelf that offers the product. Somebody
        who has not bought gets the list of their store, filled up by the shop's.
        """
        wish = Wish(max(n, self.reach) + guard.most, guard.is_open)
        parts = [guard.kept(shelf.score(asked, wish)) for shelf in shelves]
        offers = join(parts)
        shelf = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        part = offers.score * self._weights(shelves)[shelf]
        part = np.where(_fills_up(offers, asked), part * FILL, part)
        key = offers.asked * len(guard.is_open) + offers.product
        _, first, entry = np.unique(key, return_index=True, return_inverse=True)
        score = significant(total(entry, part, len(first)))
        offers, shelf = replace(offers.take(first), score=score), shelf[first]
        rows, rank = best_each(offers.asked, score, place[offers.product], n)
        return Placed(offers.take(rows), shelf[rows], np.ones(len(rows), dtype=np.int64), rank)

    def _weights(self, shelves: Sequence[Shelf]) -> Floats:
        return np.array([self.weights.get(shelf.name, 1.0) for shelf in shelves])


def _fills_up(offers: Offers, asked: Asked) -> Bools:
    only_store = (asked.customer < 0) & (asked.store >= 0)
    fills: Bools = only_store[offers.asked] & (offers.level >= SHOP)
    return fills
