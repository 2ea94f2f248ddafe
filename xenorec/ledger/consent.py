"""Who may be written to at an instant: consents, suppressed addresses, erased customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xenorec.ledger import tables as t
from xenorec.ledger.database import CHUNK

_NEVER = datetime.max.replace(tzinfo=UTC)


def _any_of(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


def _for_channel(column: Any) -> Any:
    return sa.or_(column == sa.bindparam("channel"), column == "any")


_c, _s, _log = t.CONSENTS.c, t.SUPPRESSIONS.c, t.AUDIT_LOG.c
_SAID = sa.select(_c.customer_id, _c.status, _c.at, _c.expires_at).where(
    _c.customer_id.in_(_any_of("ids")),
    _for_channel(_c.channel),
    _c.purpose == sa.bindparam("purpose"),
    _c.at <= sa.bindparam("now"),
)
_SUPPRESSED = sa.select(_s.value_hash).where(
    _s.value_hash.in_(_any_of("hashes")),
    _for_channel(_s.channel),
    _s.at <= sa.bindparam("now"),
    sa.or_(_s.until.is_(None), _s.until > sa.bindparam("now")),
)
_ERASED = sa.select(_log.subject).where(_log.subject.in_(_any_of("ids")), _log.action == "erase")


def consented(
    connection: sa.Connection,
    now: datetime,
    channel: str,
    purpose: str,
    customer_ids: Sequence[str],
) -> set[str]:
    """Return the customers whose latest statement not later than ``now`` is a valid consent.

    Of several statements at one instant a withdrawal counts before a consent, and of two consents
    the one that ends first. The channel ``any`` speaks for every channel.
    """
    latest: dict[str, tuple[datetime, bool, timedelta]] = {}
    for ids in chunks(customer_ids):
        asked = {"ids": ids, "channel": channel, "purpose": purpose, "now": now}
        for customer_id, status, at, expires_at in connection.execute(_SAID, asked):
            said = (at, status != "granted", _NEVER - (expires_at or _NEVER))
            if customer_id not in latest or said > latest[customer_id]:
                latest[customer_id] = said
    return {
        customer_id
        for customer_id, (_, is_withdrawn, before_the_end_of_time) in latest.items()
        if not is_withdrawn and _NEVER - before_the_end_of_time > now
    }


def suppressed(
    connection: sa.Connection, now: datetime, channel: str, hashes: Sequence[str]
) -> set[str]:
    """Return those of the address hashes that may not be written to at ``now``."""
    found: set[str] = set()
    for some in chunks(hashes):
        asked = {"hashes": some, "channel": channel, "now": now}
        found.update(connection.scalars(_SUPPRESSED, asked))
    return found


def erased(connection: sa.Connection, customer_ids: Sequence[str]) -> set[str]:
    """Return those of the customers who were erased, whenever that was."""
    found: set[str] = set()
    for ids in chunks(customer_ids):
        found.update(connection.scalars(_ERASED, {"ids": ids}))
    return found


def erase(
    connection: sa.Connection,
    insert: Any,
    customer_id: str,
    addresses: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Suppress addresses (channel, hash) for good and blank what decisions kept of a customer."""
    rows = [_erasure(channel, value_hash, now) for channel, value_hash in sorted(set(addresses))]
    if rows:
        connection.execute(insert.on_conflict_do_nothing(), rows)
    connection.execute(
        t.DECISIONS.update()
        .where(t.DECISIONS.c.customer_id == customer_id)
        .values(context="{}", why=None)
    )
    values = {"action": "erase", "subject": customer_id, "detail": None, "at": now}
    connection.execute(t.AUDIT_LOG.insert(), values)


def withdrawal(customer_id: str, channel: str, purpose: str, at: datetime) -> dict[str, Any]:
    """Return the row that says a customer unsubscribed."""
    return {
        "customer_id": customer_id,
        "channel": channel,
        "purpose": purpose,
        "status": "withdrawn",
        "at": at,
        "source": "unsubscribe",
        "source_id": f"{customer_id}/{channel}/{purpose}/{at.isoformat()}",
        "ingested_at": datetime.now(UTC),
        "version": 1,
    }


def _erasure(channel: str, value_hash: str, now: datetime) -> dict[str, Any]:
    return {
        "channel": channel,
        "value_hash": value_hash,
        "reason": "erased",
        "at": now,
        "until": None,
        "source": "erasure",
        "source_id": f"{channel}/{value_hash}",
        "ingested_at": datetime.now(UTC),
        "version": 1,
    }


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a long list into pieces that one query takes."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
