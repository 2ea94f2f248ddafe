"""New in your categories: products first sold of late, where the customer often shops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np

from xenorec.instants import microseconds
from xenorec.numbers import Floats, Ints, significant
from xenorec.recommend.arrays import best_each, rows_of, spread, starts, total
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import PERSONAL, Offers, Wish
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words, listed

NEW = timedelta(days=56)
SETTLING = timedelta(days=28)


@dataclass(eq=False)
class NewInCategory:
    """Products first sold in the last 56 days, in the customer's favourite categories, not bought.

    Favourite are the categories with most orders, older ones fading by ``half_life``. The score is
    the category's share of these times the share of recent customers that bought the product.
    In the first 28 days of the data everything looks new, so nothing first seen then counts.
    """

    half_life: timedelta
    n_favourites: int = 5
    name: str = "new_in_category"

    def fit(self, shop: Shop) -> Self:
        """Find the new products of each category and everybody's favourite categories."""
        self.shop_ = shop
        self._fit_new(shop)
        self._fit_favourites(shop)
        return self

    def _fit_new(self, shop: Shop) -> None:
        first, category = shop.purchases.first_at, shop.catalog.category
        latest = microseconds(shop.purchases.as_of) - microseconds(NEW)
        known = shop.purchases.since + microseconds(SETTLING)
        is_new = (first > latest) & (first >= known) & (category >= 0) & shop.is_allowed
        product = np.flatnonzero(is_new)
        share, place = shop.popularity.share, shop.popularity.place
        best, _ = best_each(category[product], share[product], place[product])
        self.product_ = product[best]
        self.bounds_ = starts(category[self.product_], len(shop.catalog.categories))
        self.most_bought_ = _most(
            shop.purchases.bought.customer[is_new[shop.purchases.bought.product]]
        )

    def _fit_favourites(self, shop: Shop) -> None:
        customer, category, share = _category_shares(shop, self.half_life)
        best, rank = best_each(customer, share, category)
        best = best[rank <= self.n_favourites]
        self.favourites_ = starts(customer[best], len(shop.purchases.customers))
        self.category_, self.share_ = category[best], share[best]

    def score(self, asked: Asked, wish: Wish) -> Offers:
        """Return new products of the favourite categories, the first ones of each category."""
        which, at = rows_of(self.favourites_, asked.customer)
        category, liked = self.category_[at], self.share_[at]
        is_open = wish.is_open[self.product_]
        new, bounds = self.product_[is_open], np.append(0, np.cumsum(is_open))[self.bounds_]
        size = np.diff(bounds)[category]
        row, entry = spread(bounds[category], np.minimum(size, wish.depth + self.most_bought_))
        product, shop = new[entry], self.shop_
        kept = ~shop.has_bought(asked.customer[which[row]], product)
        row, product = row[kept], product[kept]
        score = significant(liked[row] * shop.popularity.share[product])
        level = np.full(len(row), PERSONAL)
        first = shop.purchases.first_at[product]
        return Offers(which[row], product, score, level, category[row], first)

    def titles(self, offers: Offers, words: Words) -> Sequence[str]:
        """Return the heading, which names the categories of the customer's items."""
        named: dict[int, dict[str, None]] = {}
        for who, category in zip(offers.asked.tolist(), offers.fact.tolist(), strict=True):
            named.setdefault(who, {})[words.categories[category]] = None
        title = {who: f"New in {listed(list(names))}" for who, names in named.items()}
        return [title[who] for who in offers.asked.tolist()]

    def reasons(self, offers: Offers, asked: Asked, words: Words) -> Sequence[str]:
        """Return since when it is sold, and in which category."""
        days = words.days(offers.at, asked.zone[offers.asked])
        names = (words.categories[category] for category in offers.fact.tolist())
        return [
            f"New since {day} in {name}, where you often shop"
            for day, name in zip(days, names, strict=True)
        ]


def _category_shares(shop: Shop, half_life: timedelta) -> tuple[Ints, Ints, Floats]:
    """Return each customer's categories with their share of the faded orders."""
    purchases, n = shop.purchases, max(len(shop.catalog.categories), 1)
    category = shop.catalog.category[purchases.product]
    named = category >= 0
    once, line = np.unique(purchases.order[named] * n + category[named], return_index=True)
    weight = purchases.weight(half_life)[named][line]
    pairs, entry = np.unique(
        purchases.orders.customer[once // n] * n + once % n, return_inverse=True
    )
    orders = total(entry, weight, len(pairs))
    customer = pairs // n
    everything = total(customer, orders, len(purchases.customers))
    return customer, pairs % n, significant(orders / everything[customer])


def _most(customer: Ints) -> int:
    """Return how many entries the most frequent customer has."""
    return int(np.bincount(customer, minlength=1).max())
