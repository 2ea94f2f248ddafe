"""What tills know of a shop: its id and secrets, both derived from its key, and its folders."""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from xenorec.config.project import Project
    from xenorec.workspace_resources import WorkspaceResources

SOURCE = "till"
"""Under which the ledger remembers where tills were published."""


class TillFolder(NamedTuple):
    """A folder into which a till was published, or from which one was collected."""

    folder: Path
    store_id: str
    shop_id: str
    till_id: str = ""


def shop_id(project: Project) -> str:
    """Return the shop's id as tills carry it: it names the shop and gives no key away."""
    return _derived(project, "id of the shop").hex()[:32]


def till_secret(project: Project, store_id: str) -> bytes:
    """Return the secret under which the keys of one store's customers are hashed."""
    return _derived(project, f"keys at the till of store {store_id}")


def known_shops(shop: WorkspaceResources) -> tuple[str, ...]:
    """Return the ids under which this shop published tills, the present one first.

    There are several when the key of the workspace was replaced.
    """
    former = {till.shop_id for till in till_folders(shop)}
    now = shop_id(shop.project)
    return (now, *sorted(former - {now, ""}))


def till_folders(shop: WorkspaceResources) -> list[TillFolder]:
    """Return the folders of tills, by their path; one that was moved only where it lies today."""
    found = [_read(name, value) for name, value in shop.ledger.cursors(SOURCE).items()]
    there = {till.till_id for till in found if till.folder.is_dir()} - {""}
    return [till for till in found if till.folder.is_dir() or till.till_id not in there]


def remember_folder(shop: WorkspaceResources, till: TillFolder, *, at: datetime) -> None:
    """Keep where a till lies, so that an erasure reaches it."""
    told = {"store_id": till.store_id, "shop_id": till.shop_id, "till_id": till.till_id}
    shop.ledger.set_cursor(SOURCE, str(till.folder.resolve()), json.dumps(told), at=at)


def _read(name: str, value: str) -> TillFolder:
    told = json.loads(value)
    texts = [told.get(key, "") for key in ("store_id", "shop_id", "till_id")]
    return TillFolder(Path(name), *texts)


def _derived(project: Project, purpose: str) -> bytes:
    return hmac.new(project.key(), f"xenorec: {purpose}".encode(), sha256).digest()
