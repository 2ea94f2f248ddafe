"""A plan: the frozen decisions of a campaign, their hash, and the way to approval and sending."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from xenorec.campaigns.approved_templates import pictures_of
from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.decisioning import STEP, decide
from xenorec.campaigns.occasion_window import OccasionWindow
from xenorec.campaigns.past_occasions import past_seasons
from xenorec.campaigns.rule_removals import RuleRemovals
from xenorec.campaigns.send_times import SendTimeSummary
from xenorec.campaigns.sending import UNSET, send_due
from xenorec.campaigns.shelf_localization import supported_locale
from xenorec.config.campaign_record import CampaignRecord
from xenorec.errors import BadInput, NotApproved, XenorecWarning
from xenorec.ledger import Assignment, CampaignRun, Decision, PlannedInputs
from xenorec.messages import MessageTemplate
from xenorec.timestamps import as_instant

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.campaigns.delivery_report import DeliveryReport

VOLATILE = {"created_at"}


@dataclass(frozen=True)
class Funnel:
    """How the audience became messages: counts by reason, largest first."""

    n_audience: int
    n_planned: int
    n_control: int
    reasons: Mapping[str, int]

    def rows(self) -> list[tuple[str, int]]:
        """Return (what, how many) from the audience down to the messages planned."""
        return [
            ("audience", self.n_audience),
            *((name, count) for name, count in self.reasons.items()),
            ("planned", self.n_planned),
        ]

    def __str__(self) -> str:
        return "\n".join(f"  {name:<22}{count:>8,}" for name, count in self.rows())


@dataclass(frozen=True)
class Plan:
    """What will be sent to whom, when and why; equal inputs give an equal hash.

    ``problems``: by customer, why a message cannot be made. ``notes``: what of the shop's data the
    messages go without, such as a product's url that is none.
    """

    record: CampaignRecord
    as_of: datetime
    decisions: tuple[Decision, ...]
    problems: Mapping[str, tuple[str, ...]]
    room: CampaignContext
    removed: RuleRemovals
    season: OccasionWindow | None = None
    hours: SendTimeSummary | None = None
    notes: tuple[str, ...] = ()
    template_version: str = ""
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    inputs_hash: str | None = None

    @classmethod
    def make(cls, record: CampaignRecord, room: CampaignContext) -> Plan:
        """Decide for the whole audience and check every message of it."""
        decided = decide(record, room)
        if not decided.decisions:
            _warn_of_nobody(record, room)
        _warn_of_locale(record, room)
        as_of = room.people.as_of
        made = decided.decisions, decided.problems, room, decided.removed, decided.season
        plan = cls(record, as_of, *made, decided.hours, decided.notes)
        return replace(plan, template_version=decided.template_version, sources=decided.sources)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the record, the instant and all decisions; hexadecimal."""
        digest = sha256(f"{self.record.to_json()}\n{self.as_of.isoformat()}\n".encode())
        for decision in self.decisions:
            digest.update(_canonical(decision).encode() + b"\n")
        return digest.hexdigest()

    @property
    def funnel(self) -> Funnel:
        """The audience by what became of it."""
        reasons = Counter(str(d.reason) for d in self.decisions if d.reason is not None)
        ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
        planned = sum(decision.state == "planned" for decision in self.decisions)
        return Funnel(len(self.decisions), planned, reasons.get("control", 0), ordered)

    @property
    def removals(self) -> pd.DataFrame:
        """What each rule took out of the customers' candidates, and what is left.

        One row per rule and one for ``left``: rule, n_products, n_customers, n_cells. Worked out
        when first asked for; ``recommender.explain(customer_id, product_id)`` tells of one product.
        """
        return self.removed.table

    @cached_property
    def past_seasons(self) -> tuple[str, ...]:
        """What sold more or less around the campaign's occasion before; empty without one.

        Worked out when first asked for, from the orders up to ``as_of``.
        """
        return past_seasons(self.record, self.room, self.season)

    def approve(self, *, by: str, at: datetime | str | None = None) -> ApprovedPlan:
        """Write the plan into the ledger with the name of who approved it.

        Customers who had a decision in this campaign before keep it; nobody gets a second one.
        """
        if not by.strip():
            raise BadInput("approve(by=...) came empty; give the name of who approves.")
        when = datetime.now(UTC) if at is None else as_instant(at, name="at")
        _warn_of_brand(self.room)
        self._keep_template()
        receipt = self.room.ledger.record_run(self._run(when), self.decisions, self._assignments())
        self.room.ledger.approve(self.record.campaign, STEP, self.hash, by=by, at=when)
        self.note(n_new=receipt.n_new, at=when)
        return ApprovedPlan(self, by, receipt.n_new, receipt.n_existing)

    def note(self, *, n_new: int, at: datetime) -> None:
        """Write down what was planned for, so that a job need not plan it again."""
        if self.inputs_hash is not None:
            names = (self.record.campaign, STEP, self.inputs_hash)
            self.room.ledger.note_planned(PlannedInputs(*names, self.as_of, self.hash, n_new, at))

    def send(self, *, now: datetime | str | None = None) -> DeliveryReport:
        """Send a plan that was approved before, or needs no approval; see ``ApprovedPlan.send``."""
        if self.room.ledger.is_approved(self.record.campaign, STEP, self.hash):
            return send_due(self.room, self.record, now=clock(now))
        if self.record.approval != "none":
            raise NotApproved(
                f"The plan of {self.record.campaign!r} is not approved. Look at "
                "campaign.preview(3), then plan.approve(by='you@shop.example').send()."
            )
        return self.approve(by="nobody: approval is 'none'", at=clock(now)).send(now=now)

    def __str__(self) -> str:
        text = (
            f"Plan of {self.record.campaign!r} as of {self.as_of:%Y-%m-%d %H:%M} UTC, "
            f"hash {self.hash[:16]}\n{self.funnel}"
        )
        if hours := str(self.hours or ""):
            text += f"\n  {hours}"
        if self.season is not None:
            text += "".join(f"\n  {line}" for line in (self.season, *self.past_seasons))
        if removed := str(self.removed):
            text += f"\n{removed}"
        text += "".join(f"\n  {note}" for note in self.notes)
        if self.problems:
            text += f"\n  {len(self.problems):,} messages did not pass the checks: plan.problems"
        return text

    __repr__ = __str__

    def _keep_template(self) -> None:
        """Keep the template as it is approved: from it the messages are rendered when they go."""
        name, version = self.record.message.template, self.template_version
        files = dict(self.sources)
        files |= pictures_of((d for d in self.decisions if d.state == "planned"), self.room.own)
        self.room.ledger.keep_template(name, version, files)

    def _run(self, when: datetime) -> CampaignRun:
        return CampaignRun(
            campaign_id=self.record.campaign,
            step=STEP,
            as_of=self.as_of,
            plan_hash=self.hash,
            n_audience=len(self.decisions),
            n_decisions=len(self.decisions),
            seed=self.record.holdout.salt,
            record=self.record.to_json(),
            created_at=when,
        )

    def _assignments(self) -> list[Assignment]:
        share = self.record.holdout.share
        return [
            Assignment(
                campaign_id=decision.campaign_id,
                customer_id=decision.customer_id,
                arm=decision.arm,
                propensity=share if decision.arm == "control" else 1 - share,
                assigned_at=self.as_of,
            )
            for decision in self.decisions
        ]


