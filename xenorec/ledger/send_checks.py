"""The gates of a message: what is checked in the instant before its channel is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.consent_rules import consented, erased, suppressed
from xenorec.ledger.persons import PersonDirectory, chunks
from xenorec.ledger.records import Decision, SendVerdict
from xenorec.schema.enums import DeliveryState, Reason

COUNTED = ("claimed", "sent", "delivered", "in_doubt")
"""States that count for a cap: the message went out, or may have."""

_a, _d = t.ASSIGNMENTS.c, t.DECISIONS.c


def _any_of(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


_HELD_OUT = sa.select(_a.customer_id).where(
    _a.campaign_id == sa.bindparam("campaign_id"),
    _a.customer_id.in_(_any_of("ids")),
    _a.arm == "control",
)
_HELD_OUT_ADDRESSES = sa.select(_d.address_hash).where(
    _d.campaign_id == sa.bindparam("campaign_id"),
    _d.address_hash.in_(_any_of("ids")),
    _d.arm == "control",
)

_Grouped = dict[Any, list[str]]


class SentMessage(NamedTuple):
    """A message that went out, or may have: whose, to which address, and when it was meant to."""

    key: str
    campaign_id: str
    step: str
    customer_id: str
    address_hash: str | None
    at: datetime


@dataclass(frozen=True)
class SendChecks:
    """What is known at ``now`` about the persons and addresses of some decisions."""

    now: datetime
    persons: PersonDirectory
    held_out: set[tuple[str, str]]
    erased: set[str]
    consented: set[tuple[str, str, str]]
    suppressed: set[tuple[str, str]]
    by_account: dict[str, list[SentMessage]]
    by_address: dict[str, list[SentMessage]]

    @classmethod
    def read(
        cls,
        connection: sa.Connection,
        decisions: Sequence[Decision],
        now: datetime,
        *,
        with_caps: bool = True,
    ) -> SendChecks:
        """Look everything up that the gates of ``decisions`` need, in a few queries."""
        ids = [decision.customer_id for decision in decisions]
        hashes = {decision.address_hash for decision in decisions if decision.address_hash}
        persons = PersonDirectory.read(connection, ids)
        gates = cls(
            now,
            persons,
            _held_out(connection, decisions, persons),
            erased(connection, ids),
            _consents(connection, decisions, now),
            _suppressions(connection, decisions, now),
            defaultdict(list),
            defaultdict(list),
        )
        for sent in _earlier(connection, decisions, persons.ids, sorted(hashes), now, with_caps):
            gates._remember(sent)
        return gates

    def judge(self, decision: Decision, quiet_until: datetime | None = None) -> SendVerdict:
        """Return whether a message goes (claimed), waits (held) or is suppressed, and why."""
        if self.now > decision.not_after:
            return SendVerdict(DeliveryState.SUPPRESSED, Reason.EXPIRED)
        reason = self.refusal(decision)
        if reason is not None:
            return SendVerdict(DeliveryState.SUPPRESSED, reason)
        if quiet_until is not None:
            return _hold(decision, quiet_until)
        if self._is_capped(decision):
            return SendVerdict(DeliveryState.SUPPRESSED, Reason.CAPPED)
        return SendVerdict(DeliveryState.CLAIMED)

    def refusal(self, decision: Decision) -> Reason | None:
        """Return why a customer must not get this message, whatever the hour."""
        if decision.arm == "control" or self._is_held_out(decision):
            return Reason.CONTROL
        if decision.customer_id in self.erased:
            return Reason.ERASED
        if (decision.channel, decision.purpose, decision.customer_id) not in self.consented:
            return Reason.NO_CONSENT
        if decision.address_hash is None:
            return Reason.INVALID_ADDRESS
        if (decision.channel, decision.address_hash) in self.suppressed:
            return Reason.SUPPRESSED_ADDRESS
        if any(
            (sent.campaign_id, sent.step) == (decision.campaign_id, decision.step)
            for sent in self._others(decision)
        ):
            return Reason.DUPLICATE
        return None

    def note(self, decision: Decision) -> None:
        """Count a message that goes now, for the caps and doubles of the next ones."""
        d = decision
        self._remember(
            SentMessage(d.key, d.campaign_id, d.step, d.customer_id, d.address_hash, self.now)
        )

    def _remember(self, sent: SentMessage) -> None:
        self.by_account[sent.customer_id].append(sent)
        if sent.address_hash is not None:
            self.by_address[sent.address_hash].append(sent)

    def _others(self, decision: Decision) -> list[SentMessage]:
        """Return the other messages to the same person or address."""
        found = list(self.by_address.get(decision.address_hash or "", ()))
        for account in self.persons.of(decision.customer_id):
            found += self.by_account.get(account, ())
        return list({sent.key: sent for sent in found if sent.key != decision.key}.values())

    def _is_held_out(self, decision: Decision) -> bool:
        keys = {*self.persons.of(decision.customer_id), decision.address_hash}
        return any((decision.campaign_id, key) in self.held_out for key in keys if key)

    def _is_capped(self, decision: Decision) -> bool:
        if decision.cap_n is None:
            return False
        since = self.now - timedelta(days=decision.cap_days or 0)
        return sum(sent.at > since for sent in self._others(decision)) >= decision.cap_n


def earlier(
    connection: sa.Connection, customer_ids: Sequence[str], since: datetime
) -> dict[str, list[tuple[str, datetime]]]:
    """Return, per customer, the messages (key, instant of intent) later than ``since``.

    Messages to any account of the person count.
    """
    persons = PersonDirectory.read(connection, customer_ids)
    by_account: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for ids in chunks(persons.ids):
        for row in connection.execute(_EARLIER, {"ids": ids, "hashes": [], "since": since}):
            by_account[row.customer_id].append((row.key, row.intended_at))
    found = {
        one: [sent for account in sorted(accounts) for sent in by_account.get(account, ())]
        for one, accounts in persons.accounts.items()
    }
    return {one: sent for one, sent in found.items() if sent}


def latest_seq(key: Any) -> Any:
    """Return the subquery for the newest row of a message's deliveries: its present state."""
    d = t.DELIVERIES.alias("newest")
    newest = sa.select(d.c.seq).where(d.c.key == key)
    return newest.order_by(d.c.attempt.desc(), d.c.seq.desc()).limit(1).scalar_subquery()


