"""What may be shown to each customer, how likely it is bought, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility import EligibilityFilter
from xenorec.recommend.eligibility.category_caps import TAKEN
from xenorec.recommend.fallback_levels import DEFAULT, EDITORIAL, PERSONAL, SEGMENT, SHOP
from xenorec.recommend.grouped_arrays import best_each, find, values_or
from xenorec.recommend.page.due_products import DueProducts
from xenorec.recommend.page.last_basket import LastBasket
from xenorec.recommend.page.page_cells import ListedProducts
from xenorec.recommend.page.shelf_sources import AROUND, YEAR
from xenorec.recommend.page.store_popularity import StorePopularity, count_stores
from xenorec.recommend.ranker.pair_features import unscored_pairs
from xenorec.recommend.ranker.two_stage_ranker import LIKELY, RankedCandidates, TwoStageRanker
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds

DAY = timedelta(days=1)
SETTLING = timedelta(days=28)
KEPT = (
    *("product_n", "product_since", "product_gap_mean", "product_overdue", "kind_n"),
    *("category_share", "shop_discount", "shop_discount_7", "shop_days_sold", "shop_rise_7"),
    *("shop_popular_7", "shop_price", "customer_since"),
)
ADDED = ("shop_place", "because", "basket", "year_ago", "store_n", "shop_settled")
LEAST = 1e-9
FIRST, DEEPER = 2, 4
"""How much deeper popular products are searched where a rule may close many, and once more."""
AT_ONCE = 2_000_000
"""Pairs of customer and popular product that are looked at together."""
EXPLAINED = 25
"""New products of each customer, the likeliest ones, of which the reason is sought."""


@runtime_checkable
class ExplainingScorer(Protocol):
    """A scorer that tells which own product speaks for another."""

    def because(self, customer: Ints, product: Ints) -> Ints:
        """Return a product per pair, or -1."""


@dataclass(frozen=True, eq=False)
class PageKnowledge:
    """What pages know of a shop beside the ranker: stores, baskets, and a year ago."""

    shop: ShopData
    ranker: TwoStageRanker
    stores: StorePopularity
    baskets: LastBasket
    settled: Bools
    year_ago: Ints
    year_ago_days: Singles
    editorial: Ints | None = None

    @classmethod
    def of(
        cls, shop: ShopData, ranker: TwoStageRanker, editorial: Ints | None = None
    ) -> PageKnowledge:
        """Learn from the shop."""
        purchases = shop.purchases
        year_ago = microseconds(purchases.as_of) - microseconds(DAY * YEAR)
        then = np.abs(purchases.at - year_ago) <= microseconds(DAY * AROUND)
        age = (microseconds(purchases.as_of) - purchases.at[then]) / microseconds(DAY)
        key = purchases.customer[then] * shop.n_products + purchases.product[then]
        once, first = np.unique(key, return_index=True)
        return cls(
            shop,
            ranker,
            count_stores(shop),
            LastBasket(n_neighbours=20).fit(shop),
            purchases.first_at >= purchases.since + microseconds(SETTLING),
            once,
            age[first].astype(np.float32),
            editorial,
        )

    def listed(
        self,
        asked: CustomerSelection,
        guard: EligibilityFilter,
        least: int,
        most: int = LIKELY,
        *,
        for_page: bool = False,
        due: DueProducts | None = None,
        ranked: RankedCandidates | None = None,
    ) -> ListedProducts:
        """Return what may be shown to each customer, ``least`` products or more where there are.

        Of the ranker's candidates the likeliest ``most`` bought before, and as many new ones.

        Candidates of the ranker come first; where they are fewer, the store's most bought and
        then the shop's fill up, and below what the ranker knows. What the guard closes does not
        count, nor what its caps would leave out. ``for_page``: of what looks alike only the best.
        ``due``: what is due comes too, however unlikely, and each entry says whether it is.
        ``ranked``: the ranker's candidates, where it was asked before.
        """
        if ranked is None:
            ranked = self.ranker.score(asked.customer, guard.is_open, most=max(most, least))
        listed = self._ranked(asked, ranked)
        if due is None:
            return self.filled(
                _eligible_only(listed, guard), asked, guard, least, for_page=for_page
            )
        listed = self._with(listed, asked, *due.pairs(asked))
        listed = self.filled(_eligible_only(listed, guard), asked, guard, least, for_page=for_page)
        return due.told(listed, asked)

    def candidates(
        self,
        asked: CustomerSelection,
        guard: EligibilityFilter,
        least: int,
        ranked: RankedCandidates | None = None,
    ) -> ListedProducts:
        """Return the same without facts and levels, for a guard that closes nothing."""
        if ranked is None:
            ranked = self.ranker.score(asked.customer, guard.is_open)
        known = asked.customer[ranked.asked] >= 0
        which, product, p_buy = ranked.asked[known], ranked.product[known], ranked.p_buy[known]
        level = np.full(len(which), PERSONAL)
        listed = ListedProducts(which, product, p_buy, ranked.is_own[known], level, {})
        return self.filled(listed, asked, guard, least)

    def filled(
        self,
        listed: ListedProducts,
        asked: CustomerSelection,
        guard: EligibilityFilter,
        least: int,
        *,
        for_page: bool = False,
    ) -> ListedProducts:
        """Return the list, longer for those who have fewer than ``least`` that can be placed."""
        longest = int(np.bincount(listed.asked, minlength=1).max(initial=0))
        depth = (least + guard.most + longest) * (FIRST if guard.wants_more else 1)
        listed = self._once(listed, guard) if for_page else listed
        while True:
            few = np.flatnonzero(self._placeable(listed, len(asked), guard) < least)
            if not len(few):
                return listed
            for who in np.array_split(few, len(few) * depth // AT_ONCE + 1):
                listed = _joined(listed, self._popular(asked, who, listed, guard, depth))
            listed = self._once(listed, guard) if for_page else listed
            if depth >= self.shop.n_products:
                return listed
            depth *= DEEPER

    def _once(self, listed: ListedProducts, guard: EligibilityFilter) -> ListedProducts:
        """Return the list without what looks like a better product of the same customer."""
        place = self.shop.popularity.place[listed.product]
        double = guard.doubles(listed.asked, listed.product, listed.is_own, listed.p_buy, place)
        return listed.take(~double) if double.any() else listed

    def _placeable(self, listed: ListedProducts, n_asked: int, guard: EligibilityFilter) -> Ints:
        """Return how many products of each customer can be placed."""
        which = listed.asked
        if guard.caps is not None:
            place = self.shop.popularity.place[listed.product]
            best, rank = best_each(which, listed.p_buy, place)
            fate = guard.caps.take(which[best], listed.product[best], rank)
            which = which[best][fate == TAKEN]
        return np.bincount(which, minlength=n_asked).astype(np.int64)

    def _ranked(self, asked: CustomerSelection, ranked: RankedCandidates) -> ListedProducts:
        known = asked.customer[ranked.asked] >= 0
        which, product = ranked.asked[known], ranked.product[known]
        facts = {name: ranked.found[name][known] for name in KEPT}
        customer = asked.customer[which]
        facts["because"] = self._because(
            customer, which, product, ranked.p_buy[known], ranked.is_own[known]
        )
        place = self.shop.popularity.place[product] / self.shop.n_products
        facts["shop_place"] = place.astype(np.float32)
        facts["basket"] = self._basket(asked, which, product)
        facts["year_ago"] = self._year_ago(customer * self.shop.n_products + product)
        facts["store_n"] = self.stores.bought_by(asked.store[which], product).astype(np.float32)
        facts["shop_settled"] = self.settled[product].astype(np.float32)
        level = _levels(facts, ranked.is_own[known])
        return ListedProducts(
            which, product, ranked.p_buy[known], ranked.is_own[known], level, facts
        )

    def _with(
        self, listed: ListedProducts, asked: CustomerSelection, which: Ints, product: Ints
    ) -> ListedProducts:
        """Return the list with those pairs, bought before, that it lacks."""
        n, ranker, view = self.shop.n_products, self.ranker, self.ranker.view_
        key = which * n + product
        lacks = ~np.isin(key, listed.asked * n + listed.product)
        if not lacks.any():
            return listed
        pairs = unscored_pairs(which[lacks], product[lacks])
        found = ranker.describe(view, view.know(asked.customer), pairs)
        if ranker.repeat_ is None:
            p_buy = ranker.plain[0](found, ranker.within / DAY)
        else:
            p_buy = ranker.repeat_.best(pairs, found, n)[1]
        is_own = np.ones(len(pairs), dtype=bool)
        more = RankedCandidates(pairs.asked, pairs.product, p_buy, is_own, found)
        return _joined(listed, self._ranked(asked, more))

    def _because(
        self, customer: Ints, which: Ints, product: Ints, p_buy: Floats, is_own: Bools
    ) -> Singles:
        """Return which own product speaks for each of the likeliest new ones."""
        found = np.full(len(product), -1, dtype=np.int64)
        new = np.flatnonzero(~is_own)
        place = self.shop.popularity.place[product[new]]
        best, _ = best_each(which[new], p_buy[new], place, EXPLAINED)
        rows = new[best]
        for scorer in self.ranker.view_.scorers:
            if isinstance(scorer, ExplainingScorer):
                found[rows] = scorer.because(customer[rows], product[rows])
        may_be_told = self.shop.is_allowed[np.maximum(found, 0)] & self._often(customer, found)
        return _code(np.where(may_be_told, found, -1))

    def _often(self, customer: Ints, product: Ints) -> Bools:
        """Return whether the customer has bought the product twice or more."""
        bought, n = self.shop.purchases.bought, self.shop.n_products
        at, known = find(bought.key, customer * n + product)
        return np.asarray(values_or(bought.n_orders, at, known & (product >= 0), 0) >= 2)

    def _basket(self, asked: CustomerSelection, which: Ints, product: Ints) -> Singles:
        n = self.shop.n_products
        key, source = self.baskets.neighbours(asked)
        return _code(values_or(source, *find(key, which * n + product), -1))

    def _year_ago(self, key: Ints) -> Singles:
        return values_or(self.year_ago_days, *find(self.year_ago, key), np.nan)

    def _popular(
        self,
        asked: CustomerSelection,
        who: Ints,
        listed: ListedProducts,
        guard: EligibilityFilter,
        depth: int,
    ) -> ListedProducts:
        """Return the ``depth`` most bought products of the store and the shop, not listed yet."""
        n, popularity, is_open = self.shop.n_products, self.shop.popularity, guard.is_open
        closed = int((self.shop.is_allowed & ~is_open).sum())  # a store lists what is allowed
        in_store, product, share = self.stores.first(asked.store[who], depth + closed)
        best = self._everywhere()
        best = best[is_open[best]][:depth]
        everywhere = np.repeat(np.arange(len(who)), len(best))
        which = who[np.concatenate([in_store, everywhere])]
        goods = np.concatenate([product, np.tile(best, len(who))])
        worth = np.concatenate([share, np.tile(self._shares(best), len(who))])
        sold = popularity.recent[np.tile(best, len(who))] > 0
        last = DEFAULT if self.editorial is None else EDITORIAL
        level = np.concatenate([np.full(len(product), SEGMENT), np.where(sold, SHOP, last)])
        key = which * n + goods
        _, first = np.unique(key, return_index=True)
        first = first[is_open[goods[first]]]
        fresh = first[~np.isin(key[first], listed.asked * n + listed.product)]
        p_buy = worth * min(self.ranker.within / timedelta(days=28), 1.0)
        # Below what the ranker knows of the customer, the store's list above the shop's.
        known = asked.customer[which] >= 0
        p_buy = np.where(
            known | (level != SEGMENT) & (asked.store[which] >= 0), p_buy * LEAST, p_buy
        )
        fresh = fresh[guard.lets(which[fresh], goods[fresh])]
        if guard.caps is None:
            best, _ = best_each(which[fresh], p_buy[fresh], popularity.place[goods[fresh]], depth)
            fresh = fresh[np.sort(best)]
        return self._cold(asked, which, goods, p_buy, level, fresh)

    def _everywhere(self) -> Ints:
        """Return the products of the shop that anybody may be shown, first comes first."""
        best = np.argsort(self.shop.popularity.place)
        if self.editorial is None:
            return best.astype(np.int64)
        is_sold = self.shop.popularity.recent > 0
        return np.concatenate([best[is_sold[best]], self.editorial[~is_sold[self.editorial]]])

    def _shares(self, best: Ints) -> Floats:
        """Return what share of the customers buys each, of an editorial list less and less."""
        share = _shares(self.shop)[best]
        if self.editorial is None:
            return share
        picked = np.flatnonzero(self.shop.popularity.recent[best] == 0)
        least = 0.5 / max(self.shop.popularity.n_recent, 1)
        share[picked] = least / (1 + np.arange(len(picked)))
        return share

    def _cold(
        self,
        asked: CustomerSelection,
        which: Ints,
        goods: Ints,
        p_buy: Floats,
        level: Ints,
        rows: Ints,
    ) -> ListedProducts:
        nothing = np.full(len(rows), np.nan, dtype=np.float32)
        facts = dict.fromkeys((*KEPT, *ADDED), nothing)
        store = asked.store[which[rows]]
        facts["store_n"] = self.stores.bought_by(store, goods[rows]).astype(np.float32)
        is_own = self.shop.has_bought(asked.customer[which[rows]], goods[rows])
        return ListedProducts(which[rows], goods[rows], p_buy[rows], is_own, level[rows], facts)


def _levels(facts: Mapping[str, Singles], is_own: Bools) -> Ints:
    """Return personal where something of the customer's speaks for it, else store or shop."""
    personal = is_own | (facts["because"] >= 0) | (facts["category_share"] > 0)
    lower = np.where(facts["store_n"] > 0, SEGMENT, SHOP)
    return np.where(personal, PERSONAL, lower).astype(np.int64)


def _shares(shop: ShopData) -> Floats:
    """Return the share of late customers of each product, of long-sold ones a little of it."""
    popularity = shop.popularity
    least = 0.5 / max(popularity.n_recent, 1)
    old = least * popularity.ever / max(popularity.n_ever, 1)
    return np.where(popularity.recent > 0, popularity.share, old).astype(np.float64)


def _code(code: Ints) -> Singles:
    return np.where(code >= 0, code, np.nan).astype(np.float32)


def _eligible_only(listed: ListedProducts, guard: EligibilityFilter) -> ListedProducts:
    return listed.take(guard.lets(listed.asked, listed.product))


def _joined(one: ListedProducts, two: ListedProducts) -> ListedProducts:
    return ListedProducts(
        np.concatenate([one.asked, two.asked]),
        np.concatenate([one.product, two.product]),
        np.concatenate([one.p_buy, two.p_buy]),
        np.concatenate([one.is_own, two.is_own]),
        np.concatenate([one.level, two.level]),
        {name: np.concatenate([one.facts[name], two.facts[name]]) for name in one.facts},
    )
