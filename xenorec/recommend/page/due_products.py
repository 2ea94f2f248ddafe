"""What a model of needs says that customers need now, for the shelf of what runs out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.dataset.data_frames import arrow, instants
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.grouped_arrays import find, rows_of, starts
from xenorec.recommend.page.page_cells import ListedProducts
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds

NEED = ("customer_id", "product_id", "due_on")
FROM_DAYS, TO_DAYS = -28, 7
"""Days from ``as_of`` to the due days that the shelf shows, both included."""
DAY = 86_400_000_000
FACT = "due"
"""The fact of a pair that says in how many days it is due."""


@dataclass(frozen=True, eq=False)
class DueProducts:
    """Pairs of customers and products that are due, by position, sorted by both.

    ``key`` is customer * number of products + product. ``days`` from ``as_of`` to the due day.
    """

    n_products: int
    key: Ints
    days: Floats
    bounds: Ints

    @classmethod
    def of(cls, frame: Any, shop: ShopData, as_of: datetime) -> DueProducts:
        """Read a frame customer_id, product_id, due_on (a day, UTC): what is due around ``as_of``.

        Only what the customer has bought counts; of a pair that comes twice the earlier day.
        Raises BadInput for a missing column, or when not one product is known here.
        """
        table = arrow(frame, need=NEED)
        today = microseconds(as_of) // DAY
        days = (instants(table["due_on"], "due_on") // DAY - today).astype(np.float64)
        customer, product = _positions_of_rows(table, shop)
        kept = (days >= FROM_DAYS) & (days <= TO_DAYS) & (customer >= 0) & (product >= 0)
        kept &= shop.has_bought(customer, product)
        key, days = (customer * shop.n_products + product)[kept], days[kept]
        order = np.lexsort((days, key))
        once, first = np.unique(key[order], return_index=True)
        bounds = starts(once // max(shop.n_products, 1), len(shop.purchases.customers))
        return cls(shop.n_products, once, days[order][first], bounds)

    def pairs(self, asked: CustomerSelection) -> tuple[Ints, Ints]:
        """Return (which, product) of what is due to each customer asked about."""
        which, at = rows_of(self.bounds, asked.customer)
        return which, self.key[at] % self.n_products

    def told(self, listed: ListedProducts, asked: CustomerSelection) -> ListedProducts:
        """Return the list with the fact in how many days each entry is due, NaN for not."""
        customer = asked.customer[listed.asked]
        at, is_due = find(self.key, customer * self.n_products + listed.product)
        is_due &= customer >= 0
        days = np.full(len(listed), np.nan, dtype=np.float32)
        days[is_due] = self.days[at[is_due]]
        return replace(listed, facts={**listed.facts, FACT: days})


def check_due(frame: Any) -> None:
    """Raise BadInput for what is no frame of what is due; None is nothing to check."""
    if frame is not None:
        arrow(frame, need=NEED)


def is_due(listed: ListedProducts) -> Bools:
    """Return which entries are due; none where no model has told."""
    if FACT not in listed.facts:
        return np.zeros(len(listed), dtype=bool)
    return ~np.isnan(listed.facts[FACT])


def _positions_of_rows(table: Any, shop: ShopData) -> tuple[Ints, Ints]:
    """Return the position of each row's customer and product, -1 for none."""
    customer = Vocabulary(shop.purchases.customers).codes(table["customer_id"])
    product = Vocabulary(shop.purchases.products).codes(table["product_id"])
    if len(product) and (product < 0).all():
        raise BadInput(
            f"due names {len(product):,} products, none of which was sold here (the first is "
            f"{table['product_id'][0].as_py()!r}). Give what Replenishment(by='product') says."
        )
    return customer, product
