"""Warehouse upgrade: a file that an older release wrote, brought to the tables of this one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xenorec.identity import settle
from xenorec.schema import TABLES
from xenorec.sources import prepare

if TYPE_CHECKING:
    from xenorec.engine import DuckEngine
    from xenorec.ledger import Ledger


def is_outdated(engine: DuckEngine) -> bool:
    """Whether a file holds identifiers and does not say yet who is who by them."""
    if engine.path is None or not engine.exists():
        return False
    with engine.reading() as session:
        there = session.tables()
    return "identifiers" in there and "contact_points" not in there


def upgrade(engine: DuckEngine, ledger: Ledger, *, country: str | None) -> None:
    """Settle who is who in a workspace's file that an older release wrote."""
    with engine.writing() as session:
        prepare(session, [table for table in TABLES.values() if table.home == "warehouse"])
        settle(session, ledger, country=country, now=datetime.now(UTC))
