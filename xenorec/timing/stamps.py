"""Who did something and when: the reduced form in which timing reads orders and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.errors import BadInput, nearest
from xenorec.timing.zones import as_instant

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Texts: TypeAlias = npt.NDArray[np.object_]
AsOf: TypeAlias = datetime | date | str | None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT_COLUMNS = ("customer_id", "at", "time_zone")


@runtime_checkable
class History(Protocol):
    """What timing needs of a history: tables that are already cut at ``as_of``."""

    as_of: datetime

    def orders(self) -> Any:
        """One row per order: customer_id, ordered_at, store_id."""

    def events(self) -> Any:
        """One row per event: customer_id, at, time_zone."""

    def stores(self) -> Any:
        """One row per store: store_id, time_zone."""


@dataclass(frozen=True)
class Stamps:
    """Rows of (customer, instant, zone), none later than ``as_of``.

    ``ids`` are the customers in text order, ``code`` and ``at`` one entry per row (position in
    ``ids``; microseconds since 1970 UTC), ``zone`` a position in ``zones`` or -1 when unknown.
    """

    ids: Texts
    code: Ints
    at: Ints
    zone: Ints
    zones: tuple[str, ...]
    as_of: datetime

    def until(self, as_of: datetime) -> Stamps:
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

    def after(self, instant: datetime) -> Stamps:
        """Return the rows later than ``instant``; the list of customers stays."""
        keep = self.at > microseconds(instant)
        return replace(self, code=self.code[keep], at=self.at[keep], zone=self.zone[keep])


def microseconds(instant: datetime) -> int:
    """Return microseconds since 1970 UTC."""
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def read_orders(source: Any, *, as_of: AsOf = None) -> Stamps:
    """Read orders (customer_id, ordered_at; optional time_zone) or a history, cut at ``as_of``."""
    if isinstance(source, Stamps):
        return source if as_of is None else source.until(as_instant(as_of))
    if isinstance(source, History):
        return _stamps(_orders_with_zone(source), "ordered_at", _history_cut(source, as_of))
    table = arrow(source, need=("customer_id", "ordered_at"), may=("time_zone",))
    return _stamps(table, "ordered_at", None if as_of is None else as_instant(as_of))


def read_events(source: Any, *, as_of: AsOf = None) -> Stamps:
    """Read events (customer_id, at, time_zone) or a history, cut at ``as_of``."""
    if isinstance(source, Stamps):
        return source if as_of is None else source.until(as_instant(as_of))
    if isinstance(source, History):
        table = arrow(source.events(), need=_EVENT_COLUMNS)
        return _stamps(table, "at", _history_cut(source, as_of))
    table = arrow(source, need=_EVENT_COLUMNS)
    return _stamps(table, "at", None if as_of is None else as_instant(as_of))


def _history_cut(history: History, as_of: AsOf) -> datetime:
    own = as_instant(history.as_of)
    cut = own if as_of is None else as_instant(as_of)
    if cut > own:
        raise BadInput(
            f"as_of is {cut.isoformat()}, yet the history ends at {own.isoformat()}; "
            f"leave as_of out, or ask for a history with a later as_of."
        )
    return cut


def _orders_with_zone(history: History) -> Any:
    """Orders of a history with the time zone of their store."""
    orders = arrow(history.orders(), need=("customer_id", "ordered_at"), may=("store_id",))
    stores = arrow(history.stores(), may=("store_id", "time_zone"))
    if "store_id" not in orders.column_names or stores.num_columns < 2:
        return orders
    names, zones = (texts(stores[name]).to_pylist() for name in ("store_id", "time_zone"))
    zone_of = dict(zip(names, zones, strict=True))
    encoded = texts(orders["store_id"]).dictionary_encode()
    found = pa.array([zone_of.get(store) for store in encoded.dictionary.to_pylist()], pa.string())
    return orders.append_column("time_zone", found.take(encoded.indices))


def arrow(source: Any, *, need: Sequence[str] = (), may: Sequence[str] = ()) -> Any:
    """Return the columns ``need`` (all required) and ``may`` of any frame as a ``pyarrow.Table``.

    Any frame: pandas, polars, pyarrow, or what else gives an Arrow stream.
    """
    if not isinstance(source, pa.Table | pd.DataFrame):
        source = _stream(source)
    have = list(source.column_names if isinstance(source, pa.Table) else source.columns)
    for name in need:
        if name not in have:
            raise BadInput(
                f"The frame has no column {name!r}; it has {', '.join(map(repr, have)) or 'none'}."
                f"{nearest(name, map(str, have))} Rename the column and try again."
            )
    names = [*need, *(name for name in may if name in have)]
    if isinstance(source, pa.Table):
        return pa.table({name: _plain(source[name]) for name in names})
    return pa.table({name: _array(source[name]) for name in names})


def _plain(column: Any) -> Any:
    """Return text views, which not every Arrow kernel takes, as ordinary text."""
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def _stream(source: Any) -> Any:
    if hasattr(source, "__arrow_c_stream__"):
        return pa.table(source)
    raise BadInput(
        f"Expected a data frame (pandas, polars, pyarrow) or a history, "
        f"got {type(source).__name__}."
    )


def _array(series: pd.Series[Any]) -> Any:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        pairs = zip(series, series.isna(), strict=True)
        return pa.array([None if gone else str(value) for value, gone in pairs], pa.string())


def _stamps(table: Any, at_column: str, as_of: datetime | None) -> Stamps:
    table = table.filter(pc.is_valid(table["customer_id"]))
    at = _instants(table[at_column], at_column)
    if as_of is None:
        if not len(at):
            raise BadInput("There are no rows, so as_of cannot be told from them; give as_of=...")
        as_of = EPOCH + pd.Timedelta(int(at.max()), unit="us").to_pytimedelta()
    ids, code = _encode(texts(table["customer_id"]))
    zones, zone = _zones(table)
    return Stamps(ids, code, at, zone, zones, as_of).until(as_of)


def _zones(table: Any) -> tuple[tuple[str, ...], Ints]:
    if "time_zone" not in table.column_names:
        return (), np.full(table.num_rows, -1, dtype=np.int64)
    names, code = _encode(texts(table["time_zone"]))
    return tuple(names), code


def texts(column: Any) -> Any:
    """Return an Arrow column as text; whole floats lose their ``.0``."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        try:
            array = array.cast(pa.int64())
        except pa.ArrowInvalid:
            return array.cast(pa.string())
    return array.cast(pa.string())


