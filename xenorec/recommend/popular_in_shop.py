"""Popular with our shoppers: the shop's own list, which everybody can be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from xenorec.numbers import significant
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import DEFAULT, SHOP, Offers, Wish
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words, bought_by


@dataclass(eq=False)
class PopularInShop:
    """Products by distinct customers of the last 28 days; after these, those of all time.

    The score is the share of the window's customers; what nobody bought in it scores below
    anything that somebody did.
    """

    name: str = "popular_in_shop"

    def fit(self, shop: Shop) -> Self:
        """Put all products that may be shown in order."""
        popularity = shop.popularity
        order = np.argsort(popularity.place)
        self.product_ = order[shop.is_allowed[order]].astype(np.int64)
        least = 0.5 / max(popularity.n_recent, 1)
        old = least * popularity.ever / max(popularity.n_ever, 1)
        self.share_ = significant(np.where(popularity.recent > 0, popularity.share, old))
        self.recent_ = popularity.recent
        return self

    def score(self, asked: Asked, wish: Wish) -> Offers:
        """Return the first open products, the same ones to everybody."""
        best = self.product_[wish.is_open[self.product_]][: wish.depth]
        product, which = np.tile(best, len(asked)), np.repeat(np.arange(len(asked)), len(best))
        n = self.recent_[product]
        level, zero = np.where(n > 0, SHOP, DEFAULT), np.zeros(len(which), dtype=np.int64)
        return Offers(which, product, self.share_[product], level, n, zero)

    def titles(self, offers: Offers, words: Words) -> Sequence[str]:
        """Return the heading."""
        return ["Popular with our shoppers"] * len(offers)

    def reasons(self, offers: Offers, asked: Asked, words: Words) -> Sequence[str]:
        """Return how many shoppers bought it of late."""
        return [
            bought_by(n, "") if n else "A favourite of our shoppers over time"
            for n in offers.fact.tolist()
        ]
