"""The worker: delivers what is due, once; resumes what was begun.

For each message: the gates are passed and the intent is written in one transaction, then the
message is rendered and compared with what was planned, then the channel is called, then the result
is written. Killed between any two of these, the next run finds the intent without a result and asks
the channel; a message the channel cannot tell about stays in doubt and is never sent again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xenorec.channels import Channel, Envelope, SendResult
from xenorec.errors import NotSupported, TemplateError
from xenorec.ledger import Decision, Due, Ledger, Verdict
from xenorec.schema.enums import DeliveryState, Reason
from xenorec.timing.quiet_hours import QuietHours

log = logging.getLogger("xenorec")

CHUNK = 200
TRIES = 3
PAUSE = timedelta(minutes=15)

Render = Callable[[Decision], tuple[Envelope, str]]
"""Gives the envelope of a decision and the hash of its body; raises TemplateError."""


@dataclass(frozen=True)
class DeliveryReport:
    """What one run of the worker did, and how the whole campaign stands now."""

    campaign_id: str
    now: datetime
    run: Mapping[tuple[str, str | None], int]
    standing: Mapping[tuple[str, str | None], int]

    @property
    def n_sent(self) -> int:
        """Messages that a channel took in this run."""
        return self._count("sent") + self._count("delivered")

    @property
    def n_failed(self) -> int:
        """Messages that failed for good in this run."""
        return self._count("failed")

    @property
    def n_in_doubt(self) -> int:
        """Messages of this run of which nobody knows whether they went out."""
        return self._count("in_doubt")

    @property
    def n_waiting(self) -> int:
        """Messages of the campaign that are not due yet."""
        return sum(n for (state, _), n in self.standing.items() if state in ("planned", "held"))

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a machine."""
        return {
            "campaign": self.campaign_id,
            "now": self.now.isoformat(),
            "sent": self.n_sent,
            "run": _named(self.run),
            "standing": _named(self.standing),
        }

    def __str__(self) -> str:
        head = f"{self.campaign_id} at {self.now:%Y-%m-%d %H:%M} UTC: {self.n_sent:,} sent"
        if not self.n_sent:
            head += f" ({self._why_none()})"
        lines = [f"  {name:<32}{n:>8,}" for name, n in _named(self.standing).items()]
        return "\n".join([head, "The campaign stands at:", *lines])

    __repr__ = __str__

    def _why_none(self) -> str:
        sent = sum(n for (state, _), n in self.standing.items() if state in ("sent", "delivered"))
        if self.n_waiting:
            return f"{self.n_waiting:,} are not due yet, {sent:,} went out before"
        return f"nothing is left to send, {sent:,} went out before"

    def _count(self, state: str) -> int:
        return sum(n for (found, _), n in self.run.items() if found == state)


@dataclass
class Worker:
    """One worker over one campaign's step."""

    ledger: Ledger
    channels: Mapping[str, Channel]
    render: Render
    campaign_id: str
    step: str
    name: str = "worker"

    def deliver(self, now: datetime) -> DeliveryReport:
        """Resume what was left behind, then deliver everything that is due at ``now``."""
        done: Counter[tuple[str, str | None]] = Counter()
        for due in self.ledger.abandoned(self.campaign_id, self.step, now):
            done.update([self._resume(due, now)])
        while chunk := self.ledger.due(self.campaign_id, self.step, now, CHUNK):
            moved = self._chunk(chunk, now, done)
            if not moved:
                break
        log.info("action=deliver campaign=%s sent=%d", self.campaign_id, done[("sent", None)])
        standing = self.ledger.states(self.campaign_id, self.step)
        return DeliveryReport(self.campaign_id, now, dict(done), dict(standing))

    def _chunk(
        self, chunk: Sequence[Due], now: datetime, done: Counter[tuple[str, str | None]]
    ) -> bool:
        verdicts = self.ledger.pass_gates(
            chunk, now=now, worker=self.name, quiet_until=_quiet_until(chunk, now)
        )
        for due in chunk:
            verdict = verdicts.get(due.decision.key)
            if verdict is None:
                continue
            if verdict.state == DeliveryState.CLAIMED:
                done.update([self._send(due, now)])
            else:
                done.update([_named_state(verdict)])
        return bool(verdicts)

    def _send(self, due: Due, now: datetime) -> tuple[str, str | None]:
        try:
            envelope, body_hash = self.render(due.decision)
        except TemplateError:
            return self._finish(due, Verdict(DeliveryState.FAILED, Reason.TEMPLATE_ERROR), now)
        if body_hash != due.decision.body_hash:
            return self._finish(due, Verdict(DeliveryState.FAILED, Reason.TEMPLATE_ERROR), now)
        result = self.channels[due.decision.channel].send(envelope)
        return self._take(due, result, now, body_hash)

    def _resume(self, due: Due, now: datetime) -> tuple[str, str | None]:
        try:
            result = self.channels[due.decision.channel].lookup(due.decision.key)
        except NotSupported:
            return self._finish(due, Verdict(DeliveryState.IN_DOUBT), now)
        if result is None:
            again = Verdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, now)
            return self._finish(due, again, now)
        return self._take(due, result, now, due.decision.body_hash)

    def _take(
        self, due: Due, result: SendResult, now: datetime, body_hash: str | None
    ) -> tuple[str, str | None]:
        verdict = Verdict(result.state, result.reason)
        if result.is_worth_retrying:
            verdict = _retry(due, now)
        return self._finish(due, verdict, now, result, body_hash)

    def _finish(
        self,
        due: Due,
        verdict: Verdict,
        now: datetime,
        result: SendResult | None = None,
        body_hash: str | None = None,
    ) -> tuple[str, str | None]:
        self.ledger.finish(
            due,
            verdict,
            now=now,
            provider=result.provider if result else None,
            provider_id=result.provider_id if result else None,
            body_hash=body_hash,
        )
        return _named_state(verdict)


def _retry(due: Due, now: datetime) -> Verdict:
    n_calls = due.n_calls + 1
    if n_calls >= TRIES:
        return Verdict(DeliveryState.FAILED, Reason.PROVIDER_UNREACHABLE)
    return Verdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, now + PAUSE * n_calls)


def _quiet_until(chunk: Sequence[Due], now: datetime) -> dict[str, datetime]:
    held = {}
    for due in chunk:
        quiet = QuietHours.parse(due.decision.quiet)
        if quiet.is_quiet(now, due.decision.time_zone):
            held[due.decision.key] = quiet.next_legal(now, due.decision.time_zone)
    return held


def _named_state(verdict: Verdict) -> tuple[str, str | None]:
    return str(verdict.state), None if verdict.reason is None else str(verdict.reason)


def _named(counts: Mapping[tuple[str, str | None], int]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return {f"{state}: {reason}" if reason else state: n for (state, reason), n in ordered}
