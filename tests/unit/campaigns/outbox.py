"""A small outbox for tests of the worker: decisions, consents and a channel that records."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from xenorec.campaigns.outbox_worker import OutboxWorker
from xenorec.channels import Envelope, SendResult
from xenorec.ledger import Assignment, CampaignRun, Decision, Ledger
from xenorec.schema.enums import DeliveryState

NOON = datetime(2024, 5, 14, 12, 0, tzinfo=UTC)
CAMPAIGN = "spring"


def decision(customer_id: str, **changes: object) -> Decision:
    blank = Decision(
        key=f"{CAMPAIGN}/1/{customer_id}",
        campaign_id=CAMPAIGN,
        step="1",
        customer_id=customer_id,
        arm="treatment",
        channel="email",
        template="winback",
        template_version="v",
        shelves="[]",
        context='{"a": 1}',
        creative_id=None,
        creative_propensity=None,
        body_hash="body",
        address_hash=f"hash of {customer_id}",
        planned_at=NOON,
        not_after=NOON + timedelta(days=2),
        time_zone="UTC",
        quiet="21:00-09:00",
        cap_n=None,
        cap_days=None,
        purpose="marketing",
        seed="s",
        state="planned",
        reason=None,
        created_at=NOON - timedelta(hours=12),
    )
    return replace(blank, **changes)  # type: ignore[arg-type]


def consent(
    customer_id: str, status: str = "granted", at: datetime | None = None
) -> dict[str, object]:
    when = at or NOON - timedelta(days=100)
    return {
        "customer_id": customer_id,
        "channel": "email",
        "purpose": "marketing",
        "status": status,
        "at": when,
        "expires_at": None,
        "source": "test",
        "source_id": f"{customer_id}/{status}/{when.isoformat()}",
        "version": 1,
    }


def fill(ledger: Ledger, *decisions: Decision, consents: bool = True, plan: str = "p") -> None:
    """Write an approved plan, and a consent for everybody in it."""
    first = decisions[0]
    run = CampaignRun(
        campaign_id=first.campaign_id,
        step="1",
        as_of=NOON,
        plan_hash=plan,
        n_audience=len(decisions),
        n_decisions=len(decisions),
        seed="s",
        record="{}",
        created_at=first.created_at,
    )
    arms = [Assignment(d.campaign_id, d.customer_id, d.arm, 0.9, NOON) for d in decisions]
    ledger.record_run(run, decisions, arms)
    ledger.approve(first.campaign_id, "1", plan, by="ann", at=first.created_at)
    if consents:
        ledger.append("consents", [consent(d.customer_id) for d in decisions])


@dataclass
class Recorder:
    """A channel that records; it can be told to fail, to die, or not to know."""

    name: str = "recorder"
    sent: list[str] = field(default_factory=list)
    dies_before: set[str] = field(default_factory=set)
    dies_after: set[str] = field(default_factory=set)
    unreachable: dict[str, int] = field(default_factory=dict)

    def send(self, envelope: Envelope) -> SendResult:
        key = envelope.key
        if key in self.dies_before:
            self.dies_before.discard(key)
            raise KeyboardInterrupt
        if self.unreachable.get(key, 0) > 0:
            self.unreachable[key] -= 1
            return SendResult(DeliveryState.HELD, self.name, is_worth_retrying=True)
        self.sent.append(key)
        if key in self.dies_after:
            self.dies_after.discard(key)
            raise KeyboardInterrupt
        return SendResult(DeliveryState.SENT, self.name, key)

    def lookup(self, key: str) -> SendResult | None:
        return SendResult(DeliveryState.SENT, self.name, key) if key in self.sent else None


def worker(
    ledger: Ledger, channel: object, campaign: str = CAMPAIGN, name: str = "w"
) -> OutboxWorker:
    def render(decided: Decision) -> tuple[Envelope, str]:
        return Envelope(decided.key, "email", "x@shop.example", "s", "t", b"raw"), "body"

    return OutboxWorker(ledger, {"email": channel}, render, campaign, "1", name)  # type: ignore[dict-item]
