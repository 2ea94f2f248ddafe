"""What the ledger keeps about a campaign, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xenorec.schema.enums import DeliveryState, Reason


@dataclass(frozen=True)
class Decision:
    """What was decided for one customer in one step of a campaign; never changed later.

    ``send_propensity`` is the chance with which the hour of ``planned_at`` was chosen, empty where
    it depended on the other customers or is not known; ``is_hour_explored``: drawn by chance.
    ``why`` says in a sentence how it fared against other campaigns, where it was compared.
    ``retry``: 0 for the first decision; one more for each time that it was opened anew.
    """

    key: str
    campaign_id: str
    step: str
    customer_id: str
    arm: str
    channel: str
    template: str
    template_version: str
    shelves: str
    context: str
    creative_id: str | None
    creative_propensity: float | None
    body_hash: str | None
    address_hash: str | None
    planned_at: datetime
    not_after: datetime
    time_zone: str
    quiet: str
    cap_n: int | None
    cap_days: float | None
    purpose: str
    seed: str
    state: str
    reason: str | None
    created_at: datetime
    send_propensity: float | None = None
    is_hour_explored: bool | None = None
    why: str | None = None
    retry: int = 0


@dataclass(frozen=True)
class Assignment:
    """Into which arm of a campaign a customer fell, and how likely that was."""

    campaign_id: str
    customer_id: str
    arm: str
    propensity: float
    assigned_at: datetime


@dataclass(frozen=True)
class CampaignRun:
    """One plan of a campaign, as it was written into the ledger."""

    campaign_id: str
    step: str
    as_of: datetime
    plan_hash: str
    n_audience: int
    n_decisions: int
    seed: str
    record: str
    created_at: datetime


@dataclass(frozen=True)
class RunReceipt:
    """How many decisions are new, and how many customers had one before."""

    n_new: int
    n_existing: int


@dataclass(frozen=True)
class DueMessage:
    """A decision to act on: the attempt to write, and what came of those before.

    ``n_calls``: attempts that were not spoilt by a fault of the whole channel; ``n_crashes``: those
    of them that nobody reported on; ``n_faults``: attempts that the channel's fault spoilt.
    ``worker`` is who holds it, for a message that was claimed and never reported on.
    """

    decision: Decision
    attempt: int
    n_calls: int
    worker: str | None = None
    n_crashes: int = 0
    n_faults: int = 0


@dataclass(frozen=True)
class SendVerdict:
    """What is to become of a message: its next state, why, and when it is looked at again."""

    state: DeliveryState
    reason: Reason | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class DeliveryResult:
    """What became of a claimed message, ready to be written.

    ``fault`` says whose a try without success was: of the ``channel``, or of the ``recipient``;
    ``detail`` what was heard, such as a code of the provider's; nothing personal.
    """

    due: DueMessage
    verdict: SendVerdict
    provider: str | None = None
    provider_id: str | None = None
    body_hash: str | None = None
    fault: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class PlannedInputs:
    """What a job planned for: the inputs' hash, the plan they gave, and how many were new in it."""

    campaign_id: str
    step: str
    inputs_hash: str
    as_of: datetime
    plan_hash: str
    n_new: int
    at: datetime
