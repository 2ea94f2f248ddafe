"""Settle who is who after a load: contact points, links, and what the ledger has to know of both.

Runs in the load's own transaction. The ledger learns the changes only: a mirror of what it knows
lies in the warehouse, and a mark in both says that the two belong together.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from xenorec.engine import Session
from xenorec.identity.account_linking import LinkReport, link, relink
from xenorec.identity.contact_points import refresh
from xenorec.identity.warehouse_erasure import clear

Pair = tuple[str, str]
Change = tuple[Sequence[Pair], Sequence[Pair]]

MARK = ("identity", "accounts")
"""Where the ledger keeps which state of the accounts it has."""

MIRRORS = (
    "create table if not exists warehouse.known_links (customer_id VARCHAR, other VARCHAR)",
    "create table if not exists warehouse.known_addresses (customer_id VARCHAR, other VARCHAR)",
    "create table if not exists warehouse.ledger_mark (mark VARCHAR)",
)
NOW = {
    "known_links": "select customer_id, into_id as other from warehouse.links",
    "known_addresses": (
        "select distinct customer_id, value_hash as other from warehouse.contact_points "
        "where kind in ('email', 'phone') and is_current"
    ),
}
RETURNED = """
select distinct p.customer_id
from warehouse.contact_points as p
join warehouse.accounts as a on a.customer_id = p.customer_id
join gone_hashes as g on g.value_hash = p.value_hash and a.first_seen_at > g.since
where p.customer_id not in (select customer_id from gone_accounts)
order by 1
"""


class AccountLedger(Protocol):
    """What settling needs of the ledger."""

    def accounts(self) -> tuple[list[Pair], list[Pair]]: ...  # noqa: D102
    def change_accounts(self, *, links: Change, addresses: Change, at: datetime) -> None: ...  # noqa: D102
    def cursors(self, source: str) -> dict[str, str]: ...  # noqa: D102
    def set_cursor(self, source: str, name: str, value: str, *, at: datetime) -> None: ...  # noqa: D102
    def erased_accounts(self) -> set[str]: ...  # noqa: D102
    def erased_hashes(self) -> dict[str, datetime]: ...  # noqa: D102
    def erase(  # noqa: D102
        self, customer_id: str, addresses: Sequence[Pair], *, now: datetime
    ) -> object: ...


def settle(
    session: Session, ledger: AccountLedger, *, country: str | None, now: datetime
) -> tuple[str, ...]:
    """Bring contact points and links up to what is landed, and the ledger up to both.

    An account that came after an erasure with the address of who was erased is erased too. Returns
    notes in words for the report of the load.
    """
    notes = refresh(session, country, now)
    notes += _keep_out(session, ledger, now)
    mirror = _mirror(session, ledger)
    relink(session, prior=mirror)
    _tell(session, ledger, now)
    return notes


def settle_links(
    session: Session, ledger: AccountLedger, *, country: str | None, now: datetime
) -> LinkReport:
    """Link accounts by their keys and tell the ledger; return the report."""
    refresh(session, country, now)
    _keep_out(session, ledger, now)
    mirror = _mirror(session, ledger)
    report = link(session, country=country, now=now, prior=mirror)
    _tell(session, ledger, now)
    return report


def _mirror(session: Session, ledger: AccountLedger) -> list[Pair]:
    """Make the mirror true; return the ledger's links where the warehouse had lost its own."""
    for sql in MIRRORS:
        session.run(sql)
    own = session.value("select max(mark) from warehouse.ledger_mark")
    if own is not None and own == _mark(ledger):
        return []
    links, addresses = ledger.accounts()
    for name, pairs in (("known_links", links), ("known_addresses", addresses)):
        session.register("ledger_knows", _table(pairs))
        session.run(f"create or replace table warehouse.{name} as select * from ledger_knows")
    return links


def _tell(session: Session, ledger: AccountLedger, now: datetime) -> None:
    """Write into the ledger what changed, and note in the mirror that it knows."""
    links, addresses = (_changes(session, name) for name in ("known_links", "known_addresses"))
    if any(links) or any(addresses):
        ledger.change_accounts(links=links, addresses=addresses, at=now)
    for name, query in NOW.items():
        session.run(f"create or replace table warehouse.{name} as {query}")
    if _mark(ledger) is None or any(links) or any(addresses):
        ledger.set_cursor(*MARK, secrets.token_hex(8), at=now)
    session.run("delete from warehouse.ledger_mark")
    session.run("insert into warehouse.ledger_mark values ($mark)", {"mark": _mark(ledger)})


def _mark(ledger: AccountLedger) -> str | None:
    """Return the mark of the accounts that the ledger was told last."""
    return ledger.cursors(MARK[0]).get(MARK[1])


def _changes(session: Session, name: str) -> Change:
    """Return (new, ended) pairs against what the ledger knows."""
    known = f"select customer_id, other from warehouse.{name}"
    return (
        [(a, b) for a, b in session.rows(f"{NOW[name]} except {known} order by 1, 2")],
        [(a, b) for a, b in session.rows(f"{known} except {NOW[name]} order by 1, 2")],
    )


def _keep_out(session: Session, ledger: AccountLedger, now: datetime) -> tuple[str, ...]:
    """Erase accounts that came back with an address of somebody who was erased."""
    hashes = ledger.erased_hashes()
    if not hashes:
        return ()
    session.register(
        "gone_hashes",
        pa.table(
            {
                "value_hash": pa.array(list(hashes), pa.string()),
                "since": pa.array(list(hashes.values()), pa.timestamp("us", "UTC")),
            }
        ),
    )
    gone = pa.array(sorted(ledger.erased_accounts()), pa.string())
    session.register("gone_accounts", pa.table({"customer_id": gone}))
    back = [row[0] for row in session.rows(RETURNED)]
    for customer_id in back:
        ledger.erase(customer_id, [], now=now)
    if not back:
        return ()
    clear(session, back)
    refresh(session, None, now)
    return (f"kept-out: {len(back)} accounts came with an address of somebody who was erased.",)


def _table(pairs: Sequence[Pair]) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array([a for a, _ in pairs], pa.string()),
            "other": pa.array([b for _, b in pairs], pa.string()),
        }
    )
