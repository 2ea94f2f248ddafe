"""What a campaign works with: people, data, ledger, brand, and where messages go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xenorec.campaigns.occasion_window import OccasionCalendar

if TYPE_CHECKING:
    from xenorec.ledger import Ledger
    from xenorec.profile import History, Profiles
    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.feedback import RowPriors
    from xenorec.timing import SendTime


class BrandProtocol(Protocol):
    """Who speaks in the messages."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def address(self) -> str: ...  # noqa: D102
    @property
    def color(self) -> str: ...  # noqa: D102
    @property
    def sender(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class CampaignContext:
    """Everything a campaign needs from its workspace.

    ``fit`` gives a model fitted to the history, which an earlier command may have done; ``key``
    the secret that signs links.
    """

    people: Profiles
    history: Callable[[], History]
    fit: Callable[..., Any]
    ledger: Ledger
    brand: BrandProtocol
    own: Path | None
    outbox: Path
    channels: Mapping[str, Any]
    report: Callable[[str, str | None], Any]
    shelves: Callable[[], ShelfRecommender]
    priors: Callable[[], RowPriors]
    key: Callable[[], bytes]
    addresses: Callable[[datetime], Mapping[str, Mapping[str, str | None]]]
    inputs: Callable[[], str | None] = lambda: None
    calendar: OccasionCalendar = field(default_factory=OccasionCalendar)
    recommender: ShelfRecommender | None = None
    send_time: SendTime | None = None
