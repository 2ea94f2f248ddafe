"""Reach: from when to when orders were loaded, and a word to who asks for an earlier instant."""

from __future__ import annotations

import warnings
from datetime import datetime

from xenorec.engine import DuckEngine
from xenorec.errors import XenorecWarning

SOUND = (
    "isfinite(ordered_at) and ordered_at >= cast('1970-01-02' as TIMESTAMPTZ) "
    "and ordered_at <= coalesce(ingested_at, ordered_at) + interval 1 day"
)
"""Rows whose clock was right as far as can be told: not long before, and not after they came."""
REACH = f"select min(ordered_at), max(ordered_at) from warehouse.orders where {SOUND}"
LATEST = (
    "select least(max(ordered_at), greatest($now, max(ingested_at))) from warehouse.orders "
    f"where {SOUND}"
)


def warn_of_early(engine: DuckEngine, as_of: datetime) -> None:
    """Warn with the code ``as-of-before-data`` where every order that was loaded is later."""
    first, last = reach(engine)
    if first is not None and as_of < first:
        warnings.warn(
            f"as-of-before-data: as_of is {as_of:%Y-%m-%d %H:%M} UTC and the first order that was "
            f"loaded is of {first:%Y-%m-%d}, so nothing was bought by then: hardly anybody is "
            f"known and no model has anything to learn from. Give an as_of after {first:%Y-%m-%d} "
            f"(the last order is of {last:%Y-%m-%d}), leave it out for the latest, or load older "
            "orders.",
            XenorecWarning,
            stacklevel=4,
        )


def reach(engine: DuckEngine) -> tuple[datetime | None, datetime | None]:
    """Return the instants of the first and the last order, None where there is none."""
    if not engine.exists():
        return None, None
    with engine.reading() as session:
        if "orders" not in session.tables():
            return None, None
        first, last = session.rows(REACH)[0]
    return first, last


def latest_order(engine: DuckEngine, *, now: datetime) -> datetime | None:
    """Return the instant of the latest order, or ``now`` where that is later by a wrong clock."""
    with engine.reading() as session:
        found: datetime | None = session.value(LATEST, {"now": now})
    return found
