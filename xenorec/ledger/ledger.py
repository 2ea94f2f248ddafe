"""The ledger: consents, decisions, deliveries; what must never be lost or done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from xenorec.config.secrets import without_secrets
from xenorec.errors import BadInput
from xenorec.ledger import (
    consent_rules,
    ledger_erasure,
    message_states,
    outbox,
    persons,
    plan_inputs,
    retry_decisions,
    send_checks,
    source_cursors,
    table_loading,
)
from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import Database
from xenorec.ledger.ledger_erasure import LedgerErasure
from xenorec.ledger.records import (
    Assignment,
    CampaignRun,
    Decision,
    DeliveryResult,
    DueMessage,
    PlannedInputs,
    RunReceipt,
    SendVerdict,
)
from xenorec.schema.enums import Reason

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DueMessage", "Ledger", "SendVerdict"]


class Ledger:
    """A SQLite file or a PostgreSQL database, by SQLAlchemy URL.

    Writers follow one another, on both databases; readers wait for nobody.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._database = Database(url)

    def __repr__(self) -> str:
        return f"Ledger({without_secrets(self.url)!r})"

    def create(self) -> None:
        """Make the tables, or bring them to this version; raises BadInput for a newer ledger."""
        self._database.migrate()

    # -- landed rows -----------------------------------------------------------------------

    def append(self, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add rows that are not there yet and return how many are new or newer.

        All of them in one transaction. Consents and points are append-only: a row with the same
        (source, source_id) changes nothing. Of two versions of a suppression the higher counts,
        whichever comes first.
        Raises UnknownName and UnknownColumn with the nearest name, DiskFull.
        """
        return table_loading.append(self._database, table, rows)

    def snapshot(self, table: str, *, until: datetime | None = None) -> pa.Table:
        """Return a table as Arrow, with declared types: whole, or its rows up to an instant.

        Raises BadInput for an instant and a table whose rows have none.
        """
        return table_loading.snapshot(self._database, table, until)

    def set_cursor(self, source: str, name: str, value: str, *, at: datetime) -> None:
        """Keep a small fact of a source, such as where a till was published; the latest stays."""
        source_cursors.write(self._database, source, name, value, at)

    def cursors(self, source: str) -> dict[str, str]:
        """Return what was kept of a source, by name."""
        return source_cursors.read(self._database, source)

    # -- plans -----------------------------------------------------------------------------

    def record_run(
        self, run: CampaignRun, decisions: Sequence[Decision], assignments: Iterable[Assignment]
    ) -> RunReceipt:
        """Write a plan in one transaction; a customer who had a decision keeps the first one."""
        return outbox.record(self._database, run, decisions, assignments)

    def approve(
        self, campaign_id: str, step: str, plan_hash: str, *, by: str, at: datetime
    ) -> None:
        """Note who approved a plan; the first approval stands. Nothing is due before it."""
        if not by.strip():
            raise BadInput("approve(by=...) came empty; give the name of who approves.")
        change = (
            t.RUNS.update()
            .where(_run(campaign_id, step, plan_hash), t.RUNS.c.approved_at.is_(None))
            .values(approved_by=by, approved_at=at)
        )
        with self._database.writing() as connection:
            if connection.execute(change).rowcount:
                subject = f"{campaign_id}/{step}"
                values = {"action": "approve", "subject": subject, "detail": plan_hash, "at": at}
                connection.execute(t.AUDIT_LOG.insert(), values)

    def is_approved(self, campaign_id: str, step: str, plan_hash: str) -> bool:
        """Whether this very plan was approved."""
        query = sa.select(sa.func.count()).where(
            _run(campaign_id, step, plan_hash), t.RUNS.c.approved_at.is_not(None)
        )
        with self._database.reading() as connection:
            return bool(connection.scalar(query))

    def states(self, campaign_id: str, step: str) -> Counter[tuple[str, str | None]]:
        """Return how many decisions of a step are in which (state, reason)."""
        return outbox.states(self._database, campaign_id, step)

    def messages(self, *, until: datetime | None = None) -> pa.Table:
        """Return what went out or is to go: key, campaign_id, customer_id, channel, state, at ...

        As it was known at ``until``, one row per message of an approved plan that was not
        suppressed and did not fail.
        """
        return message_states.messages(self._database, until)

    def decided(self, campaign_id: str, step: str, *, before: datetime) -> set[str]:
        """Return who has a decision in a step from a plan of an earlier instant."""
        return message_states.decided(self._database, campaign_id, step, before)

    def campaigns(self) -> list[str]:
        """Return the names of all campaigns that have a plan here, sorted."""
        return plan_inputs.campaigns(self._database)

    def known_customers(self, campaign_id: str, step: str) -> dict[str, int]:
        """Return who has a decision in a step, and the number of its last retry."""
        return plan_inputs.known_customers(self._database, campaign_id, step)

    def n_planned(self, campaign_id: str, step: str, as_of: datetime) -> int:
        """Return how many messages the approved plans of one instant hold."""
        return plan_inputs.n_planned(self._database, campaign_id, step, as_of)

    def keep_template(self, template: str, version: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of a template's version, to render from them what was approved."""
        plan_inputs.keep_template(self._database, template, version, files)

    def template_files(self, template: str, version: str) -> dict[str, bytes]:
        """Return the files of a template's version by path; empty when it was never approved."""
        return plan_inputs.template_files(self._database, template, version)

    def facts_until(self, until: datetime) -> str:
        """Return a mark of all facts up to an instant that a plan may depend on."""
        return plan_inputs.facts_until(self._database, until)

    def note_planned(self, planned: PlannedInputs) -> None:
        """Write down what a job planned for, so that it need not do so again."""
        plan_inputs.note_planned(self._database, planned)

    def planned_for(self, campaign_id: str, step: str, inputs_hash: str) -> PlannedInputs | None:
        """Return the plan that was made from these very inputs, or None."""
        return plan_inputs.planned_for(self._database, campaign_id, step, inputs_hash)

    # -- second tries ------------------------------------------------------------------------

    def reopen(self, campaign_id: str, step: str, reason: str, *, at: datetime) -> int:
        """Open what failed or was suppressed for a reason that was mended, to be planned again.

        Returns how many customers it was. Never what went out or may have, nor the control group.
        Raises BadInput for a reason that cannot be mended, with those that can.
        """
        return retry_decisions.reopen(self._database, campaign_id, step, reason, at=at)

    def retries(self, campaign_id: str, step: str) -> dict[str, int]:
        """Return the number of the retry of every customer whose decision was opened anew."""
        return retry_decisions.retries(self._database, campaign_id, step)

    # -- sending ---------------------------------------------------------------------------

    def last_moment(self, campaign_id: str, step: str) -> datetime | None:
        """Return the latest moment of the messages of a step that wait; None when none does."""
        return plan_inputs.last_moment(self._database, campaign_id, step)

    def open_channels(self, campaign_id: str, step: str) -> set[str]:
        """Return the channels of the messages of a step that are still to go."""
        return plan_inputs.channels(self._database, campaign_id, step)

    def due(
        self, campaign_id: str, step: str, now: datetime, limit: int = 200, *, after: str = ""
    ) -> list[DueMessage]:
        """Return messages of approved plans that are due at ``now``, in the order of customers.

        ``after`` is the last customer of the page before.
        """
        return outbox.due(self._database, campaign_id, step, now, limit=limit, after=after)

    def abandoned(self, campaign_id: str, step: str, now: datetime) -> list[DueMessage]:
        """Return messages that a worker claimed and will not report on.

        Its process has ended, or it has been silent for a whole lease (5 minutes).
        """
        return outbox.abandoned(self._database, campaign_id, step, now)

    def pass_gates(
        self,
        dues: Sequence[DueMessage],
        *,
        now: datetime,
        worker: str,
        quiet_until: Mapping[str, datetime],
        holds: Mapping[str, SendVerdict] | None = None,
    ) -> dict[str, SendVerdict]:
        """Judge due messages and claim those that may go, in one transaction.

        ``quiet_until`` gives, for keys in their quiet hours, when these end; ``holds`` what is to
        become of keys that cannot go now, though they may. The verdict ``claimed`` belongs to this
        worker alone; a key that another worker took is left out.
        """
        return outbox.claim(
            self._database,
            dues,
            now=now,
            worker=worker,
            quiet_until=quiet_until,
            holds=holds or {},
        )

    def refusal(self, decision: Decision, now: datetime) -> Reason | None:
        """Return why a claimed message must not go after all, in the instant before its call."""
        with self._database.reading() as connection:
            known = send_checks.SendChecks.read(connection, [decision], now, with_caps=False)
            return known.refusal(decision)

    def finish(self, results: Sequence[DeliveryResult], *, now: datetime) -> list[DeliveryResult]:
        """Write what became of claimed messages and return the results that were written.

        Left out is the result of a worker that was taken for dead and whose message another one
        holds since.
        """
        return outbox.finish(self._database, results, now=now)

    # -- consent, suppression, erasure -------------------------------------------------------

    def consents_at(
        self,
        now: datetime,
        channel: str,
        purpose: str,
        customers: Sequence[str] | Mapping[str, str],
    ) -> set[str]:
        """Return the customers whose consent to a channel and purpose is valid at ``now``.

        ``customers``: ids, or ids and the hash of each one's address; what was said under any
        account of the person counts, and a withdrawal of whoever has the same address. The latest
        statement counts; of two at the same instant the withdrawal; a withdrawal is in force from
        its arrival at the latest. A statement for the channel ``any`` is one for every channel.
        """
        hashes = customers if isinstance(customers, Mapping) else {}
        asked = {one: hashes.get(one) for one in customers}
        with self._database.reading() as connection:
            return consent_rules.consented(connection, now, channel, purpose, asked)

    def suppressed(self, hashes: Sequence[str], channel: str, now: datetime) -> set[str]:
        """Return those of the address hashes that may not be written to at ``now``."""
        with self._database.reading() as connection:
            return consent_rules.suppressed(connection, now, channel, hashes)

    def sent_since(self, customer_ids: Sequence[str], since: datetime) -> Counter[str]:
        """Return, per customer, the messages later than ``since`` that went out or may have.

        All campaigns and channels count; the instant is that of the intent.
        """
        found: Counter[str] = Counter()
        with self._database.reading() as connection:
            earlier = send_checks.earlier(connection, customer_ids, since)
            found.update({customer_id: len(sent) for customer_id, sent in earlier.items()})
        return found

    def withdraw(
        self, customer_id: str, channel: str, *, purpose: str = "marketing", at: datetime
    ) -> None:
        """Write down that a customer unsubscribed."""
        self.append("consents", [consent_rules.withdrawal(customer_id, channel, purpose, at)])

    def erase(
        self,
        customer_id: str | None,
        addresses: Sequence[tuple[str, str]],
        *,
        now: datetime,
        accounts: Sequence[str] = (),
    ) -> LedgerErasure:
        """Suppress a person's addresses for good and blank what the ledger kept of them.

        All accounts of the person are erased, and ``accounts`` beside; ``addresses`` are pairs of
        channel and hash. Keys of decisions stay, so that nothing is sent twice; no message ever
        goes to this person again.
        """
        ids = [*accounts, *([] if customer_id is None else [customer_id])]
        return ledger_erasure.erase(self._database, ids, addresses, now)

    def erased_accounts(self) -> set[str]:
        """Return the ids of all accounts that were erased."""
        return ledger_erasure.erased_accounts(self._database)

    def erased_hashes(self) -> dict[str, datetime]:
        """Return the hashes of the addresses of everybody who was erased, and since when."""
        return ledger_erasure.erased_hashes(self._database)

    def compact(self) -> None:
        """Give back pages that hold what was deleted or blanked."""
        ledger_erasure.compact(self._database)

    # -- who is who ------------------------------------------------------------------------

    def id_prefixes(self) -> dict[tuple[str, str], str]:
        """Return what stands before the landed ids of each (kind, id space)."""
        return persons.id_prefixes(self._database)

    def add_id_space(self, kind: str, space: str) -> str:
        """Return the prefix of an id space, written down for good when it is seen first."""
        return persons.add_id_space(self._database, kind, space)

    def adopt_id_spaces(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write down the (kind, space) of a workspace from before there were any, all bare."""
        persons.adopt_id_spaces(self._database, pairs)

    def accounts(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return the links (account, person) and addresses (account, hash) that hold now."""
        return persons.current(self._database)

    def change_accounts(
        self,
        *,
        links: tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]],
        addresses: tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]],
        at: datetime,
    ) -> None:
        """Write down (new, ended) links and addresses of accounts, as the warehouse has them."""
        persons.change(self._database, links=links, addresses=addresses, at=at)


def _run(campaign_id: str, step: str, plan_hash: str) -> Any:
    runs = t.RUNS.c
    return sa.and_(runs.campaign_id == campaign_id, runs.step == step, runs.plan_hash == plan_hash)
