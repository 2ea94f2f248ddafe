"""What went out or is to go, as it was known at an instant; narrow, to be read whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import Database
from xenorec.ledger.outbox import is_reopened

if TYPE_CHECKING:
    import pyarrow as pa

LIVE = ("planned", "held", "claimed", "sent", "delivered", "in_doubt")
"""States of messages that went out, may have, or will."""
WAITING = ("planned", "held")
"""States of messages that will go out, unless their last moment passes first."""
COLUMNS = (
    *("key", "campaign_id", "customer_id", "channel", "purpose", "address_hash"),
    *("state", "at"),
)
EVER = datetime(9999, 12, 31, tzinfo=UTC)


def messages(database: Database, until: datetime | None) -> pa.Table:
    """Return one row per live message of an approved plan, by key: ``COLUMNS``.

    ``state`` is the one at ``until``; ``at`` the instant of the intent, or, of a message that
    waits, when it is due. Not there are plans that were approved after ``until``, and messages that
    still waited then although their last moment was over: they never go out.
    """
    import pyarrow as pa

    with database.reading() as connection:
        rows = connection.execute(_query(until)).all()
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    types = [pa.string()] * (len(COLUMNS) - 1) + [pa.timestamp("us", "UTC")]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(COLUMNS))


def decided(database: Database, campaign_id: str, step: str, before: datetime) -> set[str]:
    """Return the customers with a decision in a step that was made for an earlier instant.

    One that was opened anew does not count.
    """
    d = t.DECISIONS.c
    query = sa.select(d.customer_id).where(
        d.campaign_id == campaign_id, d.step == step, d.created_at < before, ~is_reopened()
    )
    with database.reading() as connection:
        return set(connection.scalars(query))


def _query(until: datetime | None) -> Any:
    c, runs, known = t.DECISIONS.c, t.RUNS.c, until or EVER
    last, intent = _latest(known), t.DELIVERIES.alias("intent")
    at = sa.func.coalesce(intent.c.at, last.c.due_at, c.planned_at, type_=t.Instant)
    own_run = sa.and_(
        runs.campaign_id == c.campaign_id, runs.step == c.step, runs.plan_hash == c.plan_hash
    )
    same_attempt = sa.and_(
        intent.c.key == last.c.key, intent.c.attempt == last.c.attempt, intent.c.state == "claimed"
    )
    head = (c.key, c.campaign_id, c.customer_id, c.channel, c.purpose, c.address_hash)
    return (
        sa.select(*head, last.c.state, at)
        .select_from(t.DECISIONS)
        .join(t.RUNS, own_run)
        .join(last, sa.and_(last.c.key == c.key, last.c.place == 1))
        .join(intent, same_attempt, isouter=True)
        .where(runs.approved_at <= known, last.c.state.in_(LIVE))
        .where(sa.true() if until is None else _may_go(last.c.state, c.not_after, until))
        .order_by(c.key)
    )


def _may_go(state: Any, not_after: Any, until: datetime) -> Any:
    return sa.or_(state.not_in(WAITING), not_after >= until)


def _latest(until: datetime) -> Any:
    d = t.DELIVERIES.c
    place = sa.func.row_number().over(partition_by=d.key, order_by=(d.attempt.desc(), d.seq.desc()))
    known = sa.select(d.key, d.attempt, d.state, d.due_at, place.label("place"))
    return known.where(d.at <= until).subquery("last")
