"""Erase a person everywhere: warehouse, ledger, written messages, models, tills, free pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xenorec.addresses import address_hash, masked, spell
from xenorec.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from xenorec.engine import Session
    from xenorec.workspace_resources import WorkspaceResources


@dataclass(frozen=True)
class ErasureReceipt:
    """What was done where for one erasure; it names no person, only the id that was given."""

    customer: str
    at: datetime
    accounts: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    """(place, what was done there)."""

    @property
    def is_complete(self) -> bool:
        """Whether every place was reached; a till folder that was not forgets later."""
        return not any("not reached" in done for _, done in self.steps)

    def __str__(self) -> str:
        n = len(self.accounts)
        head = (
            f"Erased {self.customer} at {self.at:%Y-%m-%d %H:%M} UTC, "
            f"{n} account{'s' if n != 1 else ''}:"
        )
        return "\n".join([head, *(f"  {place}: {done}" for place, done in self.steps)])

    __repr__ = __str__


def erase(
    shop: WorkspaceResources, customer: str, now: datetime | None, *, ahead: bool = False
) -> ErasureReceipt:
    """Erase a person under any of its ids or addresses; see ``Workspace.erase``."""
    if not isinstance(customer, str) or not customer.strip():
        raise BadInput(
            f"erase() got {customer!r}; give the id of a customer, an e-mail or a phone."
        )
    at = now or datetime.now(UTC)
    address = _address_of(customer.strip(), shop.project.country)
    steps: list[tuple[str, str]] = []
    accounts = _everywhere(shop, customer.strip(), address, at, steps, ahead=ahead)
    steps += _files(shop, accounts)
    shown = customer if address is None else f"the {address[0]} {masked(*address)}"
    return ErasureReceipt(shown, at, tuple(accounts), tuple(steps))


def _address_of(text: str, country: str | None) -> tuple[str, str] | None:
    """Return (kind, address) of what is an e-mail or a phone with its country; None for an id."""
    kind = "email" if "@" in text else "phone" if text.startswith("+") else None
    return None if kind is None else (kind, spell(kind, text, country))


def _everywhere(
    shop: WorkspaceResources,
    customer: str,
    address: tuple[str, str] | None,
    at: datetime,
    steps: list[tuple[str, str]],
    *,
    ahead: bool,
) -> list[str]:
    """Erase from the ledger first, so that nothing more goes out, then from the warehouse."""
    from xenorec.channels.file_channel import erase_messages
    from xenorec.identity.warehouse_erasure import (
        accounts_of,
        addresses_of,
        clear,
        holders_of,
        is_known,
    )

    given = [] if address is None else [("any", address_hash(*address))]
    with shop.engine.writing() as session:
        _prepare(session)
        asked = [customer] if address is None else holders_of(session, given[0][1])
        accounts = sorted({one for each in asked for one in accounts_of(session, each)})
        if address is None and not ahead and not is_known(session, accounts):
            raise UnknownName(
                f"There is no customer {customer!r}, so nobody was erased. See that it is spelt as "
                "your system has it (ids of a second source are source:id), or give an e-mail or a "
                "phone such as +919800000000. To keep an id out that is not loaded yet: "
                "erase(..., ahead=True), or xenorec erase --ahead."
            )
        addresses = [*given, *addresses_of(session, accounts)]
        done = shop.ledger.erase(None, addresses, now=at, accounts=accounts)
        accounts = sorted({*accounts, *done.accounts})
        cleared = clear(session, accounts)
    told = ", ".join(f"{n} of {table}" for table, n in cleared.n_rows.items())
    steps.append(("warehouse", told or "nothing was there"))
    steps.append(
        (
            "ledger",
            f"{len(done.hashes)} addresses suppressed for good, {len(done.keys)} messages and "
            f"{done.n_consents} statements without what was personal",
        )
    )
    n_files = erase_messages(shop.project.outbox, done.keys)
    steps.append(("outbox", f"{n_files} written messages deleted"))
    shop.engine.compact()
    shop.ledger.compact()
    steps.append(("free pages", "both files written anew, so that no copy is left in them"))
    return accounts


def _prepare(session: Session) -> None:
    """Make what an erasure looks into, in a workspace that an older version of us wrote too."""
    from xenorec.identity.contact_points import refresh
    from xenorec.identity.identity_resolution import MIRRORS
    from xenorec.schema import TABLES
    from xenorec.sources import prepare

    prepare(session, [table for table in TABLES.values() if table.home == "warehouse"])
    for sql in MIRRORS:
        session.run(sql)
    refresh(session, None, datetime.now(UTC))


def _files(shop: WorkspaceResources, accounts: list[str]) -> list[tuple[str, str]]:
    from xenorec.model_cache import forget
    from xenorec.tills import revoke_everywhere

    gone = forget(shop.project.path, accounts)
    steps = [("saved models", f"{len(gone)} deleted; they are fitted anew when needed")]
    return steps + [
        (f"till of store {till.store_id}", "revoked" if till.is_done else str(till))
        for till in revoke_everywhere(shop, accounts)
    ]
