"""Rows into the ledger's tables, once each, and whole tables out again as Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from xenorec.errors import BadInput, UnknownColumn, UnknownName, nearest
from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import Database

if TYPE_CHECKING:
    import pyarrow as pa


def append(database: Database, name: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows that are not there yet; of two versions of a suppression the higher counts."""
    table = table_named(name)
    ordered = sorted((storable(table, row) for row in rows), key=lambda row: _key(table, row))
    statement = database.insert(table).on_conflict_do_nothing()
    if table is t.SUPPRESSIONS:
        statement, ordered = _newer_wins(database), _newest(ordered)
    with database.writing() as connection:
        return len(database.returned(connection, statement, table, ordered))


def snapshot(database: Database, name: str, until: datetime | None = None) -> pa.Table:
    """Return a whole table as Arrow, or its rows up to an instant, ordered by its key."""
    import pyarrow as pa

    table = table_named(name)
    order = list(table.primary_key) or [table.c.source, table.c.source_id]
    query = sa.select(table).order_by(*order)
    if until is not None:
        query = query.where(_instant(table) <= until)
    with database.reading() as connection:
        rows = connection.execute(query).all()
    columns = list(zip(*rows, strict=True)) or [()] * len(table.columns)
    arrays = [
        pa.array(values, type=_arrow(column))
        for column, values in zip(table.columns, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in table.columns])


def table_named(name: str) -> sa.Table:
    """Return a table by name; an unknown one is answered with the nearest."""
    known = t.METADATA.tables
    if name not in known:
        raise UnknownName(f"The ledger has no table {name!r}.{nearest(name, known)}")
    return known[name]


def _instant(table: sa.Table) -> sa.Column[Any]:
    if "at" not in table.c:
        raise BadInput(f"{table.name} has no column 'at'; read it whole: snapshot({table.name!r}).")
    return table.c["at"]


def storable(table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with all columns of the table; a column it does not have is refused."""
    names = [column.name for column in table.columns if column.name != "seq"]
    for name in row:
        if name not in names:
            raise UnknownColumn(
                f"{table.name} has no column {name!r}.{nearest(name, names)} "
                f"Columns: {', '.join(names)}."
            )
    return {name: row.get(name) for name in names}


def _newer_wins(database: Database) -> Any:
    insert = database.insert(t.SUPPRESSIONS)
    new = insert.excluded
    changed = [c.name for c in t.SUPPRESSIONS.columns if c.name not in ("source", "source_id")]
    return insert.on_conflict_do_update(
        index_elements=["source", "source_id"],
        set_={name: new[name] for name in changed},
        where=sa.func.coalesce(t.SUPPRESSIONS.c.version, 0) < sa.func.coalesce(new.version, 0),
    )


def _newest(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_key: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["source"], row["source_id"])
        if key not in by_key or (row["version"] or 0) > (by_key[key]["version"] or 0):
            by_key[key] = row
    return list(by_key.values())


def _key(table: sa.Table, row: Mapping[str, Any]) -> tuple[str, ...]:
    names = ["source", "source_id"] if "source_id" in row else [c.name for c in table.primary_key]
    return tuple(str(row.get(name)) for name in names)


def _arrow(column: sa.Column[Any]) -> Any:
    import pyarrow as pa

    if isinstance(column.type, t.Instant):
        return pa.timestamp("us", "UTC")
    if isinstance(column.type, t.Exact):
        return pa.decimal128(column.type.precision, column.type.scale)
    if isinstance(column.type, sa.Boolean):
        return pa.bool_()
    if isinstance(column.type, sa.Float):
        return pa.float64()
    return pa.int64() if isinstance(column.type, sa.Integer) else pa.string()
