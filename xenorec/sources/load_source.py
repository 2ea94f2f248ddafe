"""The intake: one load of one source, in one transaction."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from xenorec.engine import DuckEngine, Session
from xenorec.errors import BadInput, XenorecWarning, nearest
from xenorec.schema import LINKS, TABLES
from xenorec.sources.connector import Connector
from xenorec.sources.file_reader import file_batches
from xenorec.sources.frame_reader import frame_batches
from xenorec.sources.id_spaces import warn_of_strangers
from xenorec.sources.land_batch import Batch, Landing, land, prepare
from xenorec.sources.load_report import LoadReport, TableLoad
from xenorec.sources.shop_time_zone import remember_zone, told_zone

Settle = Callable[[Session], tuple[str, ...]]


def check_zone(name: str | None) -> str | None:
    """Return the zone; raises BadInput, with the nearest name, for what is no IANA zone."""
    zones = available_timezones()
    if name is not None and name not in zones:
        raise BadInput(
            f"time_zone came as {name!r}.{_nearest_zone(name, zones)} Expected an IANA zone such "
            "as Asia/Kolkata."
        )
    return name


def _warn_of_unread_consents(loads: Iterable[TableLoad]) -> None:
    n = sum(load.n_quarantined for load in loads if load.table in ("consents", "suppressions"))
    if n:
        warnings.warn(
            f"consents-unread: {n:,} statements of consent could not be read and are in "
            "quarantine. Until they are mended these customers may still be written to: see "
            "xenorec quarantine.",
            XenorecWarning,
            stacklevel=4,
        )


def _nearest_zone(name: str, zones: set[str]) -> str:
    cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones, reverse=True)}
    same = cities.get(name.strip().lower().replace(" ", "_"))
    return f" Did you mean {same!r}?" if same else nearest(name, zones)


def _nothing(session: Session) -> tuple[str, ...]:
    """Settle nothing."""
    return ()


@dataclass(frozen=True)
class Intake:
    """Where rows go, and how clock times and money without a currency are read.

    A clock time without a zone is read in its store's, else in ``time_zone`` (the source's), else
    in the connector's own, else in ``shop_zone``.
    """

    engine: DuckEngine
    landing: Landing
    own: Path | None
    time_zone: str | None
    currency: str | None
    shop_zone: str | None = None
    spaces: Mapping[str, str] = field(default_factory=dict)
    settle: Settle = _nothing
    """Called in the load's own transaction when all rows are in; returns notes for the report."""

    @property
    def now(self) -> datetime:
        """The load's clock."""
        return self.landing.now

    @property
    def zone(self) -> str | None:
        """The zone of a source that names none itself."""
        return self.time_zone or self.shop_zone

    def load(
        self,
        source: str | Mapping[str, Any],
        folder: Path | None,
        *,
        name: str | None,
        sample: bool,
        options: Mapping[str, Any],
    ) -> LoadReport:
        """Load data frames, a folder (``"files"``) or a connector; ``name``: of the source."""
        if isinstance(source, Mapping):
            return self.frames(source, name or "frames")
        if not isinstance(source, str):
            raise BadInput(
                f"load() got a {type(source).__name__}; say which table it is: "
                "crm.load({'orders': frame})."
            )
        if source != "files":
            return self.connector(source, folder, sample=sample, options=options)
        if folder is None:
            raise BadInput(
                "load('files') needs path=, the folder with your files "
                "(on the command line: --path)."
            )
        return self.files(folder, name or "files")

    def frames(self, frames: Mapping[str, Any], source: str) -> LoadReport:
        """Load data frames by canonical name."""
        with self.engine.writing() as session:
            return self._land(
                session,
                source,
                frame_batches(
                    session,
                    frames,
                    source=source,
                    time_zone=self.zone,
                    currency=self.currency,
                ),
            )

    def files(self, folder: Path, source: str) -> LoadReport:
        """Load a folder of files named after canonical tables."""
        batches, left_out = file_batches(
            folder, source=source, time_zone=self.zone, currency=self.currency
        )
        with self.engine.writing() as session:
            return replace(self._land(session, source, batches), left_out=left_out)

    def connector(
        self, name: str, folder: Path | None, *, sample: bool, options: Mapping[str, Any]
    ) -> LoadReport:
        """Load what a connector's manifest says."""
        connector = Connector.load(name, self.own)
        place = connector.data_folder(folder, sample=sample)
        with self.engine.writing() as session:
            batches = connector.batches(session, place, options)
            return self._land(session, name, [self._with_time_zone(batch) for batch in batches])

    def _with_time_zone(self, batch: Batch) -> Batch:
        """Return a connector's batch with the zone of its clock times."""
        return replace(batch, time_zone=self.time_zone or batch.time_zone or self.shop_zone)

    def _land(self, session: Session, source: str, batches: list[Batch]) -> LoadReport:
        prepare(session, [table for table in TABLES.values() if table.home == "warehouse"])
        for sql in LINKS:
            session.run(sql)
        if self.time_zone:
            remember_zone(session, self.time_zone)
        told = told_zone(session)
        batches = [replace(batch, time_zone=batch.time_zone or told) for batch in batches]
        loads = tuple(land(session, self._with_id_spaces(batch), self.landing) for batch in batches)
        _warn_of_unread_consents(loads)
        warn_of_strangers(session, self.landing.ids)
        return LoadReport(source, loads, notes=self.settle(session))

    def _with_id_spaces(self, batch: Batch) -> Batch:
        """Return a batch with the kinds of ids that it shares with another source."""
        return replace(batch, spaces={**batch.spaces, **self.spaces}) if self.spaces else batch
