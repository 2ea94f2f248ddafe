"""What a campaign works with: people, the shop at their instant, and the workspace's resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.report.campaign_report import CampaignReport
from xenorec.report.feedback_report import FeedbackReport

if TYPE_CHECKING:
    from xenorec.config.brand import Brand
    from xenorec.ledger import Ledger
    from xenorec.profile import Profiles
    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.feedback import RowPriors
    from xenorec.snapshots import Snapshot, SnapshotCache
    from xenorec.timing import SendTime
    from xenorec.timing.occasions.shop_calendar import OccasionCalendar
    from xenorec.workspace_resources import WorkspaceResources


@dataclass(frozen=True)
class CampaignContext:
    """Everything a campaign needs.

    ``recommender`` and ``send_time``: models that were handed over in place of the shipped ones.
    """

    people: Profiles
    resources: WorkspaceResources
    snapshots: SnapshotCache
    recommender: ShelfRecommender | None = None
    send_time: SendTime | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The shop, and what was fitted to it, at the instant of the people."""
        return self.snapshots.at(self.people.as_of)

    @property
    def ledger(self) -> Ledger:
        """Consents, decisions, deliveries, outcomes."""
        return self.resources.ledger

    @property
    def brand(self) -> Brand:
        """Who speaks in the messages."""
        return self.resources.project.brand

    @property
    def own(self) -> Path:
        """Where the retailer's own templates lie."""
        return self.resources.project.own

    @property
    def outbox(self) -> Path:
        """Where messages are written that go to files."""
        return self.resources.project.outbox

    @property
    def channels(self) -> Mapping[str, Any]:
        """Which provider each channel has, and the settings of each provider."""
        return self.resources.project.channels

    @property
    def calendar(self) -> OccasionCalendar:
        """Which occasions the shop has."""
        from xenorec.timing.occasions.shop_calendar import OccasionCalendar

        shop = self.resources
        return OccasionCalendar(shop.project.country, shop.time_zone, shop.project.occasions)

    def report(self, campaign_id: str, within: str | None) -> CampaignReport:
        """Return what came of a campaign of this workspace; raises UnknownName for no such one."""
        shop = self.resources
        shop.need_file()
        key = shop.project.key
        return CampaignReport.read(shop.ledger, shop.engine, campaign_id, within=within, key=key)

    def row_priors(self) -> RowPriors:
        """Return how much each shelf earned up to the instant of the people."""
        shop, at = self.resources, self.people.as_of
        shop.need("orders")
        return FeedbackReport(shop.ledger, shop.engine, at, shop.project.key).row_priors()
