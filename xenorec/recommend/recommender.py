"""ShelfRecommender: which products, on which shelves, and why, for every customer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xenorec.errors import BadInput, NotFitted, UnknownName, nearest
from xenorec.frames import ids as ids_of
from xenorec.frames import positions
from xenorec.instants import AsOf, as_instant, instant_of
from xenorec.recommend.arrays import names_at
from xenorec.recommend.catalog import Catalog, read_catalog
from xenorec.recommend.feedback import RowPriors
from xenorec.recommend.guard import Guard, make_guard
from xenorec.recommend.lines import History, Lines, read_lines
from xenorec.recommend.page.baskets import LastBasket
from xenorec.recommend.page.build import Knowledge
from xenorec.recommend.page.choose import Layout
from xenorec.recommend.page.explain import Explanation, judge
from xenorec.recommend.page.page import Placed, columns, place_list, place_shelves
from xenorec.recommend.page.say import Speaker
from xenorec.recommend.pairs import pairs_frame
from xenorec.recommend.people import Asked, know_people
from xenorec.recommend.popularity import count_popularity
from xenorec.recommend.purchases import count_purchases
from xenorec.recommend.ranker.ranker import Ranker
from xenorec.recommend.scorers import Ease
from xenorec.recommend.shop import Shop
from xenorec.recommend.themes import Reasons, Sensitive, Theme, read_themes
from xenorec.recommend.words import Words
from xenorec.spans import span

AT_ONCE = 4096
LIST = ["customer_id", "product_id", "rank", "score", "shelf", "reason", "level"]
TEXTS = ("customer_id", "shelf", "shelf_title", "product_id", "reason", "level")


class ShelfRecommender:
    """Shelves of products by theme, and one ranked list, for known and unknown customers.

    Args: ``n_shelves`` of ``n_items`` each. ``within``: the score of a product is the probability
    that the customer buys it in that time ("14d"). ``min_items``: a shelf with fewer is left out
    and the next one that qualifies comes in (never more than ``n_items`` or than the shop has
    products). ``promotable_only``: leave out products that the catalog marks as not promotable or
    that have no title there. ``allow``: sensitive topics that may be shown (health, intimate,
    baby, alcohol, tobacco); None shows all of them. ``themes``: the shelves, or a TOML file that
    declares them; the shipped ones if None. ``locale``: the language of titles and reasons.
    ``priors``: what clicks and purchases said of each shelf so far (``RowPriors``); its factors
    move shelves up and down.

    It knows no stock and no price: give what may not be shown as ``exclude``.

    Example:
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": ["c1"], "order_id": ["o1"], "product_id": ["tea"],
    ...                       "ordered_at": pd.to_datetime(["2017-10-03"])})
    >>> ShelfRecommender().fit(lines).recommend(["c1"])["reason"].item()
    'You bought this once, today'
    """

    def __init__(
        self,
        n_shelves: int = 4,
        n_items: int = 6,
        *,
        within: str = "14d",
        min_items: int = 3,
        promotable_only: bool = True,
        allow: Collection[str] | None = (),
        themes: Sequence[Theme] | str | Path | None = None,
        locale: str | None = None,
        priors: RowPriors | None = None,
    ) -> None:
        self.n_shelves = n_shelves
        self.n_items = n_items
        self.within = within
        self.min_items = min_items
        self.promotable_only = promotable_only
        self.allow = allow
        self.themes = themes
        self.locale = locale
        self.priors = priors

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
        self.themes_ = _themes(self.themes)
        source, products, customers = _tables(history_or_lines, products)
        lines = source if isinstance(source, Lines) else read_lines(source)
        self.as_of_ = _cut(history_or_lines, lines, as_of)
        purchases = count_purchases(lines, self.as_of_)
        catalog = read_catalog(purchases, products)
        topics = Sensitive.load().topics(catalog.title.tolist(), _categories(catalog))
        allowed = np.ones(len(topics), dtype=bool)
        if self.promotable_only:
            allowed = catalog.is_promotable.copy()
        if self.allow is not None:
            allowed &= np.array([of <= set(self.allow) for of in topics], dtype=bool)
        self._shop = Shop(purchases, catalog, count_popularity(purchases), allowed)
        self._people = know_people(purchases, customers)
        self._topics = topics
        is_private = np.array([bool(of) for of in topics], dtype=bool)
        words = Words(catalog, self.as_of_)
        self._speaker = Speaker(self._shop, words, Reasons.load(), self.locale, is_private)
        self.ranker_ = Ranker(
            span(self.within), [Ease(2000, only_new=True, with_reasons=False)]
        ).fit(self._shop)
        self._knowledge = Knowledge.of(self._shop, self.ranker_)
        return self

    def recommend(
        self,
        customer_ids: Any = None,
        n: int = 10,
        *,
        exclude: Any | None = None,
        only_new: bool = False,
    ) -> pd.DataFrame:
        """Return the ``n`` best products of each customer, fewer only if the shop has fewer.

        One row per customer and product: customer_id, product_id, rank (1 is best), score (the
        probability of a purchase within the time), shelf, reason, level; customers in the order
        asked, all known ones for None. ``exclude`` is a frame customer_id, product_id; a row
        without a customer closes the product to everybody. ``only_new``: only products that the
        customer has never bought.
        """
        _positive(n, "n")
        frame = self._rows(
            customer_ids, exclude, lambda asked, guard: self._rank(asked, guard, n, only_new)
        )
        return frame.rename(columns={"item_rank": "rank"})[LIST]

    def shelves(self, customer_ids: Any = None, *, exclude: Any | None = None) -> pd.DataFrame:
        """Return up to ``n_shelves`` shelves of each customer, no product twice.

        One row per item: customer_id, shelf, shelf_title, shelf_rank, product_id, item_rank,
        score, reason, level; ``customer_ids`` and ``exclude`` as for ``recommend``.
        """
        return self._rows(customer_ids, exclude, self._arrange)

    def explain(
        self, customer_id: str, product_id: str, *, exclude: Any | None = None
    ) -> Explanation:
        """Return why the product stands where it does for the customer, or why nowhere.

        Raises UnknownName for a product that was never sold by ``as_of``; a customer who is not
        known is answered as one who has not bought.
        """
        self._fitted()
        names = self._shop.purchases.products
        product = int(positions(np.array([product_id], dtype=object), names)[0])
        if product < 0:
            raise UnknownName(
                f"Product {product_id!r} was never sold by {self.as_of_.isoformat()}."
                f"{nearest(product_id, names)}"
            )
        ids = np.array([customer_id], dtype=object)
        guard, asked = make_guard(ids, names, exclude), self._people.ask(ids)
        judged = judge(self._knowledge, asked, guard, product, self.themes_)
        return Explanation(
            customer_id=customer_id,
            product_id=product_id,
            p_buy=None if judged is None else judged.p_buy,
            rank=None if judged is None else judged.rank,
            level=None if judged is None else judged.level,
            is_own=bool(self._shop.has_bought(asked.customer, np.array([product]))[0]),
            shelves=() if judged is None else judged.shelves,
            facts={} if judged is None else judged.facts,
            reason=None if judged is None else self._reason(asked, guard, product),
            removed=self._removed(product, guard),
        )

    def _reason(self, asked: Asked, guard: Guard, product: int) -> str:
        n = self._shop.n_products
        rows = self._present(self._rank(asked, guard, n), asked)
        found = rows["product_id"] == self._shop.purchases.products[product]
        return str(rows.loc[found, "reason"].iloc[0])

    def _removed(self, product: int, guard: Guard) -> str | None:
        topics = self._topics[product]
        if self.allow is not None and not topics <= set(self.allow):
            return f"its topic ({', '.join(sorted(topics))}) is sensitive and was not allowed."
        if not self._shop.is_allowed[product]:
            return "the catalog marks it as not promotable, or gives it no title."
        if not guard.lets(np.array([0]), np.array([product]))[0]:
            return "it is among the excluded products."
        return None

    def pairs(self, n: int = 5, *, min_count: int = 5) -> pd.DataFrame:
        """Return up to ``n`` products that go with each product: what a till asks for.

        One row per pair that at least ``min_count`` orders held together: product_id,
        other_product_id, rank, score, n_orders. Both products may be shown.
        """
        _positive(n, "n")
        self._fitted()
        pairs = LastBasket().fit(self._shop).pairs_
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

    def _rank(self, asked: Asked, guard: Guard, n: int, only_new: bool = False) -> Placed:
        return place_list(self._knowledge, asked, guard, n, only_new=only_new)

    def _arrange(self, asked: Asked, guard: Guard) -> Placed:
        layout = Layout(self.n_shelves, self.n_items)
        factors = [self._factor(theme) for theme in self.themes_]
        factor = np.tile(np.array(factors, dtype=np.float64), (len(asked), 1))
        return place_shelves(
            self._knowledge, asked, guard, self.themes_, layout, factor, self.min_items
        )

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

    def _factor(self, theme: Theme) -> float:
        return 1.0 if self.priors is None else self.priors.factor(theme.name)

    def _present(self, placed: Placed, asked: Asked) -> pd.DataFrame:
        frame = pd.DataFrame(columns(placed, asked, self.themes_, self._speaker))
        return frame.astype(dict.fromkeys(TEXTS, str))

    def _check(self) -> None:
        for name in ("n_shelves", "n_items", "min_items"):
            _positive(getattr(self, name), name)

    def _fitted(self) -> None:
        if not hasattr(self, "_knowledge"):
            raise NotFitted(
                "ShelfRecommender has not learned anything yet; call fit(history) first."
            )


def _themes(given: Sequence[Theme] | str | Path | None) -> tuple[Theme, ...]:
    if given is None or isinstance(given, str | Path):
        return read_themes(given)
    return tuple(given)


def _categories(catalog: Catalog) -> list[str | None]:
    return list(names_at(catalog.categories, catalog.category))


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
