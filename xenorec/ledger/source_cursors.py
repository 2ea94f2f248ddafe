"""Small facts that a source is to remember: one value under each name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import Database


def read(database: Database, source: str) -> dict[str, str]:
    """Return the values of a source by name."""
    query = sa.select(t.CURSORS.c.name, t.CURSORS.c.value).where(t.CURSORS.c.source == source)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(t.CURSORS.c.name)).all()
    return {row.name: row.value for row in rows}


def write(database: Database, source: str, name: str, value: str, at: datetime) -> None:
    """Keep a value under a name; the latest stays."""
    insert = database.insert(t.CURSORS).values(source=source, name=name, value=value, at=at)
    changed = {"value": insert.excluded.value, "at": insert.excluded["at"]}
    statement = insert.on_conflict_do_update(index_elements=["source", "name"], set_=changed)
    with database.writing() as connection:
        connection.execute(statement)
