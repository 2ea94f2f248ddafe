"""Where everybody can be reached at an instant: the same rule as the profile's, read on its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from xenorec.engine import DuckEngine
from xenorec.profile.as_of_cut import cut_sql
from xenorec.profile.profile_model import FIRST, shipped_definition


def addresses_at(engine: DuckEngine, at: datetime) -> dict[str, Mapping[str, str | None]]:
    """Return e-mail and phone by customer, as they were known at ``at``.

    An account that was put together with others since has the addresses of the person.
    """
    customer = next(model.sql for model in shipped_definition().models if model.name == FIRST)
    reach = f"reach_now as (select customer_id, email, phone from (\n{customer}\n))"
    merged = (
        "select l.customer_id, r.email, r.phone from warehouse.links as l "
        "join reach_now as r on r.customer_id = l.into_id "
        "where l.customer_id not in (select customer_id from reach_now)"
    )
    query = f", {reach}\nselect * from reach_now union all {merged}"
    with engine.reading() as session:
        rows = session.arrow(cut_sql(query), {"as_of": at}).to_pylist()
    return {row["customer_id"]: row for row in rows}
