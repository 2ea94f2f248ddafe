"""The outbox: plans in, messages that are due out, and every step a message takes, once.

A message's present state is its newest row in ``deliveries`` (highest attempt, then latest). Rows
are only added, and only inside ``Database.writing``, where one writer follows another: a step is
written when the state is still the one that it starts from, so two workers never both take it.

A verdict of time (expired, no legal hour left) is as right as the clock that gave it: where the
newest row of a message is of an instant well after ``now``, that clock was ahead, and the message
is judged again. No channel was called for such a message, so it cannot go out twice. A decision
that ``retry`` opened anew is out of the box for good: the one that follows it takes its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.claims import LEASE, has_ended
from xenorec.ledger.consent_rules import erased
from xenorec.ledger.database import Database
from xenorec.ledger.exposures import exposures
from xenorec.ledger.records import (
    Assignment,
    CampaignRun,
    Decision,
    DeliveryResult,
    DueMessage,
    RunReceipt,
    SendVerdict,
)
from xenorec.ledger.send_checks import SendChecks, latest_seq
from xenorec.schema.enums import DeliveryState

WAITING = ("planned", "held")
TIMELY = ("expired", "quiet_hours")
"""Reasons of a suppression that a clock ahead of time may have given wrongly."""
AHEAD = timedelta(hours=1)
"""By so much a row must lie after the present to be taken for one of a clock ahead of time."""
UNSAID = (
    *("due_at", "provider", "provider_id", "body_hash", "worker"),
    *("fault", "detail", "address_hash"),
)
"""Columns of a delivery that a step may leave empty."""
RESOLVES_DOUBT = ("sent", "delivered", "failed")

State = tuple[int, str, bool]
"""The attempt and the state of a message, and whether it waits to be sent."""


def record(
    database: Database,
    run: CampaignRun,
    decisions: Sequence[Decision],
    assignments: Iterable[Assignment],
) -> RunReceipt:
    """Write a plan in one transaction; decisions and arms that are there stay untouched."""
    rows = [_decision_row(d, run) for d in sorted(decisions, key=lambda d: d.key)]
    arms = sorted((asdict(a) for a in assignments), key=lambda row: str(row["customer_id"]))
    with database.writing() as connection:
        forgotten = erased(connection, [row["customer_id"] for row in rows])
        for row in rows:
            row["context"] = "{}" if row["customer_id"] in forgotten else row["context"]
        database.insert_new(connection, t.ASSIGNMENTS, arms)
        new = {key for (key,) in database.insert_new(connection, t.DECISIONS, rows)}
        firsts = [_first_delivery(row, run.created_at) for row in rows if row["key"] in new]
        database.insert_new(connection, t.DELIVERIES, firsts)
        receipt = RunReceipt(len(new), len(rows) - len(new))
        database.insert_new(connection, t.RUNS, [{**asdict(run), **asdict(receipt)}])
    return receipt


def due(
    database: Database, campaign_id: str, step: str, now: datetime, *, limit: int, after: str
) -> list[DueMessage]:
    """Return approved messages that are due at ``now``, by customer, after one customer."""
    last = t.DELIVERIES.alias("last")
    query = (
        _standing(last, campaign_id, step)
        .join(t.RUNS, _own_run())
        .where(
            t.RUNS.c.approved_at.is_not(None),
            t.DECISIONS.c.customer_id > after,
            _waits(last, now),
            _due_at(last, now) <= now,
        )
        .order_by(t.DECISIONS.c.customer_id)
        .limit(limit)
    )
    return [replace(one, attempt=one.attempt + 1, worker=None) for one in _dues(database, query)]


def abandoned(database: Database, campaign_id: str, step: str, now: datetime) -> list[DueMessage]:
    """Return claimed messages whose worker has ended, or has been silent for a whole lease."""
    last = t.DELIVERIES.alias("last")
    query = _standing(last, campaign_id, step).where(last.c.state == "claimed")
    old = query.where(last.c.at <= now - LEASE).order_by(t.DECISIONS.c.customer_id)
    young = query.where(last.c.at > now - LEASE).order_by(t.DECISIONS.c.customer_id)
    left = [one for one in _dues(database, young) if has_ended(one.worker)]
    return [*_dues(database, old), *left]


def claim(
    database: Database,
    dues: Sequence[DueMessage],
    *,
    now: datetime,
    worker: str,
    quiet_until: Mapping[str, datetime],
    holds: Mapping[str, SendVerdict],
) -> dict[str, SendVerdict]:
    """Judge due messages and write the verdicts; a message that another worker took is left out.

    One that may go gets the verdict that ``holds`` has for its key, if there is one.
    """
    ordered = sorted(dues, key=lambda one: one.decision.key)
    verdicts: dict[str, SendVerdict] = {}
    with database.writing() as connection:
        states = _states(connection, ordered, now)
        free = [one for one in ordered if _is_waiting(one, states)]
        gates = SendChecks.read(connection, [one.decision for one in free], now)
        for one in free:
            verdict = gates.judge(one.decision, quiet_until.get(one.decision.key))
            if verdict.state == DeliveryState.CLAIMED:
                verdict = holds.get(one.decision.key, verdict)
            verdicts[one.decision.key] = verdict
            if verdict.state == DeliveryState.CLAIMED:
                gates.note(one.decision)
        rows = [
            _row(
                one,
                verdicts[one.decision.key],
                now,
                worker=worker,
                address_hash=one.decision.address_hash,
            )
            for one in free
        ]
        database.insert_new(connection, t.DELIVERIES, rows)
    return verdicts


def finish(
    database: Database, results: Sequence[DeliveryResult], *, now: datetime
) -> list[DeliveryResult]:
    """Write what became of claimed messages; return those written.

    The result of a worker that was taken for dead, and whose message another one has taken on
    since, is left out: the new holder asks the channel and writes what it says.
    """
    ordered = sorted(results, key=lambda result: result.due.decision.key)
    with database.writing() as connection:
        states = _states(connection, [result.due for result in ordered], now)
        mine = [result for result in ordered if _is_held(result, states)]
        rows = [
            _row(
                result.due,
                result.verdict,
                now,
                provider=result.provider,
                provider_id=result.provider_id,
                body_hash=result.body_hash,
                fault=result.fault,
                detail=result.detail,
            )
            for result in mine
        ]
        database.insert_new(connection, t.DELIVERIES, rows)
        database.insert_new(connection, t.EXPOSURES, exposures(mine, now))
    return mine


def states(database: Database, campaign_id: str, step: str) -> Counter[tuple[str, str | None]]:
    """Return how many decisions of a step are in which (state, reason); of each customer's last."""
    last = t.DELIVERIES.alias("last")
    query = (
        sa.select(last.c.state, last.c.reason, sa.func.count())
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(t.DECISIONS.c.key))
        .where(t.DECISIONS.c.campaign_id == campaign_id, t.DECISIONS.c.step == step)
        .where(~has_follower())
        .group_by(last.c.state, last.c.reason)
    )
    with database.reading() as connection:
        found = connection.execute(query).all()
    return Counter({(state, reason): n for state, reason, n in found})


