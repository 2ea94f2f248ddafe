"""Persons: which accounts are one person, and who has an address, as the ledger knows it.

The warehouse decides who is who (links) and which addresses an account has; the ledger keeps both
with the instants between which it knew them, so that a gate asks one database, in the transaction
that writes the intent, and an audit can tell what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import CHUNK, Database

Pair = tuple[str, str]

_l, _a, _p = t.ACCOUNT_LINKS.c, t.ACCOUNT_ADDRESSES.c, t.ID_PREFIXES.c


def _any_of(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


_LINKED = sa.select(_l.customer_id, _l.person_id).where(_l.until.is_(None))
_PERSON = _LINKED.where(_l.customer_id.in_(_any_of("ids")))
_MEMBERS = _LINKED.where(_l.person_id.in_(_any_of("ids")))
_HOLDERS = sa.select(_a.value_hash, _a.customer_id, _a.until).where(
    _a.value_hash.in_(_any_of("ids"))
)


@dataclass(frozen=True)
class PersonDirectory:
    """The accounts of some customers, and who holds or held their addresses.

    ``holders``: address hash -> (account, until when; None while it holds it).
    """

    accounts: Mapping[str, frozenset[str]]
    holders: Mapping[str, tuple[tuple[str, datetime | None], ...]]

    @classmethod
    def read(
        cls, connection: sa.Connection, customer_ids: Iterable[str], hashes: Iterable[str] = ()
    ) -> PersonDirectory:
        """Look up all accounts of the persons behind ids, and all holders of addresses."""
        ids = sorted(set(customer_ids))
        person_of = dict(_rows(connection, _PERSON, ids))
        members: dict[str, set[str]] = defaultdict(set)
        for account, person in _rows(connection, _MEMBERS, sorted({*ids, *person_of.values()})):
            members[person].add(account)
        accounts = {
            one: frozenset({one, person_of.get(one, one), *members[person_of.get(one, one)]})
            for one in ids
        }
        holders: dict[str, list[tuple[str, datetime | None]]] = defaultdict(list)
        for value_hash, account, until in _rows(connection, _HOLDERS, sorted(set(hashes))):
            holders[value_hash].append((account, until))
        return cls(accounts, {key: tuple(found) for key, found in holders.items()})

    def of(self, customer_id: str) -> frozenset[str]:
        """Return all accounts of the person, the given one among them."""
        return self.accounts.get(customer_id, frozenset({customer_id}))

    def others(self, customer_id: str, value_hash: str | None) -> list[tuple[str, datetime | None]]:
        """Return who else holds or held an address: (account, until when)."""
        own = self.of(customer_id)
        return [one for one in self.holders.get(value_hash or "", ()) if one[0] not in own]

    @property
    def ids(self) -> list[str]:
        """All accounts that were found, own ones and holders of addresses."""
        held = (account for found in self.holders.values() for account, _ in found)
        return sorted({account for own in self.accounts.values() for account in own} | set(held))


def _rows(connection: sa.Connection, query: Any, ids: Sequence[str]) -> Iterator[Any]:
    for some in chunks(ids):
        yield from connection.execute(query, {"ids": some})


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a long list into pieces that one query takes."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def id_prefixes(database: Database) -> dict[Pair, str]:
    """Return what stands before the ids of each (kind, space)."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(_p.kind, _p.space, _p.prefix)).all()
    return {(kind, space): prefix for kind, space, prefix in rows}


def add_id_space(database: Database, kind: str, space: str) -> str:
    """Return the prefix of a space, written down for good when it is seen first.

    The first space of a kind keeps its ids bare; of every other one they begin with ``space:``.
    """
    with database.writing() as connection:
        query = sa.select(_p.space, _p.prefix).where(_p.kind == kind)
        known = {str(row.space): str(row.prefix) for row in connection.execute(query)}
        if space not in known:
            known[space] = f"{space}:" if known else ""
            row = {"kind": kind, "space": space, "prefix": known[space]}
            connection.execute(t.ID_PREFIXES.insert(), row)
    return known[space]


def adopt_id_spaces(database: Database, pairs: Iterable[Pair]) -> None:
    """Write down spaces of a workspace from before there were any: all of them bare."""
    rows = [{"kind": kind, "space": space, "prefix": ""} for kind, space in sorted(set(pairs))]
    with database.writing() as connection:
        database.insert_new(connection, t.ID_PREFIXES, rows)


def current(database: Database) -> tuple[list[Pair], list[Pair]]:
    """Return the links (account, person) and the addresses (account, hash) that hold now."""
    addresses = sa.select(_a.customer_id, _a.value_hash).where(_a.until.is_(None))
    with database.reading() as connection:
        links = [(a, b) for a, b in connection.execute(_LINKED)]
        return links, [(a, b) for a, b in connection.execute(addresses)]


def change(
    database: Database,
    *,
    links: tuple[Sequence[Pair], Sequence[Pair]],
    addresses: tuple[Sequence[Pair], Sequence[Pair]],
    at: datetime,
) -> None:
    """Write down (new, ended) links and addresses; an ended one keeps the time that it held.

    The merge log tells each merge and what was taken back.
    """
    with database.writing() as connection:
        for pairs, action in zip(links, ("merge", "unmerge"), strict=True):
            rows = [
                {"customer_id": one, "into_id": into, "action": action, "at": at}
                for one, into in sorted(pairs)
            ]
            database.insert_new(connection, t.MERGES, rows)
        for table, names, (new, ended) in (
            (t.ACCOUNT_LINKS, ("customer_id", "person_id"), links),
            (t.ACCOUNT_ADDRESSES, ("customer_id", "value_hash"), addresses),
        ):
            _end(connection, table, names, ended, at)
            rows = [dict(zip(names, pair, strict=True)) for pair in sorted(new)]
            database.insert_new(
                connection, table, [{**row, "since": at, "until": None} for row in rows]
            )


def _end(
    connection: sa.Connection,
    table: sa.Table,
    names: tuple[str, str],
    pairs: Sequence[Pair],
    at: datetime,
) -> None:
    if not pairs:
        return
    first, second = (table.c[name] for name in names)
    ending = (
        table.update()
        .where(first == sa.bindparam("a"), second == sa.bindparam("b"), table.c.until.is_(None))
        .values(until=at)
    )
    connection.execute(ending, [{"a": a, "b": b} for a, b in sorted(pairs)])
