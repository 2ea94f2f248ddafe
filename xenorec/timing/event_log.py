"""Who did something and when: the reduced form in which timing reads orders and events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Ints, Texts
from xenorec.dataset.data_frames import arrow, encode, ids, instants, positions
from xenorec.errors import BadInput
from xenorec.schema.order_rules import OF_ORDERS, is_order
from xenorec.timestamps import AsOf, as_instant, instant_of, microseconds

EVENT_COLUMNS = ("customer_id", "at", "time_zone")


@runtime_checkable
class EventSource(Protocol):
    """What timing needs of a history: tables that are already cut at ``as_of``."""

    as_of: datetime

    def orders(self) -> Any:
        """One row per order: customer_id, ordered_at, store_id."""

    def events(self) -> Any:
        """One row per event: customer_id, at, time_zone."""

    def stores(self) -> Any:
        """One row per store: store_id, time_zone."""


@dataclass(frozen=True)
class EventLog:
    """Rows of (customer, instant, zone), none later than ``as_of``.

    ``ids`` are the customers in text order, ``code`` and ``at`` one entry per row (position in
    ``ids``; microseconds since 1970 UTC), ``zone`` a position in ``zones`` or -1 when unknown.
    ``n_nameless`` rows named no customer, and ``n_returned`` were returns; both are left out.
    """

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

    def until(self, as_of: datetime) -> EventLog:
        """Return the rows at or before ``as_of``; customers without any are gone."""
        keep = self.at <= microseconds(as_of)
        kept, code = np.unique(self.code[keep], return_inverse=True)
        return replace(
            self,
            ids=self.ids[kept],
            code=code.astype(np.int64),
            at=self.at[keep],
            zone=self.zone[keep],
            as_of=as_of,
        )

    def after(self, instant: datetime) -> EventLog:
        """Return the rows later than ``instant``; the list of customers stays."""
        keep = self.at > microseconds(instant)
        return replace(self, code=self.code[keep], at=self.at[keep], zone=self.zone[keep])


def read_orders(source: Any, *, as_of: AsOf = None) -> EventLog:
    """Read orders (customer_id, ordered_at; optional time_zone) or a history, cut at ``as_of``.

    Rows that are no orders (``xenorec.schema.order_rules``) are left out: whose net_amount or
    quantity is below 0, or whose status says so, where there is such a column.
    """
    if isinstance(source, EventLog):
        return source if as_of is None else source.until(as_instant(as_of))
    if isinstance(source, EventSource):
        return _stamps(_orders_with_zone(source), "ordered_at", history_cut(source, as_of))
    table = arrow(source, need=("customer_id", "ordered_at"), may=("time_zone", *OF_ORDERS))
    return _stamps(table, "ordered_at", None if as_of is None else as_instant(as_of))


def read_events(source: Any, *, as_of: AsOf = None) -> EventLog:
    """Read events (customer_id, at, time_zone) or a history, cut at ``as_of``."""
    if isinstance(source, EventLog):
        return source if as_of is None else source.until(as_instant(as_of))
    if isinstance(source, EventSource):
        table = arrow(source.events(), need=EVENT_COLUMNS)
        return _stamps(table, "at", history_cut(source, as_of))
    table = arrow(source, need=EVENT_COLUMNS)
    return _stamps(table, "at", None if as_of is None else as_instant(as_of))


def history_cut(history: EventSource, as_of: AsOf) -> datetime:
    """Return where a history is read to; raises BadInput for an ``as_of`` after its own."""
    own = as_instant(history.as_of)
    cut = own if as_of is None else as_instant(as_of)
    if cut > own:
        raise BadInput(
            f"as_of is {cut.isoformat()}, yet the history ends at {own.isoformat()}; "
            f"leave as_of out, or ask for a history with a later as_of."
        )
    return cut


def _orders_with_zone(history: EventSource) -> Any:
    """Orders of a history with the time zone of their store."""
    may = ("store_id", "time_zone", *OF_ORDERS)
    orders = arrow(history.orders(), need=("customer_id", "ordered_at"), may=may)
    if "time_zone" in orders.column_names:
        return orders
    stores = arrow(history.stores(), may=("store_id", "time_zone"))
    if "store_id" not in orders.column_names or stores.num_columns < 2:
        return orders
    places, place = encode(stores["store_id"])
    zones, zone = encode(stores["time_zone"])
    zone_of = np.full(len(places) + 1, -1, dtype=np.int64)
    zone_of[place] = zone
    zone_of[-1] = -1
    asked, code = encode(orders["store_id"])
    found = np.append(zone_of[positions(asked, places)], -1)[code]
    named = pa.array(zones, pa.string()).take(pa.array(found, mask=found < 0))
    return orders.append_column("time_zone", named)


def _stamps(table: Any, at_column: str, as_of: datetime | None) -> EventLog:
    named = table.filter(pc.is_valid(table["customer_id"]))
    n_nameless = table.num_rows - named.num_rows
    table = named.filter(is_order(named))
    n_returned = named.num_rows - table.num_rows
    at = instants(table[at_column], at_column)
    if as_of is None:
        if not len(at):
            raise BadInput("There are no rows, so as_of cannot be told from them; give as_of=...")
        as_of = instant_of(at.max())
    known, code = encode(table["customer_id"])
    zones, zone = names_in(table, "time_zone")
    stamps = EventLog(known, code, at, zone, zones, as_of, n_nameless, n_returned)
    return stamps.until(as_of)


def names_in(table: Any, column: str) -> tuple[tuple[str, ...], Ints]:
    """Return the names in a column that may be missing, and each row's position, -1 for none."""
    if column not in table.column_names:
        return (), np.full(table.num_rows, -1, dtype=np.int64)
    names, code = encode(table[column])
    return tuple(names), code


def wanted(customer_ids: Any, known: Texts) -> Texts:
    """Return the asked customers as text, each once, in the order asked; ``known`` for None."""
    return known if customer_ids is None else ids(customer_ids, "customer_ids")
