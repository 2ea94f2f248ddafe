"""Lines of orders as series of days per customer and item, customer, and kind of item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, encode, instants
from xenorec.errors import BadInput
from xenorec.schema.order_rules import OF_LINES, is_purchase
from xenorec.timestamps import AsOf, as_instant, instant_of, microseconds
from xenorec.timing.closures import Closure, without
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_clock import CLOCK, wall_clock_of
from xenorec.timing.local_time import DAY_US
from xenorec.timing.replenishment.purchase_series import PurchaseSeries, series_of

NEED = ("customer_id", "order_id", "ordered_at", "product_id")
BY = ("product", "category")


@runtime_checkable
class ReplenishmentSource(Protocol):
    """What replenishment needs of a history: tables that are already cut at ``as_of``."""

    as_of: datetime

    def lines(self) -> Any:
        """One row per order line."""

    def products(self) -> Any:
        """One row per product: product_id, category."""


@dataclass(frozen=True, eq=False)
class ItemPurchases:
    """What was bought up to ``as_of``. Items are products, or categories.

    ``pairs`` has a series per customer and item (key: customer * number of items + item), ``trips``
    one per customer, ``kinds`` one per customer and kind (customer * number of kinds + kind).
    ``kind`` is the kind of each item: the category of a product; a category is its own.
    """

    customers: Texts
    items: Texts
    kind: Ints
    n_kinds: int
    pairs: PurchaseSeries
    trips: PurchaseSeries
    kinds: PurchaseSeries
    as_of: datetime
    ahead: timedelta = timedelta(0)
    """How far the clock that tells the days, which is that of ``as_of`` too, is ahead of UTC."""

    @property
    def now(self) -> float:
        """``as_of`` in days since 1970."""
        return microseconds(self.as_of) / DAY_US

    def on_days(self, instant: datetime) -> float:
        """Return an instant of UTC in days since 1970 on the clock that tells the days."""
        return microseconds(instant + self.ahead) / DAY_US

    def until(self, now: float) -> ItemPurchases:
        """Return what was bought at or before ``now``; all names stay."""
        return ItemPurchases(
            self.customers,
            self.items,
            self.kind,
            self.n_kinds,
            self.pairs.until(now),
            self.trips.until(now),
            self.kinds.until(now),
            instant_of(round(now * DAY_US)),
            self.ahead,
        )

    def of(self, customers: Ints) -> ItemPurchases:
        """Return what some customers bought, given in ascending order; all names stay."""
        trips = self.trips.take(self.trips.between(customers, customers + 1))
        n = self.n_kinds
        kinds = self.kinds.take(self.kinds.between(customers * n, (customers + 1) * n))
        pairs = self.pairs.take(self.pairs_of(customers))
        return replace(self, pairs=pairs, trips=trips, kinds=kinds)

    def pairs_of(self, customers: Ints) -> Ints:
        """Return the positions of the pairs of some customers, given in ascending order."""
        n = max(len(self.items), 1)
        return self.pairs.between(customers * n, (customers + 1) * n)

    def on_clock(self, closures: Sequence[Closure]) -> ItemPurchases:
        """Return the same on the clock that stands still while the shop is closed."""
        if not closures:
            return self
        on = partial(_on_clock, closures=closures, as_of=self.as_of)
        stopped = without(_stamps(np.empty(0), self.as_of), closures)
        pairs, trips, kinds = on(self.pairs), on(self.trips), on(self.kinds)
        return replace(self, pairs=pairs, trips=trips, kinds=kinds, as_of=stopped.as_of)

    def orders(self) -> EventLog:
        """Return one instant per customer and day with a purchase, without zones."""
        stamps = _stamps(self.trips.at, self.as_of)
        return replace(stamps, ids=self.customers, code=self.trips.key[self.trips.code])


def read_bought(source: Any, *, by: str, as_of: AsOf = None) -> ItemPurchases:
    """Read order lines or a history, cut at ``as_of`` (default: the history's, or the last line).

    Lines without a customer or an item, and goods given back (``xenorec.schema.order_rules``), are
    left out.
    """
    table, end = _table(source), None if as_of is None else as_instant(as_of)
    own = as_instant(source.as_of) if isinstance(source, ReplenishmentSource) else None
    if own is not None and end is not None and end > own:
        raise BadInput(
            f"as_of is {end.isoformat()}, yet the history ends at {own.isoformat()}; "
            f"leave as_of out, or ask for a history with a later as_of."
        )
    at = instants(table["ordered_at"], "ordered_at")
    end = end or own
    if end is None:
        if not len(at):
            raise BadInput("There are no rows, so as_of cannot be told from them; give as_of=...")
        end = instant_of(at.max())
    if by == "category" and "category" not in table.column_names:
        raise BadInput(
            "The lines have no column 'category'; add it to the frame, or use by='product'."
        )
    kept = _kept(table, by) & (at <= microseconds(end))
    return _bought(table.filter(pa.array(kept)), at[kept], by, end)


def _on_clock(
    series: PurchaseSeries, *, closures: Sequence[Closure], as_of: datetime
) -> PurchaseSeries:
    stamps = without(_stamps(series.at, as_of), closures)
    return series_of(series.key[series.code], stamps.at / DAY_US, series.quantity)


def _stamps(at: Floats, as_of: datetime) -> EventLog:
    """Return instants, given in days, of which it does not matter whose they are."""
    nobody = np.full(len(at), -1, dtype=np.int64)
    stamps = np.rint(at * DAY_US).astype(np.int64)
    return EventLog(np.empty(0, dtype=object), nobody, stamps, nobody, (), as_of)


def _table(source: Any) -> Any:
    """Return the lines with their category where it is known."""
    frame = source.lines() if isinstance(source, ReplenishmentSource) else source
    table = arrow(frame, need=NEED, may=(*OF_LINES, *CLOCK, "category"))
    if "category" in table.column_names or not isinstance(source, ReplenishmentSource):
        return table
    products = arrow(source.products(), need=("product_id",), may=("category",))
    if "category" not in products.column_names:
        return table
    named = products.to_pandas().sort_values(["product_id", "category"])
    named = named.drop_duplicates("product_id").set_index("product_id")["category"]
    found = table["product_id"].to_pandas().map(named)
    return table.append_column("category", pa.array(found, pa.string(), from_pandas=True))


def _kept(table: Any, by: str) -> Bools:
    item = table["product_id" if by == "product" else "category"]
    kept = pc.and_(pc.is_valid(table["customer_id"]), pc.is_valid(item))
    return np.asarray(pc.and_(kept, is_purchase(table)).to_numpy(), dtype=bool)


def _bought(table: Any, instant: Ints, by: str, as_of: datetime) -> ItemPurchases:
    wall, now = wall_clock_of(table, instant, microseconds(as_of))
    at, end = wall / DAY_US, instant_of(now)
    customers, customer = encode(table["customer_id"])
    items, item = encode(table["product_id" if by == "product" else "category"])
    kind, n_kinds = _kinds(table, item, len(items), by)
    quantity = _quantity(table)
    return ItemPurchases(
        customers,
        items,
        kind,
        n_kinds,
        series_of(customer * max(len(items), 1) + item, at, quantity, instant / DAY_US),
        series_of(customer, at, quantity),
        series_of(customer * n_kinds + kind[item], at, quantity),
        end,
        end - as_of,
    )


def _kinds(table: Any, item: Ints, n_items: int, by: str) -> tuple[Ints, int]:
    """Return the kind of each item, and how many there are; -1 in a row becomes one kind more."""
    if by == "category":
        return np.arange(n_items), max(n_items, 1)
    if "category" not in table.column_names:
        return np.zeros(n_items, dtype=np.int64), 1
    names, code = encode(table["category"])
    first = pd.Series(code).groupby(item).max().reindex(range(n_items), fill_value=-1).to_numpy()
    return np.where(first < 0, len(names), first).astype(np.int64), len(names) + 1


def _quantity(table: Any) -> Floats:
    if "quantity" not in table.column_names:
        return np.full(table.num_rows, np.nan)
    values = pd.to_numeric(table["quantity"].to_pandas(), errors="coerce")
    return np.asarray(values, dtype=np.float64)