@dataclass(frozen=True)
class ApprovedPlan:
    """A plan that somebody approved and the ledger keeps."""

    plan: Plan
    by: str
    n_new: int
    n_existing: int

    def send(self, *, now: datetime | str | None = None) -> DeliveryReport:
        """Deliver what is due at ``now`` (the present when left out); the rest stays planned.

        Sending again delivers what has become due since, and nothing twice. When the plan's time
        was over before anything of it went out, nothing is written and a warning says so: plan
        for today, or give ``now`` to go through a day of the past.
        """
        return send_due(self.plan.room, self.plan.record, now=clock(now))

    def __str__(self) -> str:
        return (
            f"Approved by {self.by}: {self.n_new:,} new decisions, "
            f"{self.n_existing:,} customers had one before."
        )

    __repr__ = __str__


def clock(now: datetime | str | None) -> datetime:
    """Return the instant meant: the present when none is given; a naive one is UTC."""
    return datetime.now(UTC) if now is None else as_instant(now, name="now")


def _warn_of_brand(room: CampaignContext) -> None:
    missing = [name for name in ("name", "address") if getattr(room.brand, name) in UNSET]
    if missing:
        warnings.warn(
            f"brand-unset: the messages carry a stand-in for the shop's {' and '.join(missing)}. "
            "Set [brand] in xenorec.toml, or xr.open(path, brand={'name': ..., 'address': ...}).",
            XenorecWarning,
            stacklevel=3,
        )


def _warn_of_nobody(record: CampaignRecord, room: CampaignContext) -> None:
    where = record.audience.where or "everybody"
    warnings.warn(
        f"empty-audience: nobody is meant by {where!r} as of {room.people.as_of:%Y-%m-%d}. Loosen "
        "the condition a part at a time: people.where(...).count() tells how many each leaves.",
        XenorecWarning,
        stacklevel=4,
    )


def _warn_of_locale(record: CampaignRecord, room: CampaignContext) -> None:
    locale = record.message.locale
    languages = MessageTemplate.load(record.message.template, own=room.own).languages
    if locale == "customer" or supported_locale(locale, languages):
        return
    warnings.warn(
        f"locale-unknown: the template {record.message.template!r} does not speak {locale!r}, so "
        f"its messages are in English. It speaks {', '.join(languages)}; change message.locale, or "
        "make a template of your own.",
        XenorecWarning,
        stacklevel=4,
    )


def _canonical(decision: Decision) -> str:
    values = {
        one.name: _plain(getattr(decision, one.name))
        for one in fields(decision)
        if one.name not in VOLATILE
    }
    if not decision.retry:  # a plan of a release that knew no second tries has the same hash
        del values["retry"]
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
