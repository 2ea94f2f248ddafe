"""Erase a person from the ledger: addresses are suppressed for good, what was personal is blanked.

Keys of decisions, states and statements stay: they say that nothing may be sent, and to whom what
was sent before, by an id without a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import Database
from xenorec.ledger.persons import PersonDirectory, chunks

ERASED = "erase"
"""The action of the audit log that says who was erased."""


@dataclass(frozen=True)
class LedgerErasure:
    """What was blanked in the ledger, and the keys of the messages that were decided."""

    accounts: tuple[str, ...]
    hashes: tuple[str, ...]
    keys: tuple[str, ...]
    n_consents: int
    n_outcomes: int


def erase(
    database: Database,
    customer_ids: Iterable[str],
    addresses: Iterable[tuple[str, str]],
    now: datetime,
) -> LedgerErasure:
    """Erase all accounts of the persons behind ids; ``addresses`` are pairs of channel and hash.

    The addresses that the ledger knows of these accounts are suppressed for every channel too.
    """
    with database.writing() as connection:
        persons = PersonDirectory.read(connection, customer_ids)
        accounts = sorted({one for own in persons.accounts.values() for one in own})
        hashes = {("any", value) for value in _hashes_of(connection, accounts)}
        pairs = sorted(hashes | set(addresses))
        database.insert_new(connection, t.SUPPRESSIONS, [_suppression(*p, now) for p in pairs])
        done = LedgerErasure(
            tuple(accounts),
            tuple(sorted({value for _, value in pairs})),
            tuple(_blank_decisions(connection, accounts)),
            _blank(connection, t.CONSENTS, accounts, evidence=None),
            _blank(connection, t.OUTCOMES, accounts, raw=None),
        )
        known = _known_accounts(connection, accounts)
        rows = [{"action": ERASED, "subject": one, "detail": None, "at": now} for one in accounts]
        if fresh := [row for row in rows if row["subject"] not in known]:
            connection.execute(t.AUDIT_LOG.insert(), fresh)
    return done


def erased_accounts(database: Database) -> set[str]:
    """Return the ids of all accounts that were erased."""
    query = sa.select(t.AUDIT_LOG.c.subject).where(t.AUDIT_LOG.c.action == ERASED)
    with database.reading() as connection:
        return set(connection.scalars(query))


def erased_hashes(database: Database) -> dict[str, datetime]:
    """Return the hashes of the addresses of everybody who was erased, and since when."""
    s = t.SUPPRESSIONS.c
    query = sa.select(s.value_hash, sa.func.min(s.at, type_=t.Instant)).where(s.reason == "erased")
    with database.reading() as connection:
        rows = [(value, at) for value, at in connection.execute(query.group_by(s.value_hash))]
    return dict(rows)


def compact(database: Database) -> None:
    """Give back pages that hold what was deleted, so that no copy of it is left in the file."""
    if database.engine.dialect.name == "sqlite":
        raw = database.engine.raw_connection()
        try:
            raw.cursor().execute("vacuum")
        finally:
            raw.close()
        return
    options = {"isolation_level": "AUTOCOMMIT"}
    with database.engine.connect().execution_options(**options) as connection:
        for table in (t.CONSENTS, t.DECISIONS, t.OUTCOMES):
            connection.exec_driver_sql(f"vacuum {table.name}")


def _hashes_of(connection: sa.Connection, accounts: Sequence[str]) -> set[str]:
    a, d = t.ACCOUNT_ADDRESSES.c, t.DECISIONS.c
    found: set[str] = set()
    for ids in chunks(accounts):
        found.update(connection.scalars(sa.select(a.value_hash).where(a.customer_id.in_(ids))))
        query = sa.select(d.address_hash).where(d.customer_id.in_(ids))
        found.update(value for value in connection.scalars(query) if value)
    return found


def _blank_decisions(connection: sa.Connection, accounts: Sequence[str]) -> list[str]:
    d = t.DECISIONS.c
    keys: list[str] = []
    for ids in chunks(accounts):
        keys += connection.scalars(sa.select(d.key).where(d.customer_id.in_(ids))).all()
    _blank(connection, t.DECISIONS, accounts, context="{}", why=None)
    return keys


def _blank(
    connection: sa.Connection, table: sa.Table, accounts: Sequence[str], **values: Any
) -> int:
    n = 0
    for ids in chunks(accounts):
        change = table.update().where(table.c.customer_id.in_(ids)).values(**values)
        n += connection.execute(change).rowcount
    return n


def _known_accounts(connection: sa.Connection, accounts: Sequence[str]) -> set[str]:
    log = t.AUDIT_LOG.c
    found: set[str] = set()
    for ids in chunks(accounts):
        query = sa.select(log.subject).where(log.action == ERASED, log.subject.in_(ids))
        found.update(connection.scalars(query))
    return found


def _suppression(channel: str, value_hash: str, now: datetime) -> dict[str, Any]:
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
