"""Data in: one load of a workspace, told of its clock, ledger, zones and whose ids are whose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.errors import BadInput, nearest
from xenorec.identity import settle
from xenorec.schema import ID_KINDS, TABLES, kinds_in
from xenorec.sources import Landing, LoadReport
from xenorec.sources.id_spaces import IdSpaces, spaces_of
from xenorec.sources.load_source import Intake, check_zone

if TYPE_CHECKING:
    from xenorec.workspace_resources import WorkspaceResources


def load(
    shop: WorkspaceResources,
    source: str | Mapping[str, Any],
    *,
    path: str | Path | None,
    sample: bool,
    name: str | None,
    time_zone: str | None,
    currency: str | None,
    options: Mapping[str, Any] | None,
    now: datetime | None,
    id_space: str | Mapping[str, str] | None,
    complete: Iterable[str],
) -> LoadReport:
    """Load into a workspace; see ``Workspace.load``."""
    folder = None if path is None else Path(path)
    intake = intake_of(shop, check_zone(time_zone), currency, now, id_space, complete)
    if isinstance(source, str) and source == "till":
        from xenorec.tills import load_journal

        return load_journal(shop, folder, intake, options)
    return intake.load(source, folder, name=name, sample=sample, options=options or {})


def intake_of(
    shop: WorkspaceResources,
    time_zone: str | None = None,
    currency: str | None = None,
    now: datetime | None = None,
    id_space: str | Mapping[str, str] | None = None,
    complete: Iterable[str] = (),
) -> Intake:
    """Return where rows of a workspace go, and how they are read."""
    project, at = shop.project, now or datetime.now(UTC)
    landing = Landing(
        now=at,
        append=shop.ledger.append,
        ids=_id_spaces(shop),
        erased=frozenset(shop.ledger.erased_accounts()),
        country=project.country,
        complete=_complete(complete),
    )
    return Intake(
        engine=shop.engine,
        landing=landing,
        own=project.own,
        time_zone=time_zone,
        currency=currency or project.currency,
        shop_zone=project.time_zone,
        spaces=spaces_of(id_space),
        settle=partial(settle, ledger=shop.ledger, country=project.country, now=at),
    )


def _complete(names: Iterable[str]) -> frozenset[str]:
    given = [names] if isinstance(names, str) else list(names)
    for name in given:
        if name != "identifiers":
            raise BadInput(
                f"complete came with {name!r}.{nearest(name, ['identifiers'])} Only a load of "
                "identifiers can be said to be complete: those of its source that are not in it "
                "hold no more."
            )
    return frozenset(given)


def _id_spaces(shop: WorkspaceResources) -> IdSpaces:
    known = shop.ledger.id_prefixes()
    if not known and shop.engine.exists():
        known = _adopted(shop)
    return IdSpaces(known, shop.ledger.add_id_space)


def _adopted(shop: WorkspaceResources) -> dict[tuple[str, str], str]:
    """Give the sources of a workspace from before there were id spaces one space: the bare one."""
    pairs: set[tuple[str, str]] = set()
    with shop.engine.reading() as session:
        there = set(session.tables())
        for table in TABLES.values():
            if table.name in there and table.home == "warehouse":
                rows = session.rows(f"select distinct source from warehouse.{table.name}")
                pairs |= {(kind, row[0]) for row in rows for kind in kinds_in(table)}
    sources = {space for _, space in pairs}
    shop.ledger.adopt_id_spaces((kind, space) for kind in ID_KINDS for space in sources)
    return shop.ledger.id_prefixes()
