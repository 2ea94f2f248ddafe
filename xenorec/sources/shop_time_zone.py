"""The zone of a shop whose project names none: that of its stores, else of its first load."""

from __future__ import annotations

from xenorec.engine import DuckEngine, Session
from xenorec.timestamps import UTC_NAMES

SHOP_ZONE = "create table if not exists warehouse.shop_zone (time_zone VARCHAR)"
FIRST = (
    "insert into warehouse.shop_zone select $zone "
    "where not exists (select 1 from warehouse.shop_zone)"
)
TOLD = "select min(time_zone) from warehouse.shop_zone"
OF_STORES = "select min(time_zone) from warehouse.stores having count(distinct time_zone) = 1"


def remember_zone(session: Session, time_zone: str) -> None:
    """Keep the zone that the first load told, for every later process.

    UTC is how an export tells its times, and not where the shop is: it is not kept.
    """
    if time_zone in UTC_NAMES:
        return
    session.run(SHOP_ZONE)
    session.run(FIRST, {"zone": time_zone})


def told_zone(session: Session) -> str | None:
    """Return the zone that the first load told.

    Clock times are placed in it, and not in that of all stores: a store whose zone is not known
    may be elsewhere.
    """
    return _one(session, "shop_zone", TOLD)


def found_zone(engine: DuckEngine) -> str | None:
    """Return the zone that all stores share, else the one that the first load told."""
    if not engine.exists():
        return None
    with engine.reading() as session:
        return _one(session, "stores", OF_STORES) or told_zone(session)


def _one(session: Session, table: str, sql: str) -> str | None:
    rows = session.rows(sql) if table in session.tables() else []
    return str(rows[0][0]) if rows and rows[0][0] else None
