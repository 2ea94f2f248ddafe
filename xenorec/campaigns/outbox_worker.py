"""Outbox worker: delivers what is due, once; resumes what was begun.

For each message: it is rendered and compared with what was approved, then the gates are passed and
the intent is written in one transaction, then the channel is called, then the result is written.
Killed between any two of these, the next run finds the intent without a result and asks the
channel; a message the channel cannot tell about stays in doubt and is never sent again.

A channel that delivers a key once however often it is called (``is_keyed``) gets intents by the
group; any other gets one intent at a time, so that a crash leaves at most one message in doubt.

Whose fault a try is decides what it costs. A fault of the whole channel (no connection, no log-in,
no room, an error of its own) costs the message nothing: the channel is not called any more in this
run, and what was claimed waits. What a recipient's server puts off is tried until the message's
last moment. Only what is refused for good, or does not render, fails; ``retry`` opens it again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from xenorec.campaigns.circuit_breaker import CircuitBreaker, next_try, safe_error_text
from xenorec.campaigns.delivery_report import DeliveryReport
from xenorec.campaigns.not_due import NotYet
from xenorec.channels import Channel, Envelope, SendResult
from xenorec.config.quiet_hours import QuietHours
from xenorec.errors import NotSupported, TemplateError, UnknownName
from xenorec.ledger import Decision, DueMessage, Ledger, SendVerdict
from xenorec.ledger.claims import LEASE, working
from xenorec.ledger.records import DeliveryResult
from xenorec.schema.enums import DeliveryState, Reason

log = logging.getLogger("xenorec")

PAGE = 500
"""Decisions read from the ledger at once."""
GROUP = 50
"""Intents written at once for a keyed channel."""
CRASHES = 6
"""Intents that nobody reported on before a message fails, so that one cannot stop all others."""
AT_ONCE = SendVerdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE)
"""A message that was claimed and did not go out; it is due again at once."""
BLANK = "{}"
"""What is left of a decision's content after an erasure."""

Render = Callable[[Decision], tuple[Envelope, str]]
"""Gives the envelope of a decision and the hash of its body; raises TemplateError, or NotYet."""


@dataclass
class OutboxWorker:
    """One worker over one campaign's step.

    ``name`` is kept with its claims; left out, it tells the process, so that the next run knows at
    once when this one was killed. ``elapsed`` counts seconds: a run's clock starts at ``now`` and
    goes on, so that a run of hours still keeps the quiet hours. ``stopped``: channels that are not
    to be called, and why.
    """

    ledger: Ledger
    channels: Mapping[str, Channel]
    render: Render
    campaign_id: str
    step: str
    name: str = ""
    elapsed: Callable[[], float] = time.monotonic
    stopped: Mapping[str, str] = field(default_factory=dict)

    def deliver(self, now: datetime) -> DeliveryReport:
        """Resume what was left behind, then deliver everything that is due at ``now``.

        A channel with a fault of its own is told in the report's ``stopped``, and the others go
        on. Raises UnknownName for a decision whose channel is not among ``channels``.
        """
        with working() as process:
            run = _WorkerRun(self, self.name or process, now, self.elapsed())
            run.breakers.update({name: CircuitBreaker(why) for name, why in self.stopped.items()})
            run.resume()
            run.deliver()
        log.info("action=deliver campaign=%s sent=%d", self.campaign_id, run.done[("sent", None)])
        standing = self.ledger.states(self.campaign_id, self.step)
        stopped = {name: one.why for name, one in sorted(run.breakers.items()) if one.why}
        done = DeliveryReport(self.campaign_id, now, dict(run.done), dict(standing))
        return replace(done, stopped=stopped)


@dataclass(frozen=True)
class _RenderedDue:
    """A due message as it was rendered: an envelope, or what becomes of it without one."""

    due: DueMessage
    envelope: Envelope | None = None
    hold: SendVerdict | None = None
    detail: str | None = None


