"""Buy it again: what the customer buys often, with a memory that fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np

from xenorec.numbers import significant
from xenorec.recommend.arrays import rows_of, starts, total
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import PERSONAL, Offers, Wish
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words, times


@dataclass(eq=False)
class BuyAgain:
    """Own purchases: each order that holds the product counts 0.5 ** (age / half_life)."""

    half_life: timedelta
    name: str = "buy_again"

    def fit(self, shop: Shop) -> Self:
        """Add up the faded counts of every customer and product."""
        purchases, bought = shop.purchases, shop.purchases.bought
        weight = purchases.weight(self.half_life)
        score = significant(total(bought.of_line, weight, len(bought.product)))
        kept = shop.is_allowed[bought.product]
        self.bounds_ = starts(bought.customer[kept], len(purchases.customers))
        self.product_, self.score_ = bought.product[kept], score[kept]
        self.n_, self.last_at_ = bought.n_orders[kept], bought.last_at[kept]
        return self

    def score(self, asked: Asked, wish: Wish) -> Offers:
        """Return everything each customer has bought."""
        which, at = rows_of(self.bounds_, asked.customer)
        level = np.full(len(which), PERSONAL)
        return Offers(
            which, self.product_[at], self.score_[at], level, self.n_[at], self.last_at_[at]
        )

    def titles(self, offers: Offers, words: Words) -> Sequence[str]:
        """Return the heading."""
        return ["Buy it again"] * len(offers)

    def reasons(self, offers: Offers, asked: Asked, words: Words) -> Sequence[str]:
        """Return how often the customer bought it, and when last."""
        days = words.days(offers.at, asked.zone[offers.asked])
        return [
            f"You bought this once, on {day}"
            if n == 1
            else f"You bought this {times(n)}, last on {day}"
            for n, day in zip(offers.fact.tolist(), days, strict=True)
        ]
