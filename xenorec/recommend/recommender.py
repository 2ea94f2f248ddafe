"""ShelfRecommender: which products, on which shelves, and why, for every customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.errors import BadInput, NotFitted
from xenorec.frames import ids as ids_of
from xenorec.frames import positions
from xenorec.instants import AsOf, as_instant, instant_of
from xenorec.recommend.arrange import Layout, Placed, arrange
from xenorec.recommend.blend import Blend
from xenorec.recommend.buy_again import BuyAgain
from xenorec.recommend.catalog import read_catalog
from xenorec.recommend.guard import Guard, make_guard
from xenorec.recommend.last_basket import LastBasket
from xenorec.recommend.lines import History, Lines, read_lines
from xenorec.recommend.new_in_category import NewInCategory
from xenorec.recommend.pairs import pairs_frame
from xenorec.recommend.people import Asked, know_people
from xenorec.recommend.popular_in_shop import PopularInShop
from xenorec.recommend.popular_in_store import PopularInStore
from xenorec.recommend.popularity import count_popularity
from xenorec.recommend.present import present
from xenorec.recommend.purchases import count_purchases
from xenorec.recommend.shelf import Shelf
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words
from xenorec.spans import span

AT_ONCE = 4096
LIST = ["customer_id", "product_id", "rank", "score", "shelf", "reason", "level"]


def default_shelves(half_life: timedelta) -> tuple[Shelf, ...]:
    """Return the shelves in the order in which they are shown."""
    return (
        BuyAgain(half_life),
        LastBasket(),
        PopularInStore(),
        NewInCategory(half_life),
        PopularInShop(),
    )


class ShelfRecommender:
    """Shelves of products by theme, and one ranked list, for known and unknown customers.

    Args: ``n_shelves`` of ``n_items`` each. ``half_life``: after how long a purchase counts half
    ("112d"). ``min_items``: a shelf with fewer is left out and the next one that qualifies comes
    in (never more than ``n_items`` or than the shop has products). ``promotable_only``: leave out
    products that the catalog marks as not promotable or that have no title there. ``themes``:
    other shelves than the shipped ones, in the order shown. ``blend``: the weights of
    ``recommend``.

    It knows no stock and no price: give what may not be shown as ``exclude``.

    Example:
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": ["c1"], "order_id": ["o1"], "product_id": ["tea"],
    ...                       "ordered_at": pd.to_datetime(["2017-10-03"])})
    >>> ShelfRecommender().fit(lines).recommend(["c1"])["reason"].item()
    'You bought this once, on 3 October'
    """

    def __init__(
        self,
        n_shelves: int = 4,
        n_items: int = 6,
        *,
        half_life: str | timedelta = "112d",
        min_items: int = 3,
        promotable_only: bool = True,
        themes: Sequence[Shelf] | None = None,
        blend: Blend | None = None,
    ) -> None:
        self.n_shelves = n_shelves
        self.n_items = n_items
        self.half_life = half_life
        self.min_items = min_items
        self.promotable_only = promotable_only
        self.themes = themes
        self.blend = blend

    def fit(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> ShelfRecommender:
        """Learn from a history, or from a frame of lines; returns itself.

        Lines: customer_id, order_id, ordered_at, product_id and optionally quantity, store_id,
        category. ``products``: product_id and optionally title, category, is_promotable. Rows
        later than ``as_of`` are never used; without it a frame is read up to its last row.
        Raises BadInput for a missing column, no rows, or an ``as_of`` before all rows.
        """
        self._check()
        source, products, customers = _tables(history_or_lines, products)
        lines = source if isinstance(source, Lines) else read_lines(source)
        self.as_of_ = _cut(history_or_lines, lines, as_of)
        purchases = count_purchases(lines, self.as_of_)
        catalog = read_catalog(purchases, products)
        allowed = (
            catalog.is_promotable if self.promotable_only else np.ones_like(catalog.is_promotable)
        )
        self._shop = Shop(purchases, catalog, count_popularity(purchases), allowed)
        self._people = know_people(purchases, customers)
        self._words = Words(catalog, self.as_of_)
        themes = self.themes or default_shelves(span(self.half_life))
        self.shelves_ = tuple(copy(shelf).fit(self._shop) for shelf in themes)
        return self

    def recommend(
        self, customer_ids: Any = None, n: int = 10, *, exclude: Any | None = None
    ) -> pd.DataFrame:
        """Return the ``n`` best products of each customer, fewer only if the shop has fewer.

        One row per customer and product: customer_id, product_id, rank (1 is best), score, shelf,
        reason, level; customers in the order asked, all known ones for None. ``exclude`` is a
        frame customer_id, product_id; a row without a customer closes the product to everybody.
        """
        _positive(n, "n")
        frame = self._rows(customer_ids, exclude, lambda asked, guard: self._rank(asked, guard, n))
        return frame.rename(columns={"item_rank": "rank"})[LIST]

    def shelves(self, customer_ids: Any = None, *, exclude: Any | None = None) -> pd.DataFrame:
        """Return up to ``n_shelves`` shelves of each customer, no product twice.

        One row per item: customer_id, shelf, shelf_title, shelf_rank, product_id, item_rank,
        score, reason, level; ``customer_ids`` and ``exclude`` as for ``recommend``.
        """
        return self._rows(customer_ids, exclude, self._arrange)

    def pairs(self, n: int = 5, *, min_count: int = 5) -> pd.DataFrame:
        """Return up to ``n`` products that go with each product: what a till asks for.

        One row per pair that at least ``min_count`` orders held together: product_id,
        other_product_id, rank, score, n_orders. Both products may be shown.
        """
        _positive(n, "n")
        self._fitted()
        found = [shelf for shelf in self.shelves_ if isinstance(shelf, LastBasket)]
        pairs = (found[0] if found else LastBasket().fit(self._shop)).pairs_
        return pairs_frame(pairs, self._shop, n, min_count)

    def popular(self, store_id: str | None = None, n: int = 20) -> pd.DataFrame:
        """Return what a customer of whom only the store is known is offered.

        One row per product: store_id, product_id, rank, score, shelf, reason, level. A store
        without sales of late gets the shop's products.
        """
        _positive(n, "n")
        self._fitted()
        store = positions(np.array([store_id], dtype=object), self._shop.purchases.stores)
        nobody = np.array([""], dtype=object)
        asked = Asked(nobody, np.array([-1]), store, np.array([None], dtype=object))
        guard = make_guard(nobody, self._shop.purchases.products, None)
        frame = self._present(self._rank(asked, guard, n), asked)
        frame = frame.rename(columns={"item_rank": "rank"})[LIST[1:]]
        frame.insert(0, "store_id", pd.Series([store_id] * len(frame), dtype=object))
        return frame

    def __repr__(self) -> str:
        fitted = f", fitted as of {self.as_of_.isoformat()}" if hasattr(self, "as_of_") else ""
        return f"ShelfRecommender(n_shelves={self.n_shelves}, n_items={self.n_items}{fitted})"

    def _rank(self, asked: Asked, guard: Guard, n: int) -> Placed:
        blend = self.blend or Blend()
        return blend.rank(self.shelves_, asked, guard, n, self._shop.popularity.place)

    def _arrange(self, asked: Asked, guard: Guard) -> Placed:
        least = min(self.min_items, self.n_items, int(self._shop.is_allowed.sum()))
        layout = Layout(self.n_shelves, self.n_items, least)
        return arrange(self.shelves_, asked, guard, layout, self._shop.popularity.place)

    def _rows(
        self, customer_ids: Any, exclude: Any | None, place: Callable[[Asked, Guard], Placed]
    ) -> pd.DataFrame:
        """Return the rows of the customers asked about, worked out in blocks of customers."""
        self._fitted()
        known = self._people.known.ids
        ids = known if customer_ids is None else ids_of(customer_ids, "customer_ids")
        guard = make_guard(ids, self._shop.purchases.products, exclude)
        frames = []
        for begin in range(0, max(len(ids), 1), AT_ONCE):
            asked = self._people.ask(ids[begin : begin + AT_ONCE])
            placed = place(asked, guard.block(begin, begin + len(asked)))
            frames.append(self._present(placed, asked))
        return pd.concat(frames, ignore_index=True)

    def _present(self, placed: Placed, asked: Asked) -> pd.DataFrame:
        return present(placed, self.shelves_, asked, self._shop.purchases.products, self._words)

    def _check(self) -> None:
        for name in ("n_shelves", "n_items", "min_items"):
            _positive(getattr(self, name), name)

    def _fitted(self) -> None:
        if not hasattr(self, "shelves_"):
            raise NotFitted(
                "ShelfRecommender has not learned anything yet; call fit(history) first."
            )


def _tables(source: Any, products: Any | None) -> tuple[Any, Any | None, Any | None]:
    """Return lines, products and customers; those of a history where none are given."""
    if not isinstance(source, History):
        return source, products, None
    return source, source.products() if products is None else products, source.customers()


def _cut(source: Any, lines: Lines, as_of: AsOf) -> datetime:
    end = source.as_of if isinstance(source, History) else instant_of(lines.at.max())
    cut = end if as_of is None else as_instant(as_of)
    if isinstance(source, History) and cut > end:
        raise BadInput(
            f"as_of is {cut.isoformat()}, yet the history ends at {end.isoformat()}; "
            f"leave as_of out, or ask for a history with a later as_of."
        )
    return cut


def _positive(value: object, name: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadInput(f"{name} is {value!r}; expected a whole number of at least 1.")