@dataclass
class _WorkerRun:
    """One pass of a worker: its clock, and what it did so far."""

    worker: OutboxWorker
    name: str
    now: datetime
    began: float
    done: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    breakers: dict[str, CircuitBreaker] = field(default_factory=lambda: defaultdict(CircuitBreaker))

    def clock(self) -> datetime:
        return self.now + timedelta(seconds=self.worker.elapsed() - self.began)

    def resume(self) -> None:
        worker = self.worker
        for due in worker.ledger.abandoned(worker.campaign_id, worker.step, self.clock()):
            asked = None if self._is_stopped(due) else self._ask_channel(due)
            self._write([] if asked is None else [asked])

    def deliver(self) -> None:
        """Deliver what never failed, then the rest, so that nothing waits behind a failure."""
        if self._round(lambda due: due.n_calls == 0 and due.n_faults == 0):
            self._round(lambda due: True)

    def _round(self, is_meant: Callable[[DueMessage], bool]) -> bool:
        """Deliver the due messages that are meant; return whether others were left."""
        worker, after, has_others = self.worker, "", False
        while page := worker.ledger.due(
            worker.campaign_id, worker.step, self.clock(), PAGE, after=after
        ):
            after = page[-1].decision.customer_id
            meant = [due for due in page if is_meant(due)]
            has_others |= len(meant) < len(page)
            for group in self._groups(meant):
                self._deliver(group)
        return has_others

    def _groups(self, page: Sequence[DueMessage]) -> Iterator[list[DueMessage]]:
        group: list[DueMessage] = []
        for due in page:
            is_keyed = not self._is_stopped(due) and getattr(self._channel(due), "is_keyed", False)
            if not is_keyed or due.n_calls:  # what failed before goes alone and harms no other
                yield [due]
                continue
            group.append(due)
            if len(group) == GROUP:
                yield group
                group = []
        if group:
            yield group

    def _deliver(self, group: Sequence[DueMessage]) -> None:
        claimed_at = self.clock()
        made = [
            self._render_due(due, claimed_at) for due in group if self._is_to_judge(due, claimed_at)
        ]
        if not made:
            return
        verdicts = self.worker.ledger.pass_gates(
            [one.due for one in made],
            now=claimed_at,
            worker=self.name,
            quiet_until=_quiet_until([one.due for one in made], claimed_at),
            holds={one.due.decision.key: one.hold for one in made if one.hold is not None},
        )
        mine = [one for one in made if one.due.decision.key in verdicts]
        claimed = [one for one in mine if _is_claim(verdicts[one.due.decision.key])]
        self.done.update(
            _named_state(verdicts[one.due.decision.key]) for one in mine if one not in claimed
        )
        self._call(claimed, claimed_at, is_fresh=len(group) == 1)

    def _is_to_judge(self, due: DueMessage, now: datetime) -> bool:
        """Whether a message is looked at: of a stopped channel, only when its time is over."""
        return not self._is_stopped(due) or now > due.decision.not_after

    def _call(
        self, claimed: Sequence[_RenderedDue], claimed_at: datetime, *, is_fresh: bool
    ) -> None:
        results: list[DeliveryResult] = []
        try:
            for one in claimed:
                no = self._objection(one.due, claimed_at, is_fresh=is_fresh)
                result = no or self._sent(one)
                results += [] if result is None else [result]
        except Exception:
            self._write(results)
            raise
        self._write(results)

    def _objection(
        self, due: DueMessage, claimed_at: datetime, *, is_fresh: bool
    ) -> DeliveryResult | None:
        """Return what keeps a claimed message back in the instant before its call."""
        now = self.clock()
        if self._is_stopped(due):
            return self._released(due, None)
        if now - claimed_at > LEASE / 2:  # this worker was asleep: another may hold the message
            return DeliveryResult(due, AT_ONCE)
        if is_fresh:
            return None
        reason = self.worker.ledger.refusal(due.decision, now)
        if reason is not None:
            return DeliveryResult(due, SendVerdict(DeliveryState.SUPPRESSED, reason))
        if now > due.decision.not_after:
            return DeliveryResult(due, SendVerdict(DeliveryState.SUPPRESSED, Reason.EXPIRED))
        until = _quiet_until([due], now).get(due.decision.key)
        held = SendVerdict(DeliveryState.HELD, Reason.QUIET_HOURS, until)
        return None if until is None else DeliveryResult(due, held)

    def _render_due(self, due: DueMessage, now: datetime) -> _RenderedDue:
        """Render a message; without an envelope when it does not render to what was approved."""
        if due.decision.context == BLANK:
            return _RenderedDue(due)
        try:
            envelope, body_hash = self.worker.render(due.decision)
        except NotYet as error:
            return _RenderedDue(due, hold=_waiting(due, error.reason, now))
        except TemplateError:
            return _RenderedDue(due, detail="TemplateError")
        except Exception as error:  # this message's own: it waits, and the others go on
            log.warning("action=render channel=%s error=%s", due.decision.channel, _kind(error))
            return _RenderedDue(due, hold=_waiting(due, Reason.TEMPLATE_ERROR, now))
        if body_hash != due.decision.body_hash:
            return _RenderedDue(due, detail="not what was approved")
        return _RenderedDue(_to(due, envelope.address_hash), envelope)

    def _sent(self, made: _RenderedDue) -> DeliveryResult | None:
        """Call the channel; None leaves the message claimed, for the next run to ask about."""
        due = made.due
        if made.envelope is None:
            failed = SendVerdict(DeliveryState.FAILED, Reason.TEMPLATE_ERROR)
            return DeliveryResult(due, failed, detail=made.detail)
        try:
            found = self._channel(due).send(made.envelope)
        except Exception as error:  # the channel's: whether the message went out is asked
            return self._after_error(due, error)
        self._breaker(due).heard(found)
        return self._result(due, found)

    def _after_error(self, due: DueMessage, error: Exception) -> DeliveryResult | None:
        name, kind = due.decision.channel, _kind(error)
        log.warning("action=send channel=%s error=%s", name, kind)
        self._breaker(due).failed(error)
        try:
            found = self._channel(due).lookup(due.decision.key)
        except NotSupported:
            self._breaker(due).open(safe_error_text(error))
            return DeliveryResult(due, SendVerdict(DeliveryState.IN_DOUBT), detail=kind)
        except Exception as second:
            self._breaker(due).open(safe_error_text(second))
            return None
        return self._released(due, kind) if found is None else self._result(due, found)

    def _ask_channel(self, due: DueMessage) -> DeliveryResult | None:
        """Ask the channel what became of a message that was claimed and never reported on."""
        try:
            found = self._channel(due).lookup(due.decision.key)
        except NotSupported:
            return DeliveryResult(due, SendVerdict(DeliveryState.IN_DOUBT))
        except Exception as error:  # asked again by the next run
            self._breaker(due).open(safe_error_text(error))
            return None
        if found is not None:
            return self._result(due, found)
        if due.n_crashes >= CRASHES:
            return DeliveryResult(
                due, SendVerdict(DeliveryState.FAILED, Reason.PROVIDER_UNREACHABLE)
            )
        return DeliveryResult(due, AT_ONCE)

    def _result(self, due: DueMessage, found: SendResult) -> DeliveryResult:
        if found.is_channel_fault:
            return replace(self._released(due, found.detail), provider=found.provider)
        verdict, fault = SendVerdict(found.state, found.reason), None
        if found.is_worth_retrying:
            at, fault = next_try(due.decision, due.n_calls + 1, self.clock()), "recipient"
            verdict = SendVerdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, at)
        said = (found.provider, found.provider_id, due.decision.body_hash, fault, found.detail)
        return DeliveryResult(due, verdict, *said)

    def _released(self, due: DueMessage, detail: str | None) -> DeliveryResult:
        """Return what a claimed message becomes that the channel's fault kept from going out."""
        at = next_try(due.decision, due.n_faults + 1, self.clock())
        held = SendVerdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, at)
        return DeliveryResult(due, held, fault="channel", detail=detail)

    def _write(self, results: Sequence[DeliveryResult]) -> None:
        if results:
            written = self.worker.ledger.finish(results, now=self.clock())
            self.done.update(_named_state(result.verdict) for result in written)

    def _breaker(self, due: DueMessage) -> CircuitBreaker:
        return self.breakers[due.decision.channel]

    def _is_stopped(self, due: DueMessage) -> bool:
        return self._breaker(due).is_open

    def _channel(self, due: DueMessage) -> Channel:
        name, channels = due.decision.channel, self.worker.channels
        if name not in channels:
            raise UnknownName(
                f"{due.decision.key} is to go by {name!r}; this run has the channels "
                f"{', '.join(sorted(channels)) or 'none'}. Add it under [channels]."
            )
        return channels[name]


def _waiting(due: DueMessage, reason: Reason, now: datetime) -> SendVerdict:
    return SendVerdict(DeliveryState.HELD, reason, next_try(due.decision, due.attempt, now))


def _kind(error: Exception) -> str:
    """Return the kind of an error alone: its text may hold what is personal."""
    return type(error).__name__


def _to(due: DueMessage, hashed: str | None) -> DueMessage:
    """Return a message with the address that it goes to now, for the gates to judge."""
    if hashed is None or hashed == due.decision.address_hash:
        return due
    return replace(due, decision=replace(due.decision, address_hash=hashed))


def _quiet_until(dues: Sequence[DueMessage], now: datetime) -> dict[str, datetime]:
    held = {}
    for due in dues:
        quiet = QuietHours.parse(due.decision.quiet)
        if quiet.is_quiet(now, due.decision.time_zone):
            held[due.decision.key] = quiet.next_legal(now, due.decision.time_zone)
    return held


def _is_claim(verdict: SendVerdict) -> bool:
    return verdict.state == DeliveryState.CLAIMED


def _named_state(verdict: SendVerdict) -> tuple[str, str | None]:
    return str(verdict.state), None if verdict.reason is None else str(verdict.reason)
