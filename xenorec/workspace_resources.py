"""Workspace resources: the project, its warehouse and its ledger, opened when first asked for.

Every room that works on a whole workspace is given these, and knows nothing of the workspace.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from xenorec.errors import MissingFile, MissingTable

if TYPE_CHECKING:
    from xenorec.config.project import Project
    from xenorec.engine import DuckEngine
    from xenorec.ledger import Ledger


class WorkspaceResources:
    """What a workspace is made of; ``project`` is what its file says, and stays so."""

    def __init__(self, project: Project, *, wait: float = 30.0) -> None:
        self.project = project
        self._wait = wait

    @cached_property
    def engine(self) -> DuckEngine:
        """The engine over the warehouse's file."""
        from xenorec.engine import DuckEngine
        from xenorec.warehouse_upgrade import is_outdated, upgrade

        self.__dict__["engine"] = DuckEngine(self.project.path, wait=self._wait)
        self.find_zone()
        if is_outdated(self.engine):
            upgrade(self.engine, self.ledger, country=self.project.country)
        return self.engine

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger: consents, decisions, deliveries, outcomes."""
        from xenorec.ledger import Ledger

        ledger = Ledger(self.project.ledger)
        ledger.create()
        return ledger

    @property
    def time_zone(self) -> str | None:
        """The shop's; see ``Workspace.time_zone``."""
        return self.engine.time_zone

    def find_zone(self) -> None:
        """Tell the engine the shop's zone: what was loaded may say it, where no project does."""
        from xenorec.sources.shop_time_zone import found_zone

        self.engine.time_zone = self.project.time_zone or found_zone(self.engine)

    def need_file(self) -> None:
        """Raise MissingFile where nothing was loaded yet."""
        if not self.engine.exists():
            raise MissingFile(
                f"There is no workspace at {self.project.path}. Load something first: "
                "crm.load(...), or xenorec load."
            )

    def need(self, *tables: str) -> None:
        """Raise MissingFile or MissingTable where one of the tables has no rows yet."""
        from xenorec.schema import table

        self.need_file()
        with self.engine.reading() as session:
            there = set(session.tables())
            for name in tables:
                known = table(name).name
                if known in there and session.rows(f"select 1 from warehouse.{known} limit 1"):
                    continue
                raise MissingTable(
                    f"The table {known} has no rows yet. Load some first: crm.load("
                    f"{{'{known}': frame}}) or crm.load('complete_journey')."
                )
