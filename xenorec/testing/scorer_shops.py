"""The shops on which scorers are tested: usual, degenerate, and one with a whale."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xenorec.recommend.shop_data import ShopData

Row = tuple[str, str, float, str]
"""Customer, order, day and product."""

FIRST_DAY = datetime(2024, 1, 1)  # noqa: DTZ001  read as UTC
LAST_DAY = "2024-03-01"
N_CUSTOMERS, N_PRODUCTS = 60, 20
ORDINARY, MANY = 12, 50_000


def shop_of(rows: list[Row], *, with_catalog: bool = True) -> ShopData:
    """Return the shop of (customer, order, day, product) as of the sixtieth day."""
    return _shop_of_frame(_frame(rows), with_catalog=with_catalog)


def usual_rows(n_customers: int = N_CUSTOMERS, n_products: int = N_PRODUCTS) -> list[Row]:
    """Return lines in which each customer has tastes of their own and shops on their own days."""
    return [
        (f"c{c:02d}", f"o{c:02d}-{visit}", (5 * visit + c) % 60 + 0.5, f"p{product}")
        for c in range(n_customers)
        for visit in range(2 + c % 7)
        for product in sorted({(c % 4 * 5 + visit * k + k * k) % n_products for k in range(4)})
    ]


def sea(n_lines: int) -> ShopData:
    """Return a shop of 1,500 customers of 12 lines, and one more of ``n_lines``."""
    import numpy as np

    n = 1_500
    who = np.repeat(np.arange(n), 12)
    line = np.arange(len(who))
    order = line // 3
    mixed = (order * 2_654_435_761 % 1_000_003, line * 40_503 % 65_537)
    day = (mixed[0] % 600) / 10
    product = np.where(mixed[1] % 3 == 0, mixed[1] % 30, (who % 6) * 5 + mixed[1] % 5)
    w_line = np.arange(n_lines)
    customer = [f"c{c:04d}" for c in who.tolist()] + ["whale"] * len(w_line)
    orders = [f"o{o}" for o in order.tolist()] + [f"w{o}" for o in (w_line // 25).tolist()]
    days = [*day.tolist(), *(59.5 - (w_line // 25) % 590 / 10).tolist()]
    products = [f"p{p:02d}" for p in [*product.tolist(), *(w_line % 30).tolist()]]
    rows = list(zip(customer, orders, days, products, strict=True))
    return shop_of(rows)


def degenerate_rows() -> list[list[Row]]:
    """Return the lines of shops in which something usual is missing."""
    crowd = [(f"c{c}", f"o{c}", 1.0, f"p{c % 3}") for c in range(6)]
    return [
        [("c", "o", 1.0, "p")],
        [(f"c{c}", f"o{c}", float(c), "p") for c in range(5)],
        [("c", f"o{d}", float(d), f"p{d % 4}") for d in range(9)],
        crowd,
        [*crowd, *(("w", f"w{n // 50}", n % 60, f"p{n % 999}") for n in range(MANY))],
        [(id_, f"o{id_}", 2.0, id_) for id_ in ("0042", "42", "4.2e1", "é", "é", "茶", " ", "-1")],
    ]


def _frame(rows: list[Row]) -> Any:
    import pandas as pd

    names = ["customer_id", "order_id", "day", "product_id"]
    frame = pd.DataFrame(rows, columns=names)
    frame["ordered_at"] = FIRST_DAY + pd.to_timedelta(frame.pop("day"), unit="D")
    frame["store_id"] = "s" + (frame["customer_id"].str.len() % 2).astype(str)
    return frame


def _shop_of_frame(frame: Any, *, with_catalog: bool) -> ShopData:
    import numpy as np
    import pandas as pd

    from xenorec.recommend.line_log import read_lines
    from xenorec.recommend.product_catalog import read_catalog
    from xenorec.recommend.product_popularity import count_popularity
    from xenorec.recommend.purchase_matrix import count_purchases
    from xenorec.recommend.shop_data import ShopData
    from xenorec.timestamps import as_instant

    as_of = as_instant(LAST_DAY)
    purchases = count_purchases(read_lines(frame), as_of)
    ids = purchases.products.tolist()
    products = pd.DataFrame({"product_id": ids})
    products["title"] = [f"kind {n % 5} of tea" for n in range(len(ids))]
    products["category"] = [f"shelf {n % 3}" for n in range(len(ids))]
    catalog = read_catalog(purchases, products if with_catalog else None)
    is_allowed = np.ones(len(ids), dtype=bool)
    return ShopData(purchases, catalog, count_popularity(purchases), is_allowed)
