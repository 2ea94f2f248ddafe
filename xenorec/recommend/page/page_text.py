"""Page text: the titles of shelves and the reason for each product, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Ints, Singles, Texts
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.display_names import DisplayNames, zone_of
from xenorec.recommend.fallback_levels import EDITORIAL
from xenorec.recommend.grouped_arrays import find, values_or
from xenorec.recommend.page.due_products import is_due
from xenorec.recommend.page.page_cells import ListedProducts
from xenorec.recommend.page.shelf_sources import optional_codes
from xenorec.recommend.shop_data import ShopData
from xenorec.recommend.themes import ReasonTemplates, Theme
from xenorec.timestamps import instant_of

OFTEN, STILL = 3, 3.0
MINUTE, DAY = 60_000_000, 86_400_000_000
SENTENCES = 65_536
"""Sentences, and local days, that are kept for the next who gets the same."""
KIND_OF = {
    "last_basket": "with_basket",
    "because": "because",
    "on_offer": "on_offer",
    "new_in_category": "new_in_category",
    "year_ago": "year_ago",
    "popular_in_store": "popular_store",
    "popular_in_shop": "popular_shop",
    "trending": "trending",
    "discovery": "try_new",
    "occasion": "occasion",
    "editorial": "editorial",
}


@dataclass(frozen=True, eq=False)
class PageWriter:
    """Says why, with the facts of the shop and the days of the customer's zone.

    ``is_private``: one per product, whether its reason may name neither product nor category.
    """

    shop: ShopData
    words: DisplayNames
    reasons: ReasonTemplates
    locale: str | None
    is_private: Bools

    def titles(self, listed: ListedProducts, rows: Ints, theme: Theme) -> list[str]:
        """Return the heading over each row, the same over a customer's whole shelf."""
        category = np.append(self.shop.catalog.category, -1)[listed.product[rows]]
        source = optional_codes(listed.facts["because"][rows])
        say = lru_cache(maxsize=None)(
            lambda of, on: theme.title(
                self.locale,
                category=self._category(of),
                product=self._product(on),
                occasion=theme.where.occasion,
            )
        )
        return [say(of, on) for of, on in zip(category.tolist(), source.tolist(), strict=True)]

    def why(
        self,
        listed: ListedProducts,
        rows: Ints,
        sources: Sequence[str],
        asked: CustomerSelection,
        theme: Theme | None,
    ) -> list[str]:
        """Return the reason of each row, which stands on a shelf of the source named."""
        found = _PageFacts.of(self, listed, rows, asked)
        sources = [
            "editorial" if source == "popular_in_shop" and level == EDITORIAL else source
            for source, level in zip(sources, listed.level[rows].tolist(), strict=True)
        ]
        return [
            self._say(found, at, source, theme)
            for at, source in zip(range(len(rows)), sources, strict=True)
        ]

    def _say(self, found: _PageFacts, at: int, source: str, theme: Theme | None) -> str:
        n, gap = found.n[at], found.gap[at]  # a gap long passed is no habit any more
        kind = KIND_OF.get(source)
        if kind == "popular_shop" and not found.shop_n[at]:
            kind = "popular_ever"
        facts: dict[str, Any] = {"is_private": found.is_private[at], "today": found.today(at)}
        if kind is None or (kind == "with_basket" and found.basket[at] < 0):
            if found.is_due[at]:
                return self._unique_reasons("due", self.locale, on=found.bought_on(at), **facts)
            often = n >= OFTEN and found.overdue[at] <= STILL
            return self._unique_reasons(
                "bought_every" if often else "bought_often",
                self.locale,
                n=int(n),
                days=float(max(round(gap), 1)) if often else None,
                on=found.bought_on(at),
                **facts,
            )
        if kind == "with_basket":
            facts |= {"product": self._product(found.basket[at]), "on": found.basket_on(at)}
        elif kind == "because":
            facts["product"] = self._product(found.because[at])
        elif kind in ("new_in_category", "try_new"):
            facts["category"] = self._category(found.category[at])
        elif kind == "on_offer":
            facts["percent"] = 100.0 * found.discount[at]
        elif kind == "year_ago":
            facts["on"] = found.year_ago_on(at)
        elif kind == "popular_store":
            facts["n"] = int(found.store_n[at])
        elif kind == "popular_shop":
            facts["n"] = int(found.shop_n[at])
        elif kind == "occasion" and theme is not None:
            facts["occasion"] = theme.where.occasion
        return self._unique_reasons(kind, self.locale, **facts)

    @cached_property
    def _unique_reasons(self) -> Callable[..., str]:
        """The reasons, each sentence made once."""
        return lru_cache(maxsize=SENTENCES)(self.reasons.say)

    def _product(self, product: int) -> str | None:
        if product < 0 or self.is_private[product]:
            return None
        return self.words.product(product)

    def _category(self, category: int) -> str | None:
        return None if category < 0 else self.words.categories[category]


