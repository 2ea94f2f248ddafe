"""Data fingerprint: one text for all that a plan depends on beside its own record and ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xenorec.model_cache import code_mark
from xenorec.recommend.model_store.shelf_registry import ShelfRegistry
from xenorec.sources.warehouse_version import warehouse_mark

if TYPE_CHECKING:
    from xenorec.workspace_resources import WorkspaceResources


def data_fingerprint(shop: WorkspaceResources) -> str | None:
    """Return a mark of the data, the published models, the project and the code.

    None where it cannot be told whether they have changed: a warehouse in memory.
    """
    data, path = warehouse_mark(shop.engine), shop.engine.path
    if data is None or path is None:
        return None
    project = shop.project
    told = (shop.time_zone, project.currency, project.country, project.occasions)
    parts = [
        data,
        ShelfRegistry.beside(path).mark(),
        code_mark(),
        *map(str, vars(project.brand).values()),
    ]
    return "\n".join([*parts, *map(str, told), repr(project.closures)])