def _sent_query() -> Any:
    """Return the query for messages that went out or may have, by account or address."""
    c, last, intent = t.DECISIONS.c, t.DELIVERIES.alias("last"), t.DELIVERIES.alias("intent")
    same_attempt = sa.and_(
        intent.c.key == last.c.key,
        intent.c.attempt == last.c.attempt,
        intent.c.state == "claimed",
    )
    at = sa.func.coalesce(intent.c.at, last.c.at, type_=t.Instant)
    address = sa.func.coalesce(intent.c.address_hash, c.address_hash).label("address_hash")
    query = (
        sa.select(c.key, c.campaign_id, c.step, c.customer_id, address, at.label("intended_at"))
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(c.key))
        .join(intent, same_attempt, isouter=True)
        .where(
            sa.or_(c.customer_id.in_(_any_of("ids")), c.address_hash.in_(_any_of("hashes"))),
            last.c.state.in_(COUNTED),
        )
    )
    return query, at


_SENT, _intended_at = _sent_query()
_EARLIER = _SENT.where(_intended_at > sa.bindparam("since"))
_MOVED = (
    sa.select(_d.customer_id)
    .join(t.DELIVERIES, t.DELIVERIES.c.key == _d.key)
    .where(
        t.DELIVERIES.c.address_hash.in_(_any_of("hashes")),
        t.DELIVERIES.c.address_hash != _d.address_hash,
    )
)
_SAME_STEP = _SENT.where(
    _d.campaign_id == sa.bindparam("campaign_id"), _d.step == sa.bindparam("step")
)


def _moved_to(connection: sa.Connection, hashes: Sequence[str]) -> set[str]:
    """Return the accounts whose messages went to an address other than planned, one of these."""
    found: set[str] = set()
    for some in chunks(hashes):
        found.update(connection.scalars(_MOVED, {"hashes": some}))
    return found


def _hold(decision: Decision, until: datetime) -> SendVerdict:
    if until > decision.not_after:
        return SendVerdict(DeliveryState.SUPPRESSED, Reason.QUIET_HOURS)
    return SendVerdict(DeliveryState.HELD, Reason.QUIET_HOURS, until)


def _held_out(
    connection: sa.Connection, decisions: Sequence[Decision], persons: PersonDirectory
) -> set[tuple[str, str]]:
    """Return (campaign, account) and (campaign, address hash) that were held out."""
    found: set[tuple[str, str]] = set()
    accounts: _Grouped = defaultdict(list)
    for decision in decisions:
        accounts[decision.campaign_id] += persons.of(decision.customer_id)
    hashes = _grouped(decisions, lambda d: d.campaign_id, lambda d: d.address_hash)
    for query, asked in ((_HELD_OUT, accounts), (_HELD_OUT_ADDRESSES, hashes)):
        for campaign_id, values in asked.items():
            for ids in chunks(sorted(set(values))):
                held_out = connection.scalars(query, {"campaign_id": campaign_id, "ids": ids})
                found.update((campaign_id, value) for value in held_out)
    return found


def _consents(
    connection: sa.Connection, decisions: Sequence[Decision], now: datetime
) -> set[tuple[str, str, str]]:
    asked: dict[tuple[str, str], dict[str, str | None]] = defaultdict(dict)
    for d in decisions:
        asked[d.channel, d.purpose][d.customer_id] = d.address_hash
    return {
        (channel, purpose, customer_id)
        for (channel, purpose), customers in asked.items()
        for customer_id in consented(connection, now, channel, purpose, customers)
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
    connection: sa.Connection,
    decisions: Sequence[Decision],
    accounts: Sequence[str],
    hashes: Sequence[str],
    now: datetime,
    with_caps: bool,
) -> Iterator[SentMessage]:
    """Yield the messages of the same campaign and step, and with caps those of their spans."""
    known = sorted({*accounts, *_moved_to(connection, hashes)})
    whose: list[dict[str, Any]] = [{"ids": ids, "hashes": []} for ids in chunks(known)]
    whose += [{"ids": [], "hashes": some} for some in chunks(hashes)]
    days = [d.cap_days or 0 for d in decisions if d.cap_n is not None] if with_caps else []
    for campaign_id, step in sorted({(d.campaign_id, d.step) for d in decisions}):
        for some in whose:
            asked = {**some, "campaign_id": campaign_id, "step": step}
            yield from (SentMessage(*row) for row in connection.execute(_SAME_STEP, asked))
    for some in whose if days else ():
        asked = {**some, "since": now - timedelta(days=max(days))}
        yield from (SentMessage(*row) for row in connection.execute(_EARLIER, asked))


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
