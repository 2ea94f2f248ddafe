"""Lines of orders as series of days per customer and item, customer, and kind of item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from xenorec.array_types import Codes, Floats, Ints, Texts
from xenorec.dataset.coded_table import Coded, CodedTable
from xenorec.dataset.dataset import Dataset
from xenorec.errors import BadInput
from xenorec.schema.order_rules import OF_LINES
from xenorec.timestamps import AsOf, instant_of, microseconds
from xenorec.timing.closures import Closure, without
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_clock import CLOCK, wall_clock_of
from xenorec.timing.local_time import DAY_US
from xenorec.timing.replenishment.purchase_series import PurchaseSeries, series_of

NEED = ("customer_id", "order_id", "ordered_at", "product_id")
BY = ("product", "category")


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
    dataset = Dataset.of(source, "lines", as_of)
    lines = dataset.table("lines").require(*NEED, may=(*OF_LINES, *CLOCK, "category"))
    end = dataset.end(lines, "ordered_at")
    if by == "category" and "category" not in lines.column_names:
        raise BadInput(
            "The lines have no column 'category'; add it to the frame, or use by='product'."
        )
    rows = dataset.purchases
    is_item = rows.is_there("product_id" if by == "product" else "category")
    past = rows.instants("ordered_at") <= microseconds(end)
    return _bought(rows.where(rows.is_there("customer_id") & is_item & past), by, end)


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


def _bought(rows: CodedTable, by: str, as_of: datetime) -> ItemPurchases:
    instant, quantity = rows.instants("ordered_at"), rows.numbers("quantity")
    wall, now = wall_clock_of(rows, instant, microseconds(as_of))
    at, utc, end = wall / DAY_US, instant / DAY_US, instant_of(now)
    customers, customer = rows.codes("customer_id")
    items, item = rows.codes("product_id" if by == "product" else "category")
    kind, n_kinds = _kinds(rows.codes("category"), item, len(items), by)
    order = np.lexsort((utc, quantity, at, customer))
    who, item = customer[order].astype(np.int64), item[order]
    at, quantity = at[order], quantity[order]
    return ItemPurchases(
        customers,
        items,
        kind,
        n_kinds,
        series_of(who * max(len(items), 1) + item, at, quantity, utc[order]),
        series_of(who, at, quantity),
        series_of(who * n_kinds + kind[item], at, quantity),
        end,
        end - as_of,
    )


def _kinds(of_lines: Coded, item: Codes, n_items: int, by: str) -> tuple[Ints, int]:
    """Return the kind of each item, and how many there are; -1 in a row becomes one kind more."""
    names, category = of_lines
    if by == "category":
        return np.arange(n_items), max(n_items, 1)
    kind = np.full(n_items, -1, dtype=np.int64)
    np.maximum.at(kind, item, category)
    return np.where(kind < 0, len(names), kind), len(names) + 1
