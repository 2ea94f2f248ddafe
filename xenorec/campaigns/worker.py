"""The worker: delivers what is due, once; resumes what was begun.

For each message: it is rendered and compared with what was planned, then the gates are passed and
the intent is written in one transaction, then the channel is called, then the result is written.
Killed between any two of these, the next run finds the intent without a result and asks the
channel; a message the channel cannot tell about stays in doubt and is never sent again.

A channel that delivers a key once however often it is called (``is_keyed``) gets intents by the
group; any other gets one intent at a time, so that a crash leaves at most one message in doubt.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from xenorec.channels import Channel, Envelope, SendResult
from xenorec.errors import NotSupported, TemplateError, UnknownName
from xenorec.ledger import Decision, Due, Ledger, Verdict
from xenorec.ledger.lease import LEASE, working
from xenorec.ledger.records import Result
from xenorec.schema.enums import DeliveryState, Reason
from xenorec.timing.quiet_hours import QuietHours

log = logging.getLogger("xenorec")

PAGE = 500
"""Decisions read from the ledger at once."""
GROUP = 50
"""Intents written at once for a keyed channel."""
TRIES = 3
"""Calls to a channel that cannot be reached before a message fails."""
CRASHES = 6
"""Intents without a result before a message fails, so that one message cannot stop all others."""
PAUSE = timedelta(minutes=15)
"""Wait after the first call that did not get through; twice as long after the second."""
AT_ONCE = Verdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE)
"""A message that was claimed and did not go out; it is due again at once."""
BLANK = "{}"
"""What is left of a decision's content after an erasure."""

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
    def n_unreachable(self) -> int:
        """Messages of this run that wait because their channel could not be reached."""
        return self.run.get(("held", "provider_unreachable"), 0)

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
        if self.n_unreachable:
            head += f"; {self.n_unreachable:,} could not be delivered and are tried again later"
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
    """One worker over one campaign's step.

    ``name`` is kept with its claims; left out, it tells the process, so that the next run knows at
    once when this one was killed. ``elapsed`` counts seconds: a run's clock starts at ``now`` and
    goes on, so that a run of hours still keeps the quiet hours.
    """

    ledger: Ledger
    channels: Mapping[str, Channel]
    render: Render
    campaign_id: str
    step: str
    name: str = ""
    elapsed: Callable[[], float] = time.monotonic

    def deliver(self, now: datetime) -> DeliveryReport:
        """Resume what was left behind, then deliver everything that is due at ``now``.

        An error of a channel ends the run; run again it goes on. Raises UnknownName for a
        decision whose channel is not among ``channels``.
        """
        with working() as process:
            run = _Run(self, self.name or process, now, self.elapsed())
            run.resume()
            run.deliver()
        log.info("action=deliver campaign=%s sent=%d", self.campaign_id, run.done[("sent", None)])
        standing = self.ledger.states(self.campaign_id, self.step)
        return DeliveryReport(self.campaign_id, now, dict(run.done), dict(standing))


