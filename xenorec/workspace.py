"""The workspace: what ``xr.open()`` returns; it joins the rooms and holds no logic of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.config.project import FILE, Project, find_project, project_of, read_project
from xenorec.errors import BadInput, NotSupported
from xenorec.workspace_resources import WorkspaceResources

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.campaigns import Campaign, CampaignContext, CampaignRecord
    from xenorec.engine import DuckEngine
    from xenorec.identity import LinkReport
    from xenorec.ledger import Ledger
    from xenorec.model_training import Trained
    from xenorec.person_erasure import ErasureReceipt
    from xenorec.profile import History, Profiles
    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.feedback import RowPriors
    from xenorec.report import CampaignReport
    from xenorec.report.feedback_report import FeedbackReport
    from xenorec.snapshots import Snapshot, SnapshotCache
    from xenorec.sources import LoadReport
    from xenorec.timing import SendTime

Instant = str | date | datetime


def open(
    path: str | Path | None = None,
    *,
    ledger: str | None = None,
    brand: Mapping[str, str] | None = None,
    wait: float = 30.0,
) -> Workspace:
    """Open a workspace: a DuckDB file, or the project whose ``xenorec.toml`` lies upward.

    ``path``: the warehouse's file (made when missing), or a project's folder; a file that a project
    upward names is opened as that project; ``":memory:"``: nothing is kept. ``ledger``: a file or a
    URL (``postgresql+psycopg://...``), else the project's or ``<name>.ledger.sqlite``. ``brand``
    (name, url, address, color, sender) speaks in the messages; ``wait`` for others: seconds.

    Raises BadInput when there is neither a path nor a project, NotSupported for an engine that
    is not there.
    """
    found = find_project(Path.cwd()) if path is None else Path(path) / FILE
    if found is not None and found.is_file():
        project = read_project(found, check=_check_occasions)
        return Workspace(project.told(ledger, brand or {}), wait=wait)
    if path is None:
        raise BadInput(
            "There is no xenorec.toml in this folder or above it. Give a file, such as "
            "xr.open('shop.duckdb'), or make a project: xenorec new myshop"
        )
    if "://" in str(path):
        raise NotSupported(
            f"The engine of {str(path)!r} is not supported; a workspace is a DuckDB file, such as "
            "xr.open('shop.duckdb'). The ledger may be a URL: ledger='postgresql+psycopg://...'"
        )
    file = None if str(path) == ":memory:" else Path(path)
    if file is not None and (file.is_dir() or not file.resolve().parent.is_dir()):
        raise BadInput(
            f"{str(path)!r} cannot be a workspace's file: it is a folder, or its folder is not "
            "there. Give a file in a folder that exists, such as xr.open('shop.duckdb')."
        )
    return Workspace(project_of(file, ledger, brand or {}, check=_check_occasions), wait=wait)


def _check_occasions(country: str | None, settings: Mapping[str, Any]) -> None:
    from xenorec.timing.occasions.shop_calendar import check_occasions

    check_occasions(country, settings)


class Workspace:
    """One retailer's data, profiles, models and campaigns.

    Every call opens the files it needs and closes them again.
    """

    def __init__(self, project: Project, *, wait: float = 30.0) -> None:
        self.resources = WorkspaceResources(project, wait=wait)

    def __repr__(self) -> str:
        return f"Workspace({str(self.project.path or ':memory:')!r})"

    # -- data in ---------------------------------------------------------------------------

    def load(
        self,
        source: str | Mapping[str, Any],
        *,
        path: str | Path | None = None,
        sample: bool = False,
        name: str | None = None,
        time_zone: str | None = None,
        currency: str | None = None,
        options: Mapping[str, Any] | None = None,
        now: datetime | None = None,
        id_space: str | Mapping[str, str] | None = None,
        complete: Iterable[str] = (),
    ) -> LoadReport:
        """Load a connector, a folder (``"files"``), a till (``"till"``) or data frames.

        Frames come as ``{"orders": frame, ...}`` with canonical column names; ``name`` is the
        source they are kept under. Ids of two sources are two: customer 17 of another source is
        kept as ``source:17``, unless ``id_space`` names the source whose ids these are, for all
        kinds or for some (``{"customers": "shop", "products": "shop"}``). A clock time without a
        zone is read in its store's, else in ``time_zone`` (the source's), else in the shop's.
        ``currency`` fills in for a missing column. ``complete=["identifiers"]``: identifiers of the
        source that did not come hold no more. The same again changes nothing; see ``quarantine()``.

        Raises BadInput (a needed column is missing), NaiveTimestamp, MissingFile, DiskFull,
        WorkspaceBusy.
        """
        from xenorec.data_loading import load

        report = load(
            self.resources,
            source,
            path=path,
            sample=sample,
            name=name,
            time_zone=time_zone,
            currency=currency,
            options=options,
            now=now,
            id_space=id_space,
            complete=complete,
        )
        self.resources.find_zone()
        return report

    def link(self) -> LinkReport:
        """Put accounts together that hold the same phone, e-mail or card."""
        from xenorec.identity import settle_links

        self.resources.need("identifiers")
        with self.engine.writing() as session:
            now = datetime.now(UTC)
            return settle_links(session, self.ledger, country=self.project.country, now=now)

    def quarantine(self) -> pd.DataFrame:
        """Return the rows that were put aside: source, table_name, line, reasons, raw."""
        from xenorec.sources.land_batch import quarantined

        return quarantined(self.engine)

    def count(self, table: str) -> int:
        """Return the number of rows of a canonical table of the warehouse."""
        from xenorec.schema import table as canonical

        with self.engine.reading() as session:
            return int(session.value(f"select count(*) from warehouse.{canonical(table).name}"))

    # -- what is known ---------------------------------------------------------------------

    def profiles(self, as_of: Instant | None = None) -> Profiles:
        """Return customers as they were at ``as_of`` (a bare day is 00:00 UTC), lazily.

        Without ``as_of``: after the latest order, and never after the present. One before all
        orders is warned of.
        """
        from xenorec.identity import masked
        from xenorec.profile import Profiles, ProfileSource
        from xenorec.snapshots import columns

        at = self._instant(as_of)
        source = ProfileSource(
            at,
            columns(self.project.own),
            lambda wanted: self._moment(at).profile(wanted),
            masked,
            lambda: self._moment(at).notes(),
        )
        return Profiles(source)

    def history(self, as_of: Instant | None = None) -> History:
        """Return what a model may know: the tables cut at ``as_of``."""
        return self._moment(self._instant(as_of)).history

    def recommender(self, as_of: Instant | None = None) -> ShelfRecommender:
        """Return the shelves as shipped: the published model that fits, else fitted; once."""
        return self._moment(self._instant(as_of)).recommender()

    def train(self, what: str = "shelves", *, as_of: Instant | None = None) -> Trained:
        """Train, measure and publish a model if it is good enough: ``xenorec.model_training``."""
        from xenorec.model_training import train

        return train(self._moment(self._instant(as_of)), what, self.project.path)

    # -- what came of it -------------------------------------------------------------------

    def exposures(self, as_of: Instant | None = None) -> pd.DataFrame:
        """Return what was shown up to ``as_of``, or all: a row per message, shelf and position."""
        return self._feedback(as_of).exposures()

    def outcomes(
        self, as_of: Instant | None = None, *, within: str | timedelta = "14d"
    ) -> pd.DataFrame:
        """Return clicks, redemptions and purchases of what was shown, ``within`` the span after."""
        return self._feedback(as_of).outcomes(within)

    def row_priors(
        self, as_of: Instant | None = None, *, within: str | timedelta = "14d"
    ) -> RowPriors:
        """Return by how much every shelf earned more or less than predicted, up to ``as_of``."""
        return self._feedback(as_of).row_priors(within)

    # -- what is done ----------------------------------------------------------------------

    def campaign(
        self,
        name: str,
        *,
        audience: Profiles,
        recommend: ShelfRecommender | None = None,
        timing: SendTime | None = None,
        template: str = "winback",
        holdout: float = 0.1,
        **settings: Any,
    ) -> Campaign:
        """Return a campaign over an audience; the same record as the YAML file makes.

        Without ``recommend`` the shelves as shipped are used, in the order that feedback gives
        them (``row_priors``). ``settings``: channels, purpose, the keys of recommend, quiet, cap,
        expires, per_minute, arms, exploration, salt, metric, within, locale, approval, as in the
        YAML file; ``explore_hours`` is its timing.explore.
        """
        from xenorec.campaigns import Campaign, read_mapping
        from xenorec.campaigns.call_arguments import mapping_of_call
        from xenorec.profile import Profiles

        if not isinstance(audience, Profiles):
            raise BadInput(
                f"audience came as a {type(audience).__name__}; expected customers such as "
                "crm.profiles(as_of=...).where('n_orders > 3')."
            )
        mapping = mapping_of_call(
            name, audience.text, recommend, timing, template, holdout, settings
        )
        record = read_mapping(mapping, self._known(), source=f"campaign {name!r}")
        return Campaign(record, self._room(audience, recommend, timing))

    def campaign_from(self, record: CampaignRecord, *, as_of: Instant | None = None) -> Campaign:
        """Return a campaign from a record, such as ``read_campaign`` gives."""
        from xenorec.campaigns import Campaign

        people = self.profiles(as_of)
        chosen = people.where(record.audience.where) if record.audience.where else people
        return Campaign(record, self._room(chosen, None, None))

    def read_campaign(self, path: str | Path) -> CampaignRecord:
        """Read a campaign's YAML file; raises ConfigError with every mistake and its line."""
        from xenorec.campaigns import read_yaml

        return read_yaml(Path(path), self._known())

    def retry(self, campaign_id: str, *, reason: str, now: datetime | None = None) -> int:
        """Open messages that came to nothing for a mended ``reason``; the next plan has them."""
        from xenorec.campaigns.retries import retry

        return retry(self.ledger, campaign_id, reason, at=now or datetime.now(UTC))

    def report(
        self, campaign_id: str, *, within: str | None = None, how_good: bool = False
    ) -> CampaignReport:
        """Return a sent campaign's funnel, hours, shelves, lift; ``how_good``: tests times too."""
        from xenorec.report import CampaignReport

        self.resources.need_file()
        at, key = (self.ledger, self.engine, campaign_id), self.project.key
        return CampaignReport.read(*at, within=within, how_good=how_good, key=key)

    def audit(self) -> pd.DataFrame:
        """Run every promise as SQL over the ledger: check, promise, n_rows; all must be 0."""
        from xenorec.report.audit_report import audit

        self.resources.need_file()
        return audit(self.ledger, self.engine)

    def publish_till(self, path: str | Path, *, store_id: str, as_of: Instant | None = None) -> Any:
        """Write a till's serving file: who is known, their offers, what is popular here.

        The store's customers have their own offers there; others of the chain are known, no more.
        """
        from xenorec.tills import publish_till

        snapshot = self._moment(self._instant(as_of))
        return publish_till(self.resources, snapshot, Path(path), store_id=store_id)

    def erase(
        self, customer: str, *, now: datetime | None = None, ahead: bool = False
    ) -> ErasureReceipt:
        """Forget a person everywhere, given any id, e-mail or phone; return what was done where.

        No message goes out from now on, to none of the person's accounts and addresses, and loads
        that name them again keep out what is personal. Sales stay, without a name. ``ahead`` keeps
        an id out that was not loaded yet; without it, raises UnknownName for an unknown id.
        """
        from xenorec.person_erasure import erase

        return erase(self.resources, customer, now, ahead=ahead)

    # -- parts -----------------------------------------------------------------------------

    @property
    def project(self) -> Project:
        """What ``xenorec.toml`` says."""
        return self.resources.project

    @property
    def time_zone(self) -> str | None:
        """The shop's: the project's, else what its stores share, else that of the first load."""
        return self.resources.time_zone

    @property
    def engine(self) -> DuckEngine:
        """The engine over the warehouse's file."""
        return self.resources.engine

    @property
    def ledger(self) -> Ledger:
        """The ledger: consents, decisions, deliveries, outcomes."""
        return self.resources.ledger

    def _instant(self, as_of: Instant | None) -> datetime:
        from xenorec.profile import instant, latest_order, warn_of_early

        if as_of is not None:
            warn_of_early(self.engine, instant(as_of))
            return instant(as_of)
        self.resources.need("orders")
        now = datetime.now(UTC)
        return instant(latest_order(self.engine, now=now) or now)

    def _feedback(self, as_of: Instant | None) -> FeedbackReport:
        from xenorec.report.feedback_report import FeedbackReport

        self.resources.need("orders")
        at = None if as_of is None else self._instant(as_of)
        return FeedbackReport(self.ledger, self.engine, at, self.project.key)

    def _moment(self, as_of: datetime) -> Snapshot:
        self.resources.need("orders")
        return self._memory.at(as_of)

    @cached_property
    def _memory(self) -> SnapshotCache:
        from xenorec.snapshots import SnapshotCache

        return SnapshotCache(self.engine, self.project.closures, self.project.own)

    def _known(self) -> Any:
        from xenorec.campaigns.name_catalog import known_names
        from xenorec.snapshots import columns

        types = {column.name: column.type for column in columns(self.project.own)}
        return known_names(self.project.own, types, self.project.occasions.get("own", ()))

    def _room(
        self, people: Profiles, recommend: ShelfRecommender | None, timing: SendTime | None
    ) -> CampaignContext:
        from xenorec.campaigns import CampaignContext

        return CampaignContext(people, self.resources, self._memory, recommend, timing)
