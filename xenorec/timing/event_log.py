"""Who did something and when: the reduced form in which timing reads orders and events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

import numpy as np

from xenorec.array_types import Bools, Ints, Texts
from xenorec.dataset.coded_table import mask
from xenorec.dataset.data_frames import ids, used
from xenorec.dataset.dataset import Dataset
from xenorec.schema.order_rules import OF_ORDERS, is_order
from xenorec.timestamps import AsOf, as_instant, microseconds

EVENT_COLUMNS = ("customer_id", "at", "time_zone")


@dataclass(frozen=True)
class EventLog:
    """Rows of (customer, instant, zone), none later than ``as_of``.

    ``ids`` are the customers in text order, ``code`` and ``at`` one entry per row (position in
    ``ids``; microseconds since 1970 UTC), ``zone`` a position in ``zones`` or -1 when unknown.
    ``n_nameless`` rows named no customer, and ``n_returned`` were returns; both are left out.
    """

    PER_ROW: ClassVar[tuple[str, ...]] = ("code", "at", "zone")

    ids: Texts
    code: Ints
    at: Ints
    zone: Ints
    zones: tuple[str, ...]
    as_of: datetime
    n_nameless: int = 0
    n_returned: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on the rows that were left out."""
        told = (
            (self.n_nameless, "name no customer and are left out"),
            (self.n_returned, "are returns (an amount or quantity below 0) or void, not orders"),
        )
        return tuple(f"{n:,} rows {what}." for n, what in told if n)

    def until(self, as_of: datetime) -> Self:
        """Return the rows at or before ``as_of``; customers without any are gone."""
        return replace(self.where(self.at <= microseconds(as_of)), as_of=as_of)

    def after(self, instant: datetime) -> Self:
        """Return the rows later than ``instant``; the list of customers stays."""
        return self.rows(self.at > microseconds(instant))

    def where(self, keep: Bools) -> Self:
        """Return the kept rows; customers without any are gone."""
        some = self.rows(keep)
        ids, code = used(self.ids, some.code)
        return replace(some, ids=ids, code=code)

    def rows(self, keep: Bools | Ints) -> Self:
        """Return some rows, in the order given; the list of customers stays."""
        parts = {name: getattr(self, name) for name in self.PER_ROW}
        kept = {name: part[keep] for name, part in parts.items() if part is not None}
        return replace(self, **kept)


def read_orders(source: Any, *, as_of: AsOf = None) -> EventLog:
    """Read orders (customer_id, ordered_at; optional time_zone) or a history, cut at ``as_of``.

    Rows that are no orders (``xenorec.schema.order_rules``) are left out: whose net_amount or
    quantity is below 0, or whose status says so, where there is such a column.
    """
    return _read(source, "orders", ("customer_id", "ordered_at"), as_of)


def read_events(source: Any, *, as_of: AsOf = None) -> EventLog:
    """Read events (customer_id, at, time_zone) or a history, cut at ``as_of``."""
    return _read(source, "events", EVENT_COLUMNS, as_of)


def _read(source: Any, name: str, need: tuple[str, ...], as_of: AsOf) -> EventLog:
    if isinstance(source, EventLog):
        return source if as_of is None else source.until(as_instant(as_of))
    dataset = Dataset.of(source, name, as_of)
    table = dataset.table(name).require(*need, may=("time_zone", *OF_ORDERS))
    named = table.where(table.is_there("customer_id"))
    kept = named if name == "events" else named.where(mask(is_order(named)))
    rows, end = dataset.cut(kept, need[1])
    (ids, code), (zones, zone) = rows.codes("customer_id"), rows.codes("time_zone")
    return EventLog(
        ids=ids,
        code=code.astype(np.int64),
        at=rows.instants(need[1]),
        zone=zone.astype(np.int64),
        zones=tuple(zones),
        as_of=end,
        n_nameless=len(table) - len(named),
        n_returned=len(named) - len(kept),
    )


def requested_customers(customer_ids: Any, known: Texts) -> Texts:
    """Return the asked customers as text, each once, in the order asked; ``known`` for None."""
    return known if customer_ids is None else ids(customer_ids, "customer_ids")