def _standing(last: Any, campaign_id: str, step: str) -> Any:
    return (
        sa.select(t.DECISIONS, last.c.attempt, last.c.worker, *_tries())
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(t.DECISIONS.c.key))
        .where(t.DECISIONS.c.campaign_id == campaign_id, t.DECISIONS.c.step == step)
        .where(~is_reopened())
    )


def is_reopened() -> Any:
    """Whether a decision was opened anew, so that another one takes its place."""
    d, r = t.DECISIONS.c, t.RETRIES.c
    query = sa.select(r.retry).where(
        r.campaign_id == d.campaign_id,
        r.step == d.step,
        r.customer_id == d.customer_id,
        r.retry > d.retry,
    )
    return query.correlate(t.DECISIONS).exists()


def has_follower() -> Any:
    """Whether another decision has taken a decision's place."""
    d, later = t.DECISIONS.c, t.DECISIONS.alias("later")
    query = sa.select(later.c.key).where(
        later.c.campaign_id == d.campaign_id,
        later.c.step == d.step,
        later.c.customer_id == d.customer_id,
        later.c.retry > d.retry,
    )
    return query.correlate(t.DECISIONS).exists()


def _waits(last: Any, now: datetime) -> Any:
    misjudged = sa.and_(
        last.c.state == "suppressed",
        last.c.reason.in_(TIMELY),
        last.c.attempt > 0,
        _is_ahead(last, now),
    )
    return sa.or_(last.c.state.in_(WAITING), misjudged)


