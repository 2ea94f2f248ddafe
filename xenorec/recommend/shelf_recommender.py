"""ShelfRecommender: which products, on which shelves, and why, for every customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from xenorec.array_types import Ints
from xenorec.config.durations import span
from xenorec.errors import NotFitted
from xenorec.recommend.customers import nobody_of
from xenorec.recommend.display_names import DisplayNames
from xenorec.recommend.eligibility import Rules
from xenorec.recommend.feedback import RowPriors, ShelfExploration
from xenorec.recommend.load_dataset import read_shop
from xenorec.recommend.model_store.candidate_drift import warn_of, warn_of_nothing
from xenorec.recommend.model_store.candidate_features import spreads_of
from xenorec.recommend.model_store.refresh import refreshed
from xenorec.recommend.model_store.save_load import load, save
from xenorec.recommend.page.due_products import check_due
from xenorec.recommend.page.editorial import editorial_of
from xenorec.recommend.page.explanations import Explanation
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.page_text import PageWriter
from xenorec.recommend.page.shelf_pages import ShelfPages
from xenorec.recommend.page.shelf_selection import PageLayout
from xenorec.recommend.page.shelf_sources import warn_of_unknown
from xenorec.recommend.page_request import USUAL_RULES, PageRequest
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker
from xenorec.recommend.recommender_settings import (
    check_editorial,
    check_rules,
    check_topics,
    positive,
    themes_of,
)
from xenorec.recommend.scorers import Ease
from xenorec.recommend.shop_data import ShopData
from xenorec.recommend.themes import ReasonTemplates, Theme
from xenorec.timestamps import AsOf


class ShelfRecommender:
    """Shelves of products by theme, and one ranked list, for known and unknown customers.

    Args: ``n_shelves`` of ``n_items`` each. ``within``: the score of a product is the probability
    that the customer buys it in that time ("14d"). ``min_items``: a shelf with fewer is left out
    and the next one that qualifies comes in (never more than ``n_items`` or than the shop has
    products). ``promotable_only``: leave out products that the catalog marks as not promotable or
    that have no title there. ``allow``: sensitive topics that may be shown (health, intimate,
    baby); None shows all of them. ``rules``: what else is never shown (``Rules``); without any
    that is what is out of stock or not on sale, and alcohol and tobacco to minors and to persons
    not known. ``themes``: the shelves, or a TOML file that
    declares them; the shipped ones if None. ``locale``: the language of titles and reasons.
    ``priors``: what clicks and purchases said of each shelf so far (``RowPriors``); its factors
    move shelves up and down, for each segment of customers by itself. ``explore``: now and then
    two shelves of a page change places (``ShelfExploration``); scores stay what was predicted.
    ``due``: what a model says customers need, a frame customer_id, product_id, due_on such as
    ``Replenishment.predict`` and ``due`` give. The shelf of the source "due" (``time_to_restock``)
    then holds exactly what is due from 28 days before ``as_of`` to 7 days after it and has been
    bought, the likeliest by the page's own score first, and is the first shelf of who has any.
    ``editorial``: product ids that are shown, in this order, where nothing sold of late is left;
    without any that is what sold once.

    A stock, price or margin is what the catalogue said last, whatever the ``as_of``.

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
        explore: ShelfExploration | None = None,
        due: Any | None = None,
        rules: Rules | None = None,
        editorial: Sequence[str] = (),
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
        self.explore = explore
        self.due = due
        self.rules = rules
        self.editorial = editorial

    def fit(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> ShelfRecommender:
        """Learn from a history, or from a frame of lines; returns itself.

        Lines: customer_id, order_id, ordered_at, product_id and optionally quantity, store_id,
        category, refunded_quantity. ``products``: product_id and optionally title, category, brand,
        is_promotable, stock, active_from, active_to, price_amount, margin_share. Rows later than
        ``as_of`` are never used; without it a frame is read up to its last row.
        Raises BadInput for a missing column, no rows, or an ``as_of`` before all rows.
        """
        self._check()
        self.themes_ = themes_of(self.themes)
        self._read(history_or_lines, products, as_of)
        self.ranker_ = TwoStageRanker(
            span(self.within), [Ease(2000, only_new=True, with_reasons=False)]
        ).fit(self._shop)
        self.learned_at_ = self.as_of_
        self.figures_: dict[str, Any] | None = None
        self.spread_ = spreads_of(self.ranker_)
        self._know()
        return self

    def update(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> ShelfRecommender:
        """Read the shop anew and keep what the ranker learned; returns itself.

        Warns with the code ``model-drift`` when the shop has changed much (``drift``). Raises
        BadInput for an instant before the one learned at, or a feature that is not there any more.
        """
        fresh, frame = self.renewed(history_or_lines, products, as_of)
        warn_of(frame, self.learned_at_)
        vars(self).update(vars(fresh))
        return self

    def renewed(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> tuple[ShelfRecommender, pd.DataFrame]:
        """Return the same as ``update`` makes, and the drift; this one stays as it is."""
        fresh, frame = self._looking_at(history_or_lines, products, as_of)
        fresh._know()
        return fresh, frame

    def drift(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> pd.DataFrame:
        """Return how far the candidates have moved since the ranker learned: ``saved.drift``.

        Empty, with a warning, where the shop was too small for anything but plain rules.
        """
        frame = self._looking_at(history_or_lines, products, as_of)[1]
        warn_of_nothing(frame)
        return frame

    def save(self, folder: str | Path) -> Path:
        """Write all but ``due``, which is of a day, to a folder, whole or not at all.

        Raises ModelFileError over anything else.
        """
        self._fitted()
        lasting = copy(self)
        lasting.due = None
        return save(lasting, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> ShelfRecommender:
        """Return what was saved, answering the same; raises ModelFileError, naming the file."""
        return load(cls, Path(folder), cls._complete)

    @property
    def shop(self) -> ShopData:
        """The shop as it was read last."""
        self._fitted()
        return self._shop

    def _read(self, history_or_lines: Any, products: Any | None, as_of: AsOf) -> None:
        """Take in the shop as it is at ``as_of``: all but what the ranker learns."""
        read = read_shop(
            history_or_lines,
            products,
            as_of,
            allow=self.allow,
            promotable_only=self.promotable_only,
        )
        self.as_of_, self._shop = read.shop.purchases.as_of, read.shop
        self._facts, self._people = read.facts, read.people
        self._speaker = self._speak()
        if self.themes is not None:
            catalog, products = self._shop.catalog, self._shop.purchases.products
            warn_of_unknown(self.themes_, catalog, products)

    @property
    def request(self) -> PageRequest:
        """What is asked where a call says nothing else: what this recommender was made with."""
        self._fitted()
        return PageRequest(
            PageLayout(self.n_shelves, self.n_items, min_items=self.min_items),
            self.themes_,
            self.rules or USUAL_RULES,
            self.priors,
            self.explore,
            self.due,
            tuple(self.editorial),
            self.locale,
        )

    def pages(self, request: PageRequest | None = None) -> ShelfPages:
        """Return what answers a request, made ready once for many calls; by default ``request``.

        Warns with the code ``editorial-dropped`` of another editorial list than its own.
        """
        asked, speaker, knowledge = request or self.request, self._speaker, self._knowledge
        if asked.locale != self.locale:
            speaker = replace(speaker, locale=asked.locale)
        pages = ShelfPages(asked, knowledge, self._facts, self._people, speaker)
        if asked.editorial == tuple(self.editorial):
            return pages
        return replace(pages, knowledge=replace(knowledge, editorial=_editorial(pages)))

    def with_request(self, request: PageRequest) -> ShelfRecommender:
        """Return the same fitted recommender that is asked this where a call says nothing else."""
        pages, other, layout = self.pages(request), copy(self), request.layout
        other.n_shelves, other.n_items = layout.n_shelves, layout.n_items
        other.min_items = layout.min_items
        other.themes_, other.priors, other.due = request.themes, request.priors, request.due
        other.rules = self.rules if request.rules is USUAL_RULES else request.rules
        other.explore, other.locale = request.exploration, request.locale
        other.editorial = request.editorial
        other._knowledge, other._speaker = pages.knowledge, pages.speaker
        return other

    def with_editorial(self, product_ids: Sequence[str]) -> ShelfRecommender:
        """Return the same fitted recommender with another editorial list."""
        self._fitted()
        check_editorial(product_ids)
        return self.with_request(replace(self.request, editorial=tuple(product_ids)))

    def _know(self) -> None:
        self._knowledge = PageKnowledge.of(self._shop, self.ranker_)
        if self.editorial:
            editorial = _editorial(self.pages())
            self._knowledge = replace(self._knowledge, editorial=editorial)

    def _complete(self) -> None:
        """Make what is not saved; raises where anything else is missing."""
        vars(self).setdefault("due", None)
        self._speaker = self._speak()
        self._fitted()

    def _looking_at(
        self, source: Any, products: Any | None, as_of: AsOf
    ) -> tuple[ShelfRecommender, pd.DataFrame]:
        """Return a copy that knows of the shop only what its ranker needs, and the drift."""
        self._fitted()
        fresh = copy(self)
        fresh._read(source, products, as_of)
        fresh.ranker_, frame = refreshed(self.ranker_, self.spread_, fresh._shop, self.learned_at_)
        return fresh, frame

    def _speak(self) -> PageWriter:
        words = DisplayNames(self._shop.catalog, self.as_of_)
        is_private = self._facts.topics.private
        return PageWriter(self._shop, words, ReasonTemplates.load(), self.locale, is_private)

    def recommend(
        self,
        customer_ids: Any = None,
        n: int = 10,
        *,
        exclude: Any | None = None,
        only_new: bool = False,
        request: PageRequest | None = None,
    ) -> pd.DataFrame:
        """Return the ``n`` best products of each customer, fewer only if the shop has fewer.

        One row per customer and product: customer_id, product_id, rank (1 is best), score (the
        probability of a purchase within the time), shelf, reason, level; customers in the order
        asked, all known ones for None. ``exclude`` is a frame customer_id, product_id; a row
        without a customer closes the product to everybody. ``only_new``: only products that the
        customer has never bought. ``request``: what is asked in place of ``self.request``.
        """
        positive(n, "n")
        pages = self.pages(request)
        return pages.recommend(customer_ids, n, exclude=exclude, only_new=only_new)

    def shelves(
        self,
        customer_ids: Any = None,
        *,
        exclude: Any | None = None,
        occasion: str = "",
        request: PageRequest | None = None,
    ) -> pd.DataFrame:
        """Return up to ``n_shelves`` shelves of each customer, no product twice.

        One row per item: customer_id, shelf, shelf_title, shelf_rank, product_id, item_rank, score,
        reason, level, segment (``xenorec.recommend.customer_segments``), shelf_propensity (how
        likely the shelf stood at its rank: 1 without ``explore``). ``customer_ids``, ``exclude``
        and ``request`` as for ``recommend``; ``occasion`` names the page for ``explore``, such as a
        campaign.
        """
        return self.pages(request).shelves(customer_ids, exclude=exclude, occasion=occasion)

    def explain(
        self,
        customer_id: str,
        product_id: str,
        *,
        exclude: Any | None = None,
        request: PageRequest | None = None,
    ) -> Explanation:
        """Return why the product stands where it does for the customer, or why nowhere.

        Raises UnknownName for a product that was never sold by ``as_of``; a customer who is not
        known is answered as one who has not bought.
        """
        return self.pages(request).explain(customer_id, product_id, exclude=exclude)

    def removals(
        self,
        customer_ids: Any = None,
        *,
        exclude: Any | None = None,
        request: PageRequest | None = None,
    ) -> pd.DataFrame:
        """Return what each rule takes out of the candidates of the customers, and what is left.

        One row per rule in their order (``guards.RULES``) and one for ``left``: rule, n_products,
        n_customers, n_cells. A pair that two rules close counts under the first, so that the cells
        add up to the candidates: what the ranker names and what is popular, with nothing closed.
        """
        return self.pages(request).removals(customer_ids, exclude=exclude)

    def pairs(self, n: int = 5, *, min_count: int = 5) -> pd.DataFrame:
        """Return up to ``n`` products that go with each product: what a till asks for.

        One row per pair that at least ``min_count`` orders held together: product_id,
        other_product_id, rank, score, n_orders. Both products may be shown to anybody.
        """
        positive(n, "n")
        return self.pages().pairs(n, min_count=min_count)

    def popular(self, store_id: str | None = None, n: int = 20) -> pd.DataFrame:
        """Return what a customer of whom only the store is known is offered.

        One row per product: store_id, product_id, rank, score, shelf, reason, level. A store
        without sales of late gets the shop's products.
        """
        positive(n, "n")
        return self.pages().popular(store_id, n)

    def __repr__(self) -> str:
        fitted = f", fitted as of {self.as_of_.isoformat()}" if hasattr(self, "as_of_") else ""
        return f"ShelfRecommender(n_shelves={self.n_shelves}, n_items={self.n_items}{fitted})"

    def _check(self) -> None:
        for name in ("n_shelves", "n_items", "min_items"):
            positive(getattr(self, name), name)
        check_rules(self.rules)
        check_topics(self.allow)
        check_editorial(self.editorial)
        check_due(self.due)

    def _fitted(self) -> None:
        if not hasattr(self, "_knowledge"):
            raise NotFitted(
                "ShelfRecommender has not learned anything yet; call fit(history) first."
            )


def _editorial(pages: ShelfPages) -> Ints | None:
    """Return the products of the request's editorial list that may be shown."""
    ids = pages.request.editorial
    return editorial_of(ids, pages.shop, pages.guard(nobody_of(-1))) if ids else None
