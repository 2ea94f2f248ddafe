"""A mark of the warehouse's content: another one whenever something came, changed or went.

It is read from the log of loads and the sizes of tables, not from their rows, so that a job can
tell in an instant that nothing has changed since its last run. Who belongs together is hashed: that
changes without a load.
"""

from __future__ import annotations

from xenorec.engine import DuckEngine, Session

HASHED = ("links", "contact_points")
VOLATILE = ("load_log", "quarantine", "sightings", "complete_loads")
"""Tables that a load touches even when it brings nothing new."""
PASSING = ("came_at",)
"""Columns that tell when a row was last seen, not what it says."""


def warehouse_mark(engine: DuckEngine) -> str | None:
    """Return the mark; None for a warehouse in memory or without a log of loads."""
    if engine.path is None or not engine.exists():
        return None
    with engine.reading() as session:
        tables = sorted(session.tables())
        if "load_log" not in tables:
            return None
        parts = [f"{name}:{_size(session, name)}" for name in tables if name not in VOLATILE]
        parts += [f"{name}:{_hash(session, name)}" for name in tables if name in HASHED]
        return " ".join([*parts, _loaded(session)])


def _loaded(session: Session) -> str:
    return str(
        session.value(
            "select string_agg(source || '/' || table_name || ':' || n, ' ' order by source, "
            "table_name) from (select source, table_name, "
            "cast(sum(n_new) as VARCHAR) || '+' || cast(sum(n_changed) as VARCHAR) as n "
            "from warehouse.load_log group by all having sum(n_new + n_changed) > 0)"
        )
    )


def _size(session: Session, table: str) -> str:
    return str(session.value(f"select count(*) from warehouse.{table}"))


def _hash(session: Session, table: str) -> str:
    names = session.rows(
        "select column_name from information_schema.columns where table_name = "
        f"'{table}' order by column_name"
    )
    told = ", ".join(f'"{name}"' for (name,) in names if name not in PASSING)
    return str(session.value(f"select sum(cast(hash({told}) as HUGEINT)) from warehouse.{table}"))
