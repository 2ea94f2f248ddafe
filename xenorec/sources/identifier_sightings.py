"""When each identifier came last, whether or not it had changed."""

from __future__ import annotations

from datetime import datetime

from xenorec.engine import Session
from xenorec.schema import SIGHTINGS


def note_sightings(session: Session, now: datetime, *, is_complete: bool) -> None:
    """Note that the rows of ``incoming`` came now, and whether they are all of their source."""
    for sql in SIGHTINGS:
        session.run(sql)
    session.run(
        "delete from warehouse.sightings as s using incoming as i "
        "where i.source = s.source and i.source_id = s.source_id"
    )
    session.run(
        "insert into warehouse.sightings select source, source_id, $now from incoming", {"now": now}
    )
    if is_complete:
        session.run(
            "insert into warehouse.complete_loads select distinct source, $now from incoming",
            {"now": now},
        )
