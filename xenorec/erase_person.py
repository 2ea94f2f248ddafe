"""Erase a person everywhere: warehouse, ledger, written messages, models, tills, free pages."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xenorec.errors import BadInput, XenorecWarning

if TYPE_CHECKING:
    from xenorec.engine import Session
    from xenorec.workspace import Workspace


@dataclass(frozen=True)
class ErasureReceipt:
    """What was done where for one erasure; it names no person, only the id that was given."""

    customer_id: str
    at: datetime
    accounts: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    """(place, what was done there)."""
    is_known: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether every place was reached; a till folder that was not forgets later."""
        return not any("not reached" in done for _, done in self.steps)

    def __str__(self) -> str:
        n = len(self.accounts)
        head = (
            f"Erased {self.customer_id} at {self.at:%Y-%m-%d %H:%M} UTC, "
            f"{n} account{'s' if n != 1 else ''}:"
        )
        return "\n".join([head, *(f"  {place}: {done}" for place, done in self.steps)])

    __repr__ = __str__


def erase(crm: Workspace, customer_id: str, now: datetime | None) -> ErasureReceipt:
    """Erase a person under any of its ids; see ``Workspace.erase``."""
    if not isinstance(customer_id, str) or not customer_id.strip():
        raise BadInput(f"erase() got {customer_id!r}; give the id of a customer as text.")
    at = now or datetime.now(UTC)
    steps: list[tuple[str, str]] = []
    accounts, is_known = _warehouse(crm, customer_id, at, steps)
    steps += _files(crm, accounts)
    if not is_known:
        warnings.warn(
            f"erase-unknown: no row of the customer {customer_id!r} was ever loaded. The id is "
            "kept out from now on, whatever is loaded; see that it is spelt as your system has it "
            "(ids of a second source are shown as source:id).",
            XenorecWarning,
            stacklevel=3,
        )
    return ErasureReceipt(customer_id, at, tuple(accounts), tuple(steps), is_known)


def _warehouse(
    crm: Workspace, customer_id: str, at: datetime, steps: list[tuple[str, str]]
) -> tuple[list[str], bool]:
    """Erase from the ledger first, so that nothing more goes out, then from the warehouse."""
    from xenorec.channels.file import erase_messages
    from xenorec.identity.erase import accounts_of, addresses_of, clear, is_known

    if not crm.engine.exists():
        done = crm.ledger.erase(customer_id, [], now=at)
        return [*done.accounts], False
    with crm.engine.writing() as session:
        _prepare(session)
        accounts = accounts_of(session, customer_id)
        known = is_known(session, accounts)
        addresses = addresses_of(session, accounts)
        done = crm.ledger.erase(customer_id, addresses, now=at, accounts=accounts)
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
    n_files = erase_messages(crm.project.outbox, done.keys)
    steps.append(("outbox", f"{n_files} written messages deleted"))
    crm.engine.compact()
    crm.ledger.compact()
    steps.append(("free pages", "both files written anew, so that no copy is left in them"))
    return accounts, known


def _prepare(session: Session) -> None:
    """Make what an erasure looks into, in a workspace that an older version of us wrote too."""
    from xenorec.identity.contact_points import refresh
    from xenorec.identity.settle import MIRRORS
    from xenorec.schema import TABLES
    from xenorec.sources import prepare

    prepare(session, [table for table in TABLES.values() if table.home == "warehouse"])
    for sql in MIRRORS:
        session.run(sql)
    refresh(session, None, datetime.now(UTC))


def _files(crm: Workspace, accounts: list[str]) -> list[tuple[str, str]]:
    from xenorec.fitted import forget
    from xenorec.till import revoke_everywhere

    gone = forget(crm.project.path, accounts)
    steps = [("saved models", f"{len(gone)} deleted; they are fitted anew when needed")]
    return steps + [
        (f"till of store {till.store_id}", "revoked" if till.is_done else str(till))
        for till in revoke_everywhere(crm, accounts)
    ]