def _encode(array: Any) -> tuple[Texts, Ints]:
    """Return the distinct texts in order and each row's position among them (-1 for null)."""
    encoded = array.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(len(order)), -1
    codes = encoded.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)
    return np.asarray(encoded.dictionary.to_pylist(), dtype=object)[order], rank[codes]


def _instants(column: Any, name: str) -> Ints:
    if not len(column):
        return np.empty(0, dtype=np.int64)
    if column.null_count:
        raise BadInput(
            f"{name} is empty in {column.null_count} of {len(column)} rows; "
            f"drop those rows or give their time."
        )
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _parsed(column, name)
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise BadInput(f"{name} is of type {column.type}; expected timestamps or dates.")
    zone = getattr(column.type, "tz", None)
    moment = column.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64())
    values: Ints = moment.to_numpy()
    return values


def _parsed(column: Any, name: str) -> Any:
    try:
        return pa.chunked_array(
            [pa.array(pd.to_datetime(pd.Series(column.to_pylist()), utc=True, format="ISO8601"))]
        )
    except (ValueError, OverflowError):
        first = column[0].as_py()
        raise BadInput(
            f"{name} holds text that is no ISO 8601 time (the first row is {first!r}); "
            f"convert it with pandas.to_datetime first."
        ) from None


def wanted(customer_ids: Any, ids: Texts) -> Texts:
    """Return the asked customers as text, each once, in the order asked; all ``ids`` for None."""
    if customer_ids is None:
        return ids
    if isinstance(customer_ids, str):
        return np.array([customer_ids], dtype=object)
    if isinstance(customer_ids, pa.Array | pa.ChunkedArray):
        asked = texts(customer_ids)
    else:
        asked = texts(_array(pd.Series(list(customer_ids), dtype=object)))
    if asked.null_count:
        raise BadInput(f"customer_ids has {asked.null_count} empty values; drop them first.")
    return np.asarray(pc.unique(asked).to_pylist(), dtype=object)


def positions(asked: Texts, ids: Texts) -> Ints:
    """Return where each asked customer stands in ``ids``, or -1."""
    return pd.Index(ids, dtype=object).get_indexer(pd.Index(asked, dtype=object)).astype(np.int64)