def _due_at(last: Any, now: datetime) -> Any:
    """Return when a message is due: as planned, where a clock ahead of time said something else."""
    planned = t.DECISIONS.c.planned_at
    said = sa.case((_is_ahead(last, now), planned), else_=last.c.due_at)
    return sa.func.coalesce(said, planned, type_=t.Instant)


def _is_ahead(last: Any, now: datetime) -> Any:
    return last.c.at > now + AHEAD


def _own_run() -> Any:
    return sa.and_(
        t.RUNS.c.campaign_id == t.DECISIONS.c.campaign_id,
        t.RUNS.c.step == t.DECISIONS.c.step,
        t.RUNS.c.plan_hash == t.DECISIONS.c.plan_hash,
    )


def _tries() -> tuple[Any, ...]:
    """Return the numbers of a message's intents, and of those that each kind of fault spoilt."""
    d = t.DELIVERIES.alias("tries")
    of_message = sa.select(sa.func.count()).where(d.c.key == t.DECISIONS.c.key)
    return (
        of_message.where(d.c.state == "claimed").scalar_subquery().label("n_claims"),
        of_message.where(d.c.fault == "channel").scalar_subquery().label("n_faults"),
        of_message.where(d.c.fault == "recipient").scalar_subquery().label("n_deferred"),
    )


def _dues(database: Database, query: Any) -> list[DueMessage]:
    names = Decision.__dataclass_fields__
    with database.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        DueMessage(
            Decision(**{name: row[name] for name in names}),
            row["attempt"],
            n_calls=row["n_claims"] - row["n_faults"],
            worker=row["worker"],
            n_crashes=row["n_claims"] - row["n_faults"] - row["n_deferred"],
            n_faults=row["n_faults"],
        )
        for row in rows
    ]


def _states(
    connection: sa.Connection, dues: Sequence[DueMessage], now: datetime
) -> dict[str, State]:
    last = t.DELIVERIES.alias("last")
    waits = sa.and_(_waits(last, now), ~is_reopened())
    query = (
        sa.select(last.c.key, last.c.attempt, last.c.state, waits)
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(t.DECISIONS.c.key))
        .where(t.DECISIONS.c.key.in_([one.decision.key for one in dues]))
    )
    rows = connection.execute(query)
    return {key: (attempt, state, bool(waits)) for key, attempt, state, waits in rows}


def _is_waiting(one: DueMessage, states: Mapping[str, State]) -> bool:
    attempt, _, waits = states[one.decision.key]
    return waits and attempt == one.attempt - 1


def _is_held(result: DeliveryResult, states: Mapping[str, State]) -> bool:
    attempt, state, _ = states[result.due.decision.key]
    if attempt != result.due.attempt:
        return False
    resolves = state == "in_doubt" and result.verdict.state in RESOLVES_DOUBT
    return state == "claimed" or resolves


def _decision_row(decision: Decision, run: CampaignRun) -> dict[str, Any]:
    row = {**asdict(decision), "plan_hash": run.plan_hash, "state": str(decision.state)}
    row["reason"] = None if decision.reason is None else str(decision.reason)
    return row


def _first_delivery(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return _delivery(row["key"], 0, row["state"], row["reason"], at)


def _row(one: DueMessage, verdict: SendVerdict, at: datetime, **more: Any) -> dict[str, Any]:
    reason = None if verdict.reason is None else str(verdict.reason)
    row = _delivery(one.decision.key, one.attempt, str(verdict.state), reason, at)
    return {**row, "due_at": verdict.due_at, **more}


def _delivery(
    key: str, attempt: int, state: str, reason: str | None, at: datetime
) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(UNSAID)
    return {**blank, "key": key, "attempt": attempt, "state": state, "reason": reason, "at": at}
