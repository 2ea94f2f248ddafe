"""The ledger: consents, decisions, deliveries; what must never be lost or done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from xenorec.errors import BadInput, UnknownName, nearest
from xenorec.ledger import tables as t
from xenorec.ledger.database import CHUNK, Database
from xenorec.ledger.records import Assignment, CampaignRun, Decision, RunReceipt
from xenorec.schema.enums import DeliveryState, Reason

if TYPE_CHECKING:
    import pyarrow as pa

ACCEPTED = ("sent", "delivered", "in_doubt")
WAITING = ("planned", "held")
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Due:
    """A decision whose message is due, and the attempt that would be the next one."""

    decision: Decision
    attempt: int
    n_calls: int


@dataclass(frozen=True)
class Verdict:
    """What the gates say of a message that is due: send it, hold it until, or suppress it."""

    state: DeliveryState
    reason: Reason | None = None
    due_at: datetime | None = None


class Ledger:
    """A SQLite file or a PostgreSQL database, by SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._database = Database(url)

    def create(self) -> None:
        """Make the tables, or bring them to this version."""
        self._database.migrate()

    # -- landed rows -----------------------------------------------------------------------

    def append(self, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add landed rows that are not there yet and return how many are new or newer.

        Consents and points are append-only. Of two versions of a suppression the higher counts.
        """
        found = _table(table)
        ordered = sorted(
            (_storable(found, row) for row in rows),
            key=lambda row: (row["source"], row["source_id"]),
        )
        with self._database.writing() as connection:
            n_new = self._database.insert_new(connection, found, ordered)
            if table == "suppressions":
                n_new += sum(_newer(connection, found, row) for row in ordered)
        return n_new

    def snapshot(self, table: str) -> pa.Table:
        """Return a whole table as Arrow, with declared types."""
        import pyarrow as pa

        found = _table(table)
        order = list(found.primary_key) or [
            found.c.source,
            found.c.source_id,
        ]
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(found).order_by(*order)).mappings().all()
        schema = pa.schema([(column.name, _arrow(column)) for column in found.columns])
        return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)

    # -- plans -----------------------------------------------------------------------------

    def record_run(
        self, run: CampaignRun, decisions: Sequence[Decision], assignments: Iterable[Assignment]
    ) -> RunReceipt:
        """Write a plan in one transaction; a customer who had a decision keeps the first one."""
        rows = [
            {**asdict(decision), "plan_hash": run.plan_hash}
            for decision in sorted(decisions, key=lambda decision: decision.key)
        ]
        arms = sorted((asdict(a) for a in assignments), key=lambda row: str(row["customer_id"]))
        with self._database.writing() as connection:
            self._database.claim_lock(connection)
            self._database.insert_new(connection, t.RUNS, [asdict(run)])
            self._database.insert_new(connection, t.ASSIGNMENTS, arms)
            n_new = self._database.insert_new(connection, t.DECISIONS, rows)
            self._database.insert_new(
                connection, t.DELIVERIES, [_first_delivery(row, run.created_at) for row in rows]
            )
        return RunReceipt(n_new, len(rows) - n_new)

    def approve(
        self, campaign_id: str, step: str, plan_hash: str, *, by: str, at: datetime
    ) -> None:
        """Note who approved a plan; the first approval stands."""
        if not by.strip():
            raise BadInput("approve(by=...) came empty; give the name of who approves.")
        runs = t.RUNS
        mine = sa.and_(
            runs.c.campaign_id == campaign_id, runs.c.step == step, runs.c.plan_hash == plan_hash
        )
        with self._database.writing() as connection:
            done = connection.execute(
                runs.update()
                .where(mine, runs.c.approved_at.is_(None))
                .values(approved_by=by, approved_at=at)
            )
            if done.rowcount:
                _log(connection, "approve", f"{campaign_id}/{step}", plan_hash, at)

    def is_approved(self, campaign_id: str, step: str, plan_hash: str) -> bool:
        """Whether this very plan was approved."""
        runs = t.RUNS
        query = sa.select(sa.func.count()).where(
            runs.c.campaign_id == campaign_id,
            runs.c.step == step,
            runs.c.plan_hash == plan_hash,
            runs.c.approved_at.is_not(None),
        )
        with self._database.reading() as connection:
            return bool(connection.scalar(query))

    def states(self, campaign_id: str, step: str) -> Counter[tuple[str, str | None]]:
        """Return how many decisions of a step are in which (state, reason)."""
        latest = _latest()
        query = (
            sa.select(latest.c.state, latest.c.reason, sa.func.count())
            .join(t.DECISIONS, t.DECISIONS.c.key == latest.c.key)
            .where(t.DECISIONS.c.campaign_id == campaign_id, t.DECISIONS.c.step == step)
            .group_by(latest.c.state, latest.c.reason)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        return Counter({(state, reason): n for state, reason, n in found})

    # -- sending ---------------------------------------------------------------------------

    def due(self, campaign_id: str, step: str, now: datetime, limit: int = 200) -> list[Due]:
        """Return decisions whose message is due at ``now``, in the order of their keys."""
        latest = _latest()
        at = sa.func.coalesce(latest.c.due_at, t.DECISIONS.c.planned_at)
        query = (
            sa.select(t.DECISIONS, latest.c.attempt.label("attempt"), _n_calls())
            .join(latest, latest.c.key == t.DECISIONS.c.key)
            .where(
                t.DECISIONS.c.campaign_id == campaign_id,
                t.DECISIONS.c.step == step,
                latest.c.state.in_(WAITING),
                at <= now,
            )
            .order_by(t.DECISIONS.c.key)
            .limit(limit)
        )
        return self._dues(query, next_attempt=1)

    def abandoned(self, campaign_id: str, step: str, now: datetime) -> list[Due]:
        """Return messages that a worker claimed and never reported on, older than the lease."""
        latest = _latest()
        query = (
            sa.select(t.DECISIONS, latest.c.attempt.label("attempt"), _n_calls())
            .join(latest, latest.c.key == t.DECISIONS.c.key)
            .where(
                t.DECISIONS.c.campaign_id == campaign_id,
                t.DECISIONS.c.step == step,
                latest.c.state == "claimed",
                latest.c.at <= now - LEASE,
            )
            .order_by(t.DECISIONS.c.key)
        )
        return self._dues(query, next_attempt=0)

    def pass_gates(
        self,
        dues: Sequence[Due],
        *,
        now: datetime,
        worker: str,
        quiet_until: Mapping[str, datetime],
    ) -> dict[str, Verdict]:
        """Judge due messages and claim those that may go, in one transaction.

        ``quiet_until`` gives, for keys in their quiet hours, when these end. The verdict
        ``claimed`` belongs to this worker alone; a key that another worker took is left out.
        """
        with self._database.writing() as connection:
            self._database.claim_lock(connection)
            gates = _Gates(connection, now)
            verdicts: dict[str, Verdict] = {}
            for due in sorted(dues, key=lambda due: due.decision.key):
                verdict = gates.judge(due.decision, quiet_until.get(due.decision.key))
                if self._write(connection, due, verdict, now, worker):
                    verdicts[due.decision.key] = verdict
                    gates.note(due.decision, verdict)
        return verdicts

    def finish(
        self,
        due: Due,
        verdict: Verdict,
        *,
        now: datetime,
        provider: str | None = None,
        provider_id: str | None = None,
        body_hash: str | None = None,
    ) -> None:
        """Write what became of a claimed message."""
        row = _delivery(due.decision.key, due.attempt, verdict, now)
        row.update(provider=provider, provider_id=provider_id, body_hash=body_hash)
        with self._database.writing() as connection:
            self._database.insert_new(connection, t.DELIVERIES, [row])

    def _write(
        self, connection: sa.Connection, due: Due, verdict: Verdict, now: datetime, worker: str
    ) -> bool:
        row = _delivery(due.decision.key, due.attempt, verdict, now)
        row["worker"] = worker
        still = connection.execute(
            sa.select(t.DELIVERIES.c.state, t.DELIVERIES.c.attempt)
            .where(t.DELIVERIES.c.key == due.decision.key)
            .order_by(t.DELIVERIES.c.attempt.desc(), t.DELIVERIES.c.seq.desc())
            .limit(1)
        ).one()
        if still.state not in WAITING or still.attempt != due.attempt - 1:
            return False
        connection.execute(self._database.insert(t.DELIVERIES), [row])
        return True

    def _dues(self, query: Any, *, next_attempt: int) -> list[Due]:
        names = Decision.__dataclass_fields__
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Due(
                Decision(**{name: row[name] for name in names}),
                row["attempt"] + next_attempt,
                row["n_calls"],
            )
            for row in rows
        ]

    # -- consent, suppression, erasure -------------------------------------------------------

    def consents_at(
        self, now: datetime, channel: str, purpose: str, customer_ids: Sequence[str]
    ) -> set[str]:
        """Return the customers whose consent to a channel and purpose is valid at ``now``.

        The latest statement not later than ``now`` counts; of two at the same instant the
        withdrawal. A statement for the channel ``any`` is one for every channel.
        """
        with self._database.reading() as connection:
            return _consented(connection, now, channel, purpose, customer_ids)

    def suppressed(self, hashes: Sequence[str], channel: str, now: datetime) -> set[str]:
        """Return those of the address hashes that may not be written to at ``now``."""
        with self._database.reading() as connection:
            return _suppressed(connection, now, channel, hashes)

    def withdraw(
        self, customer_id: str, channel: str, *, purpose: str = "marketing", at: datetime
    ) -> None:
        """Write down that a customer unsubscribed."""
        row = {
            "customer_id": customer_id,
            "channel": channel,
            "purpose": purpose,
            "status": "withdrawn",
            "at": at,
            "source": "unsubscribe",
            "source_id": f"{customer_id}/{channel}/{purpose}/{at.isoformat()}",
            "ingested_at": at,
            "version": 1,
        }
        self.append("consents", [row])

    def erase(
        self, customer_id: str, addresses: Sequence[tuple[str, str]], *, now: datetime
    ) -> None:
        """Suppress a customer's addresses for good and blank what decisions kept of them."""
        rows = [
            {
                "channel": channel,
                "value_hash": value_hash,
                "reason": "erased",
                "at": now,
                "source": "erasure",
                "source_id": f"{channel}/{value_hash}",
                "ingested_at": now,
                "version": 1,
            }
            for channel, value_hash in sorted(addresses)
        ]
        with self._database.writing() as connection:
            filled = [_storable(t.SUPPRESSIONS, row) for row in rows]
            self._database.insert_new(connection, t.SUPPRESSIONS, filled)
            connection.execute(
                t.DECISIONS.update()
                .where(t.DECISIONS.c.customer_id == customer_id)
                .values(context="{}")
            )
            _log(connection, "erase", customer_id, None, now)

    def log_merges(self, links: Sequence[Mapping[str, str]], *, at: datetime) -> int:
        """Write down which accounts are together now and were not, and which came apart."""
        merges = t.MERGES
        with self._database.writing() as connection:
            rows = connection.execute(sa.select(merges).order_by(merges.c.at)).mappings().all()
            together: set[tuple[str, str]] = set()
            for row in rows:
                pair = (row["customer_id"], row["into_id"])
                (together.add if row["action"] == "merge" else together.discard)(pair)
            now = {(link["customer_id"], link["into_id"]) for link in links}
            changes = [(*pair, "merge") for pair in sorted(now - together)]
            changes += [(*pair, "unmerge") for pair in sorted(together - now)]
            for customer_id, into_id, action in changes:
                values = {"customer_id": customer_id, "into_id": into_id}
                connection.execute(merges.insert(), {**values, "action": action, "at": at})
        return len(changes)


class _Gates:
    """What is checked in the instant before a message is claimed."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self._sent: dict[tuple[str, float], int] = {}

    def judge(self, decision: Decision, quiet_until: datetime | None) -> Verdict:
        """Return whether a message goes, waits or is suppressed, and why."""
        if self.now > decision.not_after:
            return Verdict(DeliveryState.SUPPRESSED, Reason.EXPIRED)
        reason = self._refusal(decision)
        if reason is not None:
            return Verdict(DeliveryState.SUPPRESSED, reason)
        if quiet_until is not None:
            return Verdict(DeliveryState.HELD, Reason.QUIET_HOURS, quiet_until)
        if decision.cap_n is not None and self._count(decision) >= decision.cap_n:
            return Verdict(DeliveryState.SUPPRESSED, Reason.CAPPED)
        return Verdict(DeliveryState.CLAIMED)

    def note(self, decision: Decision, verdict: Verdict) -> None:
        """Count a message that goes, for the caps of the next ones."""
        if verdict.state == DeliveryState.CLAIMED:
            for key in self._sent:
                if key[0] == decision.customer_id:
                    self._sent[key] += 1

    def _refusal(self, decision: Decision) -> Reason | None:
        if decision.context == "{}":
            return Reason.ERASED
        consented = _consented(
            self.connection,
            self.now,
            decision.channel,
            decision.purpose,
            [decision.customer_id],
        )
        if not consented:
            return Reason.NO_CONSENT
        hashes = [decision.address_hash] if decision.address_hash else []
        if not hashes:
            return Reason.INVALID_ADDRESS
        if _suppressed(self.connection, self.now, decision.channel, hashes):
            return Reason.SUPPRESSED_ADDRESS
        return None

    def _count(self, decision: Decision) -> int:
        days = decision.cap_days or 0.0
        key = (decision.customer_id, days)
        if key not in self._sent:
            d, c = t.DELIVERIES, t.DECISIONS
            query = (
                sa.select(sa.func.count(sa.distinct(d.c.key)))
                .join(c, c.c.key == d.c.key)
                .where(
                    c.c.customer_id == decision.customer_id,
                    d.c.state.in_(("claimed", *ACCEPTED)),
                    d.c.at > self.now - timedelta(days=days),
                )
            )
            self._sent[key] = int(self.connection.scalar(query) or 0)
        return self._sent[key]


def _consented(
    connection: sa.Connection,
    now: datetime,
    channel: str,
    purpose: str,
    customer_ids: Sequence[str],
) -> set[str]:
    c = t.CONSENTS.c
    latest: dict[str, tuple[datetime, bool, datetime | None]] = {}
    for start in range(0, len(customer_ids), CHUNK):
        query = sa.select(c.customer_id, c.status, c.at, c.expires_at).where(
            c.customer_id.in_(customer_ids[start : start + CHUNK]),
            c.channel.in_((channel, "any")),
            c.purpose == purpose,
            c.at <= now,
        )
        for customer_id, status, at, expires_at in connection.execute(query):
            said = (at, status == "withdrawn", expires_at)
            if customer_id not in latest or said[:2] > latest[customer_id][:2]:
                latest[customer_id] = said
    return {
        customer_id
        for customer_id, (_, withdrawn, expires_at) in latest.items()
        if not withdrawn and (expires_at is None or expires_at > now)
    }


def _suppressed(
    connection: sa.Connection, now: datetime, channel: str, hashes: Sequence[str]
) -> set[str]:
    s = t.SUPPRESSIONS.c
    found: set[str] = set()
    for start in range(0, len(hashes), CHUNK):
        query = sa.select(s.value_hash).where(
            s.value_hash.in_(hashes[start : start + CHUNK]),
            s.channel.in_((channel, "any")),
            s.at <= now,
            sa.or_(s.until.is_(None), s.until > now),
        )
        found.update(connection.scalars(query))
    return found


def _n_calls() -> Any:
    d = t.DELIVERIES.alias("calls")
    query = sa.select(sa.func.count()).where(d.c.key == t.DECISIONS.c.key, d.c.state == "claimed")
    return query.scalar_subquery().label("n_calls")


def _latest() -> Any:
    d = t.DELIVERIES
    place = (
        sa.func.row_number()
        .over(partition_by=d.c.key, order_by=(d.c.attempt.desc(), d.c.seq.desc()))
        .label("place")
    )
    ranked = sa.select(d, place).subquery()
    return sa.select(ranked).where(ranked.c.place == 1).subquery()


def _first_delivery(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    verdict = Verdict(DeliveryState(row["state"]), row["reason"])
    return _delivery(row["key"], 0, verdict, at)


def _delivery(key: str, attempt: int, verdict: Verdict, at: datetime) -> dict[str, Any]:
    return {
        "key": key,
        "attempt": attempt,
        "state": str(verdict.state),
        "reason": None if verdict.reason is None else str(verdict.reason),
        "due_at": verdict.due_at,
        "provider": None,
        "provider_id": None,
        "body_hash": None,
        "worker": None,
        "at": at,
    }


def _newer(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> int:
    same = sa.and_(table.c.source == row["source"], table.c.source_id == row["source_id"])
    older = sa.func.coalesce(table.c.version, 0) < (row["version"] or 0)
    return int(connection.execute(table.update().where(same, older).values(dict(row))).rowcount)


def _storable(table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    filled = {column.name: row.get(column.name) for column in table.columns}
    for column in table.columns:
        if filled[column.name] is not None and _is_number_text(column):
            filled[column.name] = str(filled[column.name])
    return filled


def _is_number_text(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.String) and column.type.length == 32


def _table(name: str) -> sa.Table:
    known = {table.name: table for table in t.METADATA.sorted_tables}
    if name not in known:
        raise UnknownName(f"The ledger has no table {name!r}.{nearest(name, known)}")
    return known[name]


def _arrow(column: sa.Column[Any]) -> Any:
    import pyarrow as pa

    if isinstance(column.type, t.Instant):
        return pa.timestamp("us", "UTC")
    if isinstance(column.type, sa.Boolean):
        return pa.bool_()
    if isinstance(column.type, sa.Float):
        return pa.float64()
    if isinstance(column.type, sa.Integer | sa.BigInteger):
        return pa.int64()
    return pa.string()


def _log(
    connection: sa.Connection, action: str, subject: str, detail: str | None, at: datetime
) -> None:
    connection.execute(
        t.AUDIT_LOG.insert(), {"action": action, "subject": subject, "detail": detail, "at": at}
    )
