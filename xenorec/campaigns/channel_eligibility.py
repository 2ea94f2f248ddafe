"""Channel eligibility: which channel reaches a customer, and why none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from xenorec.identity import address_hash
from xenorec.ledger import Ledger
from xenorec.schema.enums import Reason

ADDRESS = {"email": "email", "sms": "phone", "whatsapp": "phone"}


@dataclass(frozen=True)
class ChannelEligibility:
    """How one customer can be written to: channel and hash of the address, or a reason."""

    channel: str
    address_hash: str | None
    reason: Reason | None


def reaches(
    people: Sequence[Mapping[str, Any]],
    channels: Sequence[str],
    *,
    ledger: Ledger,
    purpose: str,
    at: datetime,
) -> dict[str, ChannelEligibility]:
    """Return the reach of every customer at ``at``; the first channel that works is taken.

    Of several reasons the one of the last step got to is told: no address, then no consent,
    then a suppressed address. Of several customers with one address one is written to; the others
    are its duplicates.
    """
    found = {
        row["customer_id"]: ChannelEligibility(channels[0], None, Reason.INVALID_ADDRESS)
        for row in people
    }
    for channel in reversed(channels):
        _fill(found, people, channel, ledger=ledger, purpose=purpose, at=at)
    units = units_of(found)
    return {
        customer_id: replace(reach, reason=Reason.DUPLICATE)
        if reach.reason is None and units[customer_id] != customer_id
        else reach
        for customer_id, reach in found.items()
    }


def units_of(found: Mapping[str, ChannelEligibility]) -> dict[str, str]:
    """Return for every customer who stands for all that have the same address.

    It is who can be written to, else anybody, the smallest id of them: the unit that is held out
    or written to as one. A customer without an address stands for itself.
    """
    first: dict[tuple[str, str], str] = {}
    open_first = sorted(found, key=lambda one: (found[one].reason is not None, one))
    for customer_id in open_first:
        reach = found[customer_id]
        if reach.address_hash is not None:
            first.setdefault((reach.channel, reach.address_hash), customer_id)
    return {
        customer_id: first.get((reach.channel, reach.address_hash or ""), customer_id)
        for customer_id, reach in found.items()
    }


def _fill(
    found: dict[str, ChannelEligibility],
    people: Sequence[Mapping[str, Any]],
    channel: str,
    *,
    ledger: Ledger,
    purpose: str,
    at: datetime,
) -> None:
    kind = ADDRESS.get(channel, "email")
    hashes = {row["customer_id"]: address_hash(kind, row[kind]) for row in people if row.get(kind)}
    granted = ledger.consents_at(at, channel, purpose, hashes)
    blocked = ledger.suppressed(sorted(set(hashes.values())), channel, at)
    for customer_id, hashed in hashes.items():
        reason = None
        if customer_id not in granted:
            reason = Reason.NO_CONSENT
        elif hashed in blocked:
            reason = Reason.SUPPRESSED_ADDRESS
        if reason is None or found[customer_id].reason is not None:
            found[customer_id] = ChannelEligibility(channel, hashed, reason)
