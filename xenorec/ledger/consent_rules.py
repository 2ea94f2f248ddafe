"""Who may be written to at an instant: consents, suppressed addresses, erased customers.

What a person said under any account holds for all of them, and a withdrawal holds for the address
that it was said for, whoever else has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.persons import PersonDirectory, chunks

NEVER = datetime.max.replace(tzinfo=UTC)
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A statement stamped before was stamped by a clock that was never set."""


class ConsentStatement(NamedTuple):
    """What a customer said of a channel and purpose: when by its stamp, and when we knew."""

    customer_id: str
    status: str
    at: datetime
    known_at: datetime
    expires_at: datetime | None

    @property
    def is_misdated(self) -> bool:
        """Whether its stamp is later than its arrival, or of a clock that was never set."""
        return self.at > self.known_at or self.at < OLDEST

    @property
    def since(self) -> datetime:
        """From when on it counts: from its arrival at the latest."""
        if self.status == "granted":
            return min(self.at, self.known_at)
        return self.known_at if self.is_misdated else self.at

    def beats(self, grant: ConsentStatement) -> bool:
        """Whether this withdrawal holds against a consent: not said before it.

        A consent of a wrong clock holds against no withdrawal that we knew after it.
        """
        is_later = grant.is_misdated and self.known_at >= grant.known_at
        return self.since >= grant.since or is_later


def _any_of(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


def _for_channel(column: Any) -> Any:
    return sa.or_(column == sa.bindparam("channel"), column == "any")


_c, _s, _log = t.CONSENTS.c, t.SUPPRESSIONS.c, t.AUDIT_LOG.c
_known_at = sa.func.coalesce(_c.ingested_at, _c.at, type_=t.Instant)
_SAID = sa.select(_c.customer_id, _c.status, _c.at, _known_at, _c.expires_at).where(
    _c.customer_id.in_(_any_of("ids")),
    _for_channel(_c.channel),
    _c.purpose == sa.bindparam("purpose"),
    sa.or_(
        _c.at <= sa.bindparam("now"),
        _known_at <= sa.bindparam("now"),
        sa.and_(_c.status != "granted", _c.at > _known_at),  # of a clock ahead: it is known
    ),
)
_SUPPRESSED = sa.select(_s.value_hash).where(
    _s.value_hash.in_(_any_of("hashes")),
    _for_channel(_s.channel),
    sa.or_(_s.at <= sa.bindparam("now"), _s.ingested_at <= sa.bindparam("now")),
    sa.or_(_s.until.is_(None), _s.until > sa.bindparam("now")),
)
_ERASED = sa.select(_log.subject).where(_log.subject.in_(_any_of("ids")), _log.action == "erase")


def consented(
    connection: sa.Connection,
    now: datetime,
    channel: str,
    purpose: str,
    customers: Mapping[str, str | None],
) -> set[str]:
    """Return the customers who may be written to at ``now``; ``customers``: id -> address hash.

    The latest consent that the person gave under any account counts, unless it has ended or a
    withdrawal holds against it: one of any of the person's accounts, or of whoever had the same
    address when the withdrawal arrived or has it now. At one instant a withdrawal counts before a
    consent, and of two consents the one that ends first. The channel ``any`` speaks for every one.
    """
    hashes = [value for value in customers.values() if value is not None]
    persons = PersonDirectory.read(connection, customers, hashes)
    said = statements(connection, now, channel, purpose, persons.ids)
    return {
        one for one, address in customers.items() if _is_granted(one, address, persons, said, now)
    }


def statements(
    connection: sa.Connection,
    now: datetime,
    channel: str,
    purpose: str,
    customer_ids: Sequence[str],
) -> Mapping[str, list[ConsentStatement]]:
    """Return what accounts said that is known, by its stamp or its arrival, at ``now``."""
    found: dict[str, list[ConsentStatement]] = defaultdict(list)
    for ids in chunks(customer_ids):
        asked = {"ids": ids, "channel": channel, "purpose": purpose, "now": now}
        for row in connection.execute(_SAID, asked):
            found[row[0]].append(ConsentStatement(*row))
    return found


def _is_granted(
    customer_id: str,
    address: str | None,
    persons: PersonDirectory,
    said: Mapping[str, list[ConsentStatement]],
    now: datetime,
) -> bool:
    own = [one for account in persons.of(customer_id) for one in said.get(account, ())]
    grants = [one for one in own if one.status == "granted" and one.since <= now]
    if not grants:
        return False
    latest = max(grants, key=lambda one: (one.since, -_seconds(one.expires_at)))
    if latest.expires_at is not None and latest.expires_at <= now:
        return False
    withdrawals = [one for one in own if one.status != "granted"]
    for account, until in persons.others(customer_id, address):
        withdrawals += [
            one
            for one in said.get(account, ())
            if one.status != "granted" and (until is None or until >= one.known_at)
        ]
    return not any(one.beats(latest) for one in withdrawals)


def _seconds(ends: datetime | None) -> float:
    return (ends or NEVER).timestamp()


def suppressed(
    connection: sa.Connection, now: datetime, channel: str, hashes: Sequence[str]
) -> set[str]:
    """Return those of the address hashes that may not be written to at ``now``.

    A suppression counts from its arrival at the latest, whatever its stamp says.
    """
    found: set[str] = set()
    for some in chunks(hashes):
        asked = {"hashes": some, "channel": channel, "now": now}
        found.update(connection.scalars(_SUPPRESSED, asked))
    return found


def erased(connection: sa.Connection, customer_ids: Iterable[str]) -> set[str]:
    """Return those of the customers of whom any account was erased, whenever that was."""
    persons = PersonDirectory.read(connection, customer_ids)
    gone: set[str] = set()
    for ids in chunks(persons.ids):
        gone.update(connection.scalars(_ERASED, {"ids": ids}))
    return {one for one, accounts in persons.accounts.items() if accounts & gone}


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