@dataclass(frozen=True, eq=False)
class _PageFacts:
    """The facts of some rows as plain lists, and their days in the customers' zones."""

    speaker: PageWriter
    n: list[float]
    gap: list[float]
    overdue: list[float]
    is_due: list[bool]
    discount: list[float]
    basket: list[int]
    because: list[int]
    category: list[int]
    store_n: list[float]
    shop_n: list[int]
    year_ago: list[float]
    is_private: list[bool]
    last_at: list[int]
    order_at: list[int]
    zone: Texts

    @classmethod
    def of(
        cls, speaker: PageWriter, listed: ListedProducts, rows: Ints, asked: CustomerSelection
    ) -> _PageFacts:
        shop, product = speaker.shop, listed.product[rows]
        customer = asked.customer[listed.asked[rows]]
        own, order = shop.purchases.bought, shop.purchases.last_order
        at, is_own = find(own.key, customer * shop.n_products + product)
        last = values_or(order, customer, customer >= 0, -1)
        return cls(
            speaker,
            np.nan_to_num(listed.facts["product_n"][rows]).tolist(),
            listed.facts["product_gap_mean"][rows].tolist(),
            listed.facts["product_overdue"][rows].tolist(),
            is_due(listed)[rows].tolist(),
            np.nan_to_num(listed.facts["shop_discount_7"][rows]).tolist(),
            optional_codes(listed.facts["basket"][rows]).tolist(),
            optional_codes(listed.facts["because"][rows]).tolist(),
            np.append(shop.catalog.category, -1)[product].tolist(),
            np.nan_to_num(listed.facts["store_n"][rows]).tolist(),
            shop.popularity.recent[product].tolist(),
            _plain(listed.facts["year_ago"][rows]),
            speaker.is_private[product].tolist(),
            values_or(own.last_at, at, is_own, 0).tolist(),
            values_or(shop.purchases.orders.at, last, last >= 0, 0).tolist(),
            asked.zone[listed.asked[rows]],
        )

    def today(self, at: int) -> date:
        return _local(self.speaker.words.as_of, self.zone[at])

    def bought_on(self, at: int) -> date | None:
        return _day(self.last_at[at], self.zone[at]) if self.n[at] > 0 else None

    def basket_on(self, at: int) -> date:
        return _day(self.order_at[at], self.zone[at])

    def year_ago_on(self, at: int) -> date | None:
        days = self.year_ago[at]
        if days != days:
            return None
        stamp = int(self.speaker.words.as_of.timestamp() * 1e6 - days * 86_400e6)
        return _day(stamp, self.zone[at])


def _plain(values: Singles) -> list[float]:
    return [float(value) for value in values]


def _day(stamp: int, zone: str | None) -> date:
    """Return the local day of an instant: one answer for a whole day of UTC, else a minute."""
    return _local(stamp - stamp % (MINUTE if zone else DAY), zone)


@lru_cache(maxsize=SENTENCES)
def _local(stamp: int | datetime, zone: str | None) -> date:
    at = stamp if isinstance(stamp, datetime) else instant_of(stamp)
    return at.astimezone(zone_of(zone)).date()
