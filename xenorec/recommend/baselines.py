"""Methods that a recommender must beat: simple rules, and strong neighbours of the literature."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.recommend.grouped_arrays import best_each, total
from xenorec.recommend.scorers import Ease, ItemKnn, Scorer, TifuKnn, UpCf
from xenorec.recommend.shop_data import ShopData

POPULAR, OWN, HALF_LIFE = "popular_28d", "own_frequency", "own_half_life_112d"
NEIGHBOURS, USERS = "tifuknn", "up_cf_25"
ITEMS, EASE = "item_item", "ease"
FADING = timedelta(days=112)


def all_lists(shop: ShopData, customer: Ints, k: int) -> Mapping[str, Ints]:
    """Return customers x k of each method: positions in the shop's products, or -1.

    Every list is filled up by the most popular products. Equal scores go to the more popular
    product, then to the lower id.
    """
    bought, n = shop.purchases.bought, len(shop.purchases.bought.key)
    faded = total(bought.of_line, shop.purchases.weight(FADING), n)
    lists = {
        POPULAR: np.tile(most_popular(shop)[:k], (len(customer), 1)),
        OWN: of_own(shop, customer, bought.n_orders.astype(np.float64), k),
        HALF_LIFE: of_own(shop, customer, faded, k),
    }
    for name, scorer in ((NEIGHBOURS, TifuKnn()), (USERS, UpCf())):
        lists[name] = _of_scorer(shop, customer, scorer, k)
    return {name: wide(table, k) for name, table in lists.items()}


def new_lists(shop: ShopData, customer: Ints, k: int) -> Mapping[str, Ints]:
    """Return the same for lists that hold only products the customer has never bought."""
    best = most_popular(shop)
    n_own = np.bincount(shop.purchases.bought.customer, minlength=len(shop.purchases.customers))
    depth = k + int(n_own.max())
    which, product = _crossed(customer, best[:depth])
    fresh = ~shop.has_bought(customer[which], product)
    rows, rank = best_each(
        which[fresh], np.zeros(int(fresh.sum())), shop.popularity.place[product[fresh]], k
    )
    popular = np.full((len(customer), k), -1, dtype=np.int64)
    popular[which[fresh][rows], rank - 1] = product[fresh][rows]
    lists = {POPULAR: popular}
    for name, scorer in ((ITEMS, ItemKnn(only_new=True)), (EASE, Ease(only_new=True))):
        lists[name] = _of_scorer(shop, customer, scorer, k, fill=False)
    return lists


def most_popular(shop: ShopData) -> Ints:
    """Return all products by their orders of the last 28 days, then ever, then by id."""
    purchases, n = shop.purchases, shop.n_products
    recent = np.bincount(purchases.product[purchases.within(timedelta(days=28))], minlength=n)
    ever = np.bincount(purchases.product, minlength=n)
    return np.lexsort((np.arange(n), -ever, -recent)).astype(np.int64)


def of_own(shop: ShopData, customer: Ints, score: Floats, k: int) -> Ints:
    """Return the best of what each customer bought by the ``score`` of each entry of bought."""
    bought, n_customers = shop.purchases.bought, len(shop.purchases.customers)
    row_of = np.full(n_customers + 1, -1, dtype=np.int64)
    row_of[customer] = np.arange(len(customer))
    row_of[-1] = -1
    row = row_of[bought.customer]
    kept = row >= 0
    return filled(shop, len(customer), row[kept], bought.product[kept], score[kept], k)


def _of_scorer(
    shop: ShopData, customer: Ints, scorer: Scorer, k: int, *, fill: bool = True
) -> Ints:
    everything = np.ones(shop.n_products, dtype=bool)
    said = scorer.fit(shop).score(customer, depth=k, is_open=everything)
    if fill:
        return filled(shop, len(customer), said.asked, said.product, said.score, k)
    return _best(shop, len(customer), said.asked, said.product, said.score, k)


def filled(shop: ShopData, n: int, asked: Ints, product: Ints, score: Floats, k: int) -> Ints:
    """Return the best of each customer, with the popular products behind them."""
    which, popular = _crossed(np.arange(n), most_popular(shop)[: 2 * k])
    asked, product = np.append(asked, which), np.append(product, popular)
    score = np.append(score, np.zeros(len(which)))
    _, first = np.unique(asked * shop.n_products + product, return_index=True)
    return _best(shop, n, asked[first], product[first], score[first], k)


def _best(shop: ShopData, n: int, asked: Ints, product: Ints, score: Floats, k: int) -> Ints:
    place = np.empty(shop.n_products, dtype=np.int64)
    place[most_popular(shop)] = np.arange(shop.n_products)
    rows, rank = best_each(asked, np.round(score, 9), place[product], k)
    table = np.full((n, k), -1, dtype=np.int64)
    table[asked[rows], rank - 1] = product[rows]
    return table


def _crossed(customer: Ints, product: Ints) -> tuple[Ints, Ints]:
    which = np.repeat(np.arange(len(customer)), len(product))
    return which, np.tile(product, len(customer))


def wide(table: Ints, k: int) -> Ints:
    """Return the lists as wide as ``k``, filled up with -1."""
    short = k - table.shape[1]
    return np.pad(table, ((0, 0), (0, max(short, 0))), constant_values=-1)
