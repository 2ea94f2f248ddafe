"""The zone of a shop whose project names none: that of its stores, else of its first load."""

from __future__ import annotations

from xenorec.engine import DuckEngine, Session

SHOP_ZONE = "create table if not exists warehouse.shop_zone (time_zone VARCHAR)"
FIRST = (
    "insert into warehouse.shop_zone select $zone "
    "where not exists (select 1 from warehouse.shop_zone)"
)
TOLD = "select min(time_zone) from warehouse.shop_zone"
OF_STORES = "select min(time_zone) from warehouse.stores having count(distinct time_zone) = 1"


def remember_zone(session: Session, time_zone: str) -> None:
    """Keep the zone that the first load told, for every later process."""
    session.run(SHOP_ZONE)
    session.run(FIRST, {"zone": time_zone})


def found_zone(engine: DuckEngine) -> str | None:
    """Return the zone that all stores share, else the one that the first load told."""
    if not engine.exists():
        return None
    with engine.reading() as session:
        tables = session.tables()
        for table, sql in (("stores", OF_STORES), ("shop_zone", TOLD)):
            rows = session.rows(sql) if table in tables else []
            if rows and rows[0][0]:
                return str(rows[0][0])
    return None
