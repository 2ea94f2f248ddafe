"""Who ordered on which day, and for how much: the form in which lifetime value reads orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from xenorec.array_types import Bools, Codes, Floats, Ints, Texts
from xenorec.dataset.coded_table import CodedTable, mask
from xenorec.dataset.dataset import Dataset
from xenorec.dataset.order_keys import tell_apart
from xenorec.errors import BadInput
from xenorec.schema.order_rules import is_money, is_order
from xenorec.timestamps import AsOf, as_instant, microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US

NEED = ("customer_id", "ordered_at", "net_amount")
MAY = ("currency", "margin_amount", "order_id", "quantity", "status", "time_zone")


@dataclass(frozen=True, kw_only=True)
class SpendLog(EventLog):
    """Order rows at or before ``as_of``, with what they came to.

    ``currency`` is a position in ``currencies`` or -1; ``amount`` is 0 where it was empty
    (``n_empty`` rows); ``margin`` is None when the frame has no margin_amount. ``n_repeated`` rows
    repeated another and are left out.
    """

    PER_ROW: ClassVar[tuple[str, ...]] = (*EventLog.PER_ROW, "amount", "margin", "currency")

    amount: Floats
    margin: Floats | None
    currency: Ints
    currencies: tuple[str, ...]
    n_empty: int
    n_repeated: int = 0


@dataclass(frozen=True)
class SpendDays:
    """One entry per customer and day with an order, by customer and day; amounts added up.

    ``end`` is the first day that is not known yet; every ``day`` is before it. ``n_customers``
    says how far ``code`` can go.
    """

    n_customers: int
    code: Ints
    day: Ints
    amount: Floats
    end: int

    def before(self, end: int) -> SpendDays:
        """Return the visits on days before ``end``."""
        keep = self.day < end
        return SpendDays(self.n_customers, self.code[keep], self.day[keep], self.amount[keep], end)

    def of(self, keep: Bools) -> SpendDays:
        """Return the visits of the kept customers, who are counted anew."""
        rows = keep[self.code]
        code = (np.cumsum(keep) - 1)[self.code[rows]]
        return SpendDays(int(keep.sum()), code, self.day[rows], self.amount[rows], self.end)

    def per_customer(self, values: Floats | None = None) -> Floats:
        """Return the number of visits, or the sum of ``values``, per customer."""
        counts = np.bincount(self.code, values, minlength=self.n_customers)
        return np.asarray(counts, dtype=np.float64)

    @property
    def span(self) -> int:
        """Days from the first visit to ``end``."""
        return self.end - int(self.day.min()) if len(self.day) else 0


def read_spending(source: Any, *, as_of: AsOf = None) -> SpendLog:
    """Read orders: customer_id, ordered_at, net_amount; maybe currency, margin_amount, order_id.

    ``source`` is a frame or a history. Rows without a customer are left out, an empty amount is
    0. Raises ``BadInput`` for a missing column, an order in two rows, an amount that is no finite
    number, or when as_of is later than the history's own.
    """
    if isinstance(source, SpendLog):
        return source if as_of is None else source.until(as_instant(as_of))
    dataset = Dataset.of(source, "orders", as_of)
    orders = dataset.table("orders").require(*NEED, may=MAY)
    paid = orders.where(orders.is_there("customer_id") & mask(is_money(orders)))
    rows, end = dataset.cut(paid, "ordered_at")
    amount, margin = _amounts(rows, "net_amount"), None
    if "margin_amount" in rows.column_names:
        margin = np.nan_to_num(_amounts(rows, "margin_amount"))
    (ids, code), (names, currency) = rows.codes("customer_id"), rows.codes("currency")
    zones, zone = rows.codes("time_zone")
    log = SpendLog(
        ids=ids,
        code=code.astype(np.int64),
        at=rows.instants("ordered_at"),
        amount=np.nan_to_num(np.where(mask(is_order(rows)), amount, -np.abs(amount))),
        margin=margin,
        currency=currency.astype(np.int64),
        currencies=tuple(names),
        n_empty=int(np.isnan(amount).sum()),
        as_of=end,
        zone=zone.astype(np.int64),
        zones=tuple(zones),
    )
    return _once(log, *rows.codes("order_id"))


def visits_of(spending: SpendLog) -> SpendDays:
    """Return the days with an order; a row with a negative amount (a return) is no order."""
    keep = spending.amount >= 0
    code, day = spending.code[keep], spending.at[keep] // DAY_US
    end = -(-microseconds(spending.as_of) // DAY_US)
    end = max(end, int(day.max()) + 1) if len(day) else end
    start = int(day.min()) if len(day) else 0
    length = end - start + 1
    key, place = np.unique(code * length + (day - start), return_inverse=True)
    amount = np.bincount(place, spending.amount[keep], minlength=len(key)).astype(np.float64)
    return SpendDays(len(spending.ids), key // length, key % length + start, amount, end)


def _once(rows: SpendLog, names: Texts, order: Codes) -> SpendLog:
    """Return the rows in an order of their own, one where the same order stands there twice.

    Raises where an order stands in rows that differ: its amount would count twice.
    """
    ids, whole = tell_apart(names, order.astype(np.int64), rows.code, rows.at)
    margin = np.zeros(len(rows.at)) if rows.margin is None else rows.margin
    parts = (rows.zone, margin, rows.amount, rows.currency, rows.at, rows.code)
    ranked = np.lexsort((whole, *parts))
    same = np.zeros(len(ranked), dtype=bool)
    same[1:] = (whole[ranked][1:] >= 0) & (np.diff(whole[ranked]) == 0)
    for part in parts:
        same[1:] &= part[ranked][1:] == part[ranked][:-1]
    kept = ranked[~same]
    _check_once(ids, whole[kept])
    return replace(rows.rows(kept), n_repeated=int(same.sum()))


def _check_once(names: Texts, order: Ints) -> None:
    """Raise where an order stands in more than one row: its amount would count twice."""
    n = np.bincount(order[order >= 0], minlength=len(names))
    if (n > 1).any():
        raise BadInput(
            f"order_id {names[int(n.argmax())]!r} stands in {n.max()} rows, and "
            f"{int((n > 1).sum()):,} orders in more than one; expected one row per order. Drop "
            "repeated rows, or add up the lines of each order first."
        )


def _amounts(rows: CodedTable, name: str) -> Floats:
    """Return a column of amounts as numbers, NaN where empty."""
    values = rows.numbers(name)
    if np.isinf(values).any():
        raise BadInput(f"{name} is infinite in {int(np.isinf(values).sum())} rows; drop them.")
    return values
