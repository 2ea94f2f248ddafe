"""What tills know of a shop: its id and secrets, both derived from its key, and its folders."""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from xenorec.project import Project
    from xenorec.workspace import Workspace

SOURCE = "till"
"""Under which the ledger remembers where tills were published."""


class TillFolder(NamedTuple):
    """A folder into which a till was published."""

    folder: Path
    store_id: str
    shop_id: str


def shop_id(project: Project) -> str:
    """Return the shop's id as tills carry it: it names the shop and gives no key away."""
    return _derived(project, "id of the shop").hex()[:32]


def till_secret(project: Project, store_id: str) -> bytes:
    """Return the secret under which the keys of one store's customers are hashed."""
    return _derived(project, f"keys at the till of store {store_id}")


def known_shops(crm: Workspace) -> tuple[str, ...]:
    """Return the ids under which this shop published tills, the present one first.

    There are several when the key of the workspace was replaced.
    """
    former = {till.shop_id for till in till_folders(crm)}
    now = shop_id(crm.project)
    return (now, *sorted(former - {now, ""}))


def till_folders(crm: Workspace) -> list[TillFolder]:
    """Return the folders into which tills were published, by their path."""
    found = []
    for name, value in crm.ledger.cursors(SOURCE).items():
        told = json.loads(value)
        found.append(TillFolder(Path(name), told.get("store_id", ""), told.get("shop_id", "")))
    return found


def remember_folder(crm: Workspace, folder: Path, *, store_id: str, at: datetime) -> None:
    """Keep where a till is published, so that an erasure reaches it."""
    value = json.dumps({"store_id": store_id, "shop_id": shop_id(crm.project)})
    crm.ledger.set_cursor(SOURCE, str(folder.resolve()), value, at=at)


def _derived(project: Project, purpose: str) -> bytes:
    return hmac.new(project.key(), f"xenorec: {purpose}".encode(), sha256).digest()
