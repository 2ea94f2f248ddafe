"""Shelf pages: what a fitted recommender answers to one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.dataset.data_frames import ids as ids_of
from xenorec.dataset.data_frames import one_id, positions
from xenorec.engine import map_batches
from xenorec.errors import UnknownName, nearest
from xenorec.recommend.co_purchases import pairs_frame
from xenorec.recommend.customers import Customers, CustomerSelection, nobody_of
from xenorec.recommend.eligibility import EligibilityFilter, RuleFacts, make_guard
from xenorec.recommend.page.due_products import DueProducts
from xenorec.recommend.page.explanations import Explanation, explained
from xenorec.recommend.page.last_basket import LastBasket
from xenorec.recommend.page.page_assembly import PlacedItems, columns, place_list, place_shelves
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.page_text import PageWriter
from xenorec.recommend.page.removals import RemovalTally
from xenorec.recommend.page.shelf_order import explored, factors
from xenorec.recommend.page_request import PageRequest
from xenorec.recommend.ranker.two_stage_ranker import LIKELY, RankedCandidates
from xenorec.recommend.shop_data import ShopData

AT_ONCE = 512
LIST = ["customer_id", "product_id", "rank", "score", "shelf", "reason", "level"]
TEXTS = ("customer_id", "shelf", "shelf_title", "product_id", "reason", "level", "segment")

Place = Callable[[CustomerSelection, EligibilityFilter], PlacedItems]


@dataclass(frozen=True, eq=False)
class ShelfPages:
    """Pages and lists as one request asks for them; nothing of the recommender is changed.

    Every method is that of ``ShelfRecommender``.
    """

    request: PageRequest
    knowledge: PageKnowledge
    facts: RuleFacts
    people: Customers
    speaker: PageWriter

    @property
    def shop(self) -> ShopData:
        """The shop as the recommender read it last."""
        return self.knowledge.shop

    def in_locale(self, locale: str | None) -> ShelfPages:
        """Return the same pages with titles and reasons in another language."""
        if locale == self.request.locale:
            return self
        asked, speaker = replace(self.request, locale=locale), replace(self.speaker, locale=locale)
        return replace(self, request=asked, speaker=speaker)

    def recommend(
        self, customer_ids: Any, n: int, *, exclude: Any | None = None, only_new: bool = False
    ) -> pd.DataFrame:
        """Return the ``n`` best products of each customer."""

        def place(asked: CustomerSelection, guard: EligibilityFilter) -> PlacedItems:
            return place_list(self.knowledge, asked, guard, n, only_new=only_new)

        frame = self._rows(customer_ids, exclude, place)
        return frame.rename(columns={"item_rank": "rank"})[LIST]

    def shelves(
        self,
        customer_ids: Any = None,
        *,
        exclude: Any | None = None,
        occasion: str = "",
        tally: RemovalTally | None = None,
    ) -> pd.DataFrame:
        """Return the shelves of each customer; ``tally`` counts what rules take out on the way."""
        due, layout = self.due, self.request.layout
        most = max(LIKELY, layout.n_shelves * layout.n_items)

        def place(asked: CustomerSelection, guard: EligibilityFilter) -> PlacedItems:
            ranked = None
            if tally is not None:
                ranker = self.knowledge.ranker
                both = ranker.score_with_closed(asked.customer, guard.is_open, most=most)
                ranked, every = both
                tally.add(asked, guard, every)
            page = self._arranged(asked, guard, due, ranked)
            return explored(page, asked, self.request.exploration, occasion)

        return self._rows(customer_ids, exclude, place)

    def explain(
        self, customer_id: str, product_id: str, *, exclude: Any | None = None
    ) -> Explanation:
        """Return why the product stands where it does for the customer, or why nowhere."""
        customer_id = one_id(customer_id, "customer_id")
        product_id = one_id(product_id, "product_id")
        purchases = self.shop.purchases
        product = int(positions(np.array([product_id], dtype=object), purchases.products)[0])
        if product < 0:
            raise UnknownName(
                f"Product {product_id!r} was never sold by {purchases.as_of.isoformat()}."
                f"{nearest(product_id, purchases.products)}"
            )
        asked, due = self.people.ask(np.array([customer_id], dtype=object)), self.due
        guard = self.guard(asked, exclude)
        page = self._arranged(asked, guard, due)
        parts = self.knowledge, asked, guard, product, self.request.themes, self.speaker
        return explained(*parts, page, due)

    def removals(self, customer_ids: Any = None, *, exclude: Any | None = None) -> pd.DataFrame:
        """Return what each rule takes out of the candidates, and what is left."""
        tally = self.tally()
        for asked, guard in self._blocks(customer_ids, exclude):
            tally.add(asked, guard)
        return tally.frame()

    def tally(self) -> RemovalTally:
        """Return a count of what the rules take out of these pages, with nobody in it yet."""
        layout = self.request.layout
        return RemovalTally(self.knowledge, layout.n_shelves * layout.n_items)

    def pairs(self, n: int, *, min_count: int) -> pd.DataFrame:
        """Return up to ``n`` products that go with each product."""
        shop = replace(self.shop, is_allowed=self.guard(nobody_of(-1)).lets_each())
        return pairs_frame(LastBasket().fit(shop).pairs_, shop, n, min_count)

    def popular(self, store_id: str | None, n: int) -> pd.DataFrame:
        """Return what a customer of whom only the store is known is offered."""
        store_id = None if store_id is None else one_id(store_id, "store_id")
        store = positions(np.array([store_id], dtype=object), self.shop.purchases.stores)
        asked = nobody_of(int(store[0]))
        placed = place_list(self.knowledge, asked, self.guard(asked), n)
        frame: pd.DataFrame = self._told(placed, asked).to_pandas()
        frame = frame.rename(columns={"item_rank": "rank"})[LIST[1:]]
        frame.insert(0, "store_id", pd.Series([store_id] * len(frame), dtype=object))
        return frame

    def guard(self, asked: CustomerSelection, exclude: Any | None = None) -> EligibilityFilter:
        """Return what may be offered to the customers asked about."""
        look = self.shop.catalog.look
        return make_guard(self.facts, self.request.rules, asked, exclude, look=look)

    @cached_property
    def due(self) -> DueProducts | None:
        """What a model says is due, by position; None where none has told."""
        frame, shop = self.request.due, self.shop
        return None if frame is None else DueProducts.of(frame, shop, shop.purchases.as_of)

    def _arranged(
        self,
        asked: CustomerSelection,
        guard: EligibilityFilter,
        due: DueProducts | None,
        ranked: RankedCandidates | None = None,
    ) -> PlacedItems:
        request = self.request
        names = [theme.name for theme in request.themes]
        factor = factors(request.priors, names, self.shop.segment(asked.customer))
        return place_shelves(
            self.knowledge, asked, guard, request.themes, request.layout, factor, due, ranked
        )

    def _rows(self, customer_ids: Any, exclude: Any | None, place: Place) -> pd.DataFrame:
        """Return the rows of the customers asked about, worked out in blocks of customers."""
        everybody, guard = self._asked(customer_ids, exclude)

        def score(batch: pa.Table) -> pa.Table:
            rows = batch["row"].to_numpy()
            asked, end = everybody.take(rows), int(rows[-1]) + 1 if len(rows) else 0
            return self._told(place(asked, guard.block(end - len(rows), end)), asked)

        told = map_batches(score, pa.table({"row": np.arange(len(everybody))}), rows=AT_ONCE)
        frame: pd.DataFrame = told.to_pandas()
        return frame

    def _blocks(
        self, customer_ids: Any, exclude: Any | None
    ) -> Iterator[tuple[CustomerSelection, EligibilityFilter]]:
        asked, guard = self._asked(customer_ids, exclude)
        for begin in range(0, max(len(asked), 1), AT_ONCE):
            end = min(begin + AT_ONCE, len(asked))
            yield asked.take(np.arange(begin, end)), guard.block(begin, end)

    def _asked(
        self, customer_ids: Any, exclude: Any | None
    ) -> tuple[CustomerSelection, EligibilityFilter]:
        known = self.people.known.ids
        ids = known if customer_ids is None else ids_of(customer_ids, "customer_ids")
        asked = self.people.ask(ids)
        return asked, self.guard(asked, exclude)

    def _told(self, placed: PlacedItems, asked: CustomerSelection) -> pa.Table:
        found = columns(placed, asked, self.request.themes, self.speaker)
        texts = {name: pa.array(found[name], pa.string()) for name in TEXTS}
        return pa.table({**found, **texts})
