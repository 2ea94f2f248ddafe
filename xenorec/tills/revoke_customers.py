"""Make every till that was published forget customers, at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xenorec.errors import XenorecError
from xenorec.pos.revocations import revoke
from xenorec.tills.till_folders import till_folders

if TYPE_CHECKING:
    from xenorec.workspace_resources import WorkspaceResources


@dataclass(frozen=True)
class RevokedTill:
    """What came of telling one till folder; ``problem`` is empty where it was told."""

    folder: Path
    store_id: str
    problem: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the till knows these customers no more."""
        return not self.problem

    def __str__(self) -> str:
        told = "done" if self.is_done else f"not reached: {self.problem}"
        return f"till of store {self.store_id} in {self.folder}: {told}"


def revoke_everywhere(shop: WorkspaceResources, customer_ids: Iterable[str]) -> list[RevokedTill]:
    """Make every till folder that was published forget customers; one entry for each folder.

    ``customer_ids``: the person's id and those of all its accounts, before and after merging. A
    till that is open answers as for a stranger from its next call on. A folder that cannot be
    reached is told of, and forgets them when it is published again; a copy of a folder on another
    machine forgets them when the folder is copied again.
    """
    refs = sorted(set(customer_ids))
    return [_revoked(till.folder, till.store_id, refs) for till in till_folders(shop)]


def revoke_erased(shop: WorkspaceResources, folder: Path) -> None:
    """Make one till folder forget everybody who was ever erased."""
    revoke(folder, sorted(shop.ledger.erased_accounts()))


def _revoked(folder: Path, store_id: str, refs: list[str]) -> RevokedTill:
    try:
        revoke(folder, refs)
    except (XenorecError, OSError) as error:
        return RevokedTill(folder, store_id, str(error))
    return RevokedTill(folder, store_id)
