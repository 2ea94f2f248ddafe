"""The gates of a message: what is checked in the instant before its channel is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xenorec.ledger import tables as t
from xenorec.ledger.consent import consented, erased, suppressed
from xenorec.ledger.records import Decision, Verdict
from xenorec.schema.enums import DeliveryState, Reason

COUNTED = ("claimed", "sent", "delivered", "in_doubt")
"""States that count for a cap: the message went out, or may have."""

_a = t.ASSIGNMENTS.c
_HELD_OUT = sa.select(_a.customer_id).where(
    _a.campaign_id == sa.bindparam("campaign_id"),
    _a.customer_id.in_(sa.bindparam("ids", expanding=True)),
    _a.arm == "control",
)

_Grouped = dict[Any, list[str]]


@dataclass(frozen=True)
class Gates:
    """What is known at ``now`` about the customers and addresses of some decisions."""

    now: datetime
    held_out: set[tuple[str, str]]
    erased: set[str]
    consented: set[tuple[str, str, str]]
    suppressed: set[tuple[str, str]]
    earlier: dict[str, list[tuple[str, datetime]]]

    @classmethod
    def read(
        cls,
        connection: sa.Connection,
        decisions: Sequence[Decision],
        now: datetime,
        *,
        with_caps: bool = True,
    ) -> Gates:
        """Look everything up that the gates of ``decisions`` need, in a few queries."""
        return cls(
            now,
            _held_out(connection, decisions),
            erased(connection, [decision.customer_id for decision in decisions]),
            _consents(connection, decisions, now),
            _suppressions(connection, decisions, now),
            _earlier(connection, decisions, now) if with_caps else {},
        )

    def judge(self, decision: Decision, quiet_until: datetime | None = None) -> Verdict:
        """Return whether a message goes (claimed), waits (held) or is suppressed, and why."""
        if self.now > decision.not_after:
            return Verdict(DeliveryState.SUPPRESSED, Reason.EXPIRED)
        reason = self.refusal(decision)
        if reason is not None:
            return Verdict(DeliveryState.SUPPRESSED, reason)
        if quiet_until is not None:
            return _held(decision, quiet_until)
        if self._is_capped(decision):
            return Verdict(DeliveryState.SUPPRESSED, Reason.CAPPED)
        return Verdict(DeliveryState.CLAIMED)

    def refusal(self, decision: Decision) -> Reason | None:
        """Return why a customer must not get this message, whatever the hour."""
        whose = (decision.campaign_id, decision.customer_id)
        if decision.arm == "control" or whose in self.held_out:
            return Reason.CONTROL
        if decision.customer_id in self.erased:
            return Reason.ERASED
        if (decision.channel, decision.purpose, decision.customer_id) not in self.consented:
            return Reason.NO_CONSENT
        if decision.address_hash is None:
            return Reason.INVALID_ADDRESS
        if (decision.channel, decision.address_hash) in self.suppressed:
            return Reason.SUPPRESSED_ADDRESS
        return None

    def note(self, decision: Decision) -> None:
        """Count a message that goes now, for the caps of the next ones."""
        self.earlier.setdefault(decision.customer_id, []).append((decision.key, self.now))

    def _is_capped(self, decision: Decision) -> bool:
        if decision.cap_n is None:
            return False
        since = self.now - timedelta(days=decision.cap_days or 0)
        others = self.earlier.get(decision.customer_id, [])
        return sum(key != decision.key and at > since for key, at in others) >= decision.cap_n


def earlier(
    connection: sa.Connection, customer_ids: Sequence[str], since: datetime
) -> dict[str, list[tuple[str, datetime]]]:
    """Return, per customer, the messages (key, instant of intent) later than ``since``."""
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for customer_id, key, when in connection.execute(
        _EARLIER, {"ids": customer_ids, "since": since}
    ):
        found[customer_id].append((key, when))
    return found


def latest_seq(key: Any) -> Any:
    """Return the subquery for the newest row of a message's deliveries: its present state."""
    d = t.DELIVERIES.alias("newest")
    newest = sa.select(d.c.seq).where(d.c.key == key)
    return newest.order_by(d.c.attempt.desc(), d.c.seq.desc()).limit(1).scalar_subquery()


def _earlier_query() -> Any:
    c, last, intent = t.DECISIONS.c, t.DELIVERIES.alias("last"), t.DELIVERIES.alias("intent")
    same_attempt = sa.and_(
        intent.c.key == last.c.key,
        intent.c.attempt == last.c.attempt,
        intent.c.state == "claimed",
    )
    at = sa.func.coalesce(intent.c.at, last.c.at, type_=t.Instant)
    return (
        sa.select(c.customer_id, c.key, at)
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(c.key))
        .join(intent, same_attempt, isouter=True)
        .where(
            c.customer_id.in_(sa.bindparam("ids", expanding=True)),
            last.c.state.in_(COUNTED),
            at > sa.bindparam("since"),
        )
    )


_EARLIER = _earlier_query()


def _held(decision: Decision, until: datetime) -> Verdict:
    if until > decision.not_after:
        return Verdict(DeliveryState.SUPPRESSED, Reason.QUIET_HOURS)
    return Verdict(DeliveryState.HELD, Reason.QUIET_HOURS, until)


def _held_out(connection: sa.Connection, decisions: Sequence[Decision]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    asked = _grouped(decisions, lambda d: d.campaign_id, lambda d: d.customer_id)
    for campaign_id, ids in asked.items():
        held_out = connection.scalars(_HELD_OUT, {"campaign_id": campaign_id, "ids": ids})
        found.update((campaign_id, customer_id) for customer_id in held_out)
    return found


def _consents(
    connection: sa.Connection, decisions: Sequence[Decision], now: datetime
) -> set[tuple[str, str, str]]:
    asked = _grouped(decisions, lambda d: (d.channel, d.purpose), lambda d: d.customer_id)
    return {
        (channel, purpose, customer_id)
        for (channel, purpose), ids in asked.items()
        for customer_id in consented(connection, now, channel, purpose, ids)
    }


def _suppressions(
    connection: sa.Connection, decisions: Sequence[Decision], now: datetime
) -> set[tuple[str, str]]:
    asked = _grouped(decisions, lambda d: d.channel, lambda d: d.address_hash)
    return {
        (channel, value_hash)
        for channel, hashes in asked.items()
        for value_hash in suppressed(connection, now, channel, hashes)
    }


def _earlier(
    connection: sa.Connection, decisions: Sequence[Decision], now: datetime
) -> dict[str, list[tuple[str, datetime]]]:
    capped = [decision for decision in decisions if decision.cap_n is not None]
    if not capped:
        return {}
    longest = max(decision.cap_days or 0 for decision in capped)
    ids = [decision.customer_id for decision in capped]
    return earlier(connection, ids, now - timedelta(days=longest))


def _grouped(
    decisions: Sequence[Decision],
    group: Callable[[Decision], Any],
    value: Callable[[Decision], str | None],
) -> _Grouped:
    found: _Grouped = defaultdict(list)
    for decision in decisions:
        one = value(decision)
        if one is not None:
            found[group(decision)].append(one)
    return found