@dataclass
class _Run:
    """One pass of a worker: its clock, and what it did so far."""

    worker: Worker
    name: str
    now: datetime
    began: float
    done: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def clock(self) -> datetime:
        return self.now + timedelta(seconds=self.worker.elapsed() - self.began)

    def resume(self) -> None:
        worker = self.worker
        for due in worker.ledger.abandoned(worker.campaign_id, worker.step, self.clock()):
            self._write([self._asked(due)])

    def deliver(self) -> None:
        worker, after = self.worker, ""
        while page := worker.ledger.due(
            worker.campaign_id, worker.step, self.clock(), PAGE, after=after
        ):
            after = page[-1].decision.customer_id
            for group in self._groups(page):
                self._deliver(group)

    def _groups(self, page: Sequence[Due]) -> Iterator[list[Due]]:
        group: list[Due] = []
        for due in page:
            is_keyed = getattr(self._channel(due), "is_keyed", False)
            if not is_keyed or due.n_calls:  # what failed before goes alone and harms no other
                yield [due]
                continue
            group.append(due)
            if len(group) == GROUP:
                yield group
                group = []
        if group:
            yield group

    def _deliver(self, group: Sequence[Due]) -> None:
        envelopes = {due.decision.key: self._envelope(due.decision) for due in group}
        claimed_at = self.clock()
        verdicts = self.worker.ledger.pass_gates(
            group, now=claimed_at, worker=self.name, quiet_until=_quiet_until(group, claimed_at)
        )
        mine = [due for due in group if due.decision.key in verdicts]
        claimed = [due for due in mine if _is_claim(verdicts[due.decision.key])]
        self.done.update(
            _named_state(verdicts[due.decision.key]) for due in mine if due not in claimed
        )
        results: list[Result] = []
        try:
            for due in claimed:
                is_fresh = len(group) == 1
                no = self._objection(due, claimed_at, is_fresh=is_fresh)
                results.append(no or self._sent(due, envelopes[due.decision.key]))
        except Exception:
            self._write(results)
            raise
        self._write(results)

    def _objection(self, due: Due, claimed_at: datetime, *, is_fresh: bool) -> Result | None:
        """Return what keeps a claimed message back in the instant before its call."""
        now = self.clock()
        if now - claimed_at > LEASE / 2:  # this worker was asleep: another may hold the message
            return Result(due, AT_ONCE)
        if is_fresh:
            return None
        reason = self.worker.ledger.refusal(due.decision, now)
        if reason is not None:
            return Result(due, Verdict(DeliveryState.SUPPRESSED, reason))
        if now > due.decision.not_after:
            return Result(due, Verdict(DeliveryState.SUPPRESSED, Reason.EXPIRED))
        until = _quiet_until([due], now).get(due.decision.key)
        held = Verdict(DeliveryState.HELD, Reason.QUIET_HOURS, until)
        return None if until is None else Result(due, held)

    def _envelope(self, decision: Decision) -> Envelope | None:
        """Render a message; None when it does not render to what was planned."""
        if decision.context == BLANK:
            return None
        try:
            envelope, body_hash = self.worker.render(decision)
        except TemplateError:
            return None
        return envelope if body_hash == decision.body_hash else None

    def _sent(self, due: Due, envelope: Envelope | None) -> Result:
        if envelope is None:
            return Result(due, Verdict(DeliveryState.FAILED, Reason.TEMPLATE_ERROR))
        return _result(due, self._channel(due).send(envelope), self.clock())

    def _asked(self, due: Due) -> Result:
        """Ask the channel what became of a message that was claimed and never reported on."""
        try:
            found = self._channel(due).lookup(due.decision.key)
        except NotSupported:
            return Result(due, Verdict(DeliveryState.IN_DOUBT))
        if found is not None:
            return _result(due, found, self.clock())
        if due.n_calls >= CRASHES:
            return Result(due, Verdict(DeliveryState.FAILED, Reason.PROVIDER_UNREACHABLE))
        return Result(due, AT_ONCE)

    def _write(self, results: Sequence[Result]) -> None:
        if results:
            written = self.worker.ledger.finish(results, now=self.clock())
            self.done.update(_named_state(result.verdict) for result in written)

    def _channel(self, due: Due) -> Channel:
        name, channels = due.decision.channel, self.worker.channels
        if name not in channels:
            raise UnknownName(
                f"{due.decision.key} is to go by {name!r}; this run has the channels "
                f"{', '.join(sorted(channels)) or 'none'}. Add it under [channels]."
            )
        return channels[name]


def _result(due: Due, found: SendResult, now: datetime) -> Result:
    verdict = Verdict(found.state, found.reason)
    if found.is_worth_retrying:
        verdict = _retry(due, now)
    return Result(due, verdict, found.provider, found.provider_id, due.decision.body_hash)


def _retry(due: Due, now: datetime) -> Verdict:
    n_calls = due.n_calls + 1
    if n_calls >= TRIES:
        return Verdict(DeliveryState.FAILED, Reason.PROVIDER_UNREACHABLE)
    return Verdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, now + PAUSE * n_calls)


def _quiet_until(dues: Sequence[Due], now: datetime) -> dict[str, datetime]:
    held = {}
    for due in dues:
        quiet = QuietHours.parse(due.decision.quiet)
        if quiet.is_quiet(now, due.decision.time_zone):
            held[due.decision.key] = quiet.next_legal(now, due.decision.time_zone)
    return held


def _is_claim(verdict: Verdict) -> bool:
    return verdict.state == DeliveryState.CLAIMED


def _named_state(verdict: Verdict) -> tuple[str, str | None]:
    return str(verdict.state), None if verdict.reason is None else str(verdict.reason)


def _named(counts: Mapping[tuple[str, str | None], int]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return {f"{state}: {reason}" if reason else state: n for (state, reason), n in ordered}
