"""What is kept beside a plan: the template it was approved with, and what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from xenorec.ledger import ledger_tables as t
from xenorec.ledger.database import Database
from xenorec.ledger.outbox import WAITING
from xenorec.ledger.records import PlannedInputs
from xenorec.ledger.send_checks import latest_seq

FACTS = (
    t.CONSENTS,
    t.SUPPRESSIONS,
    t.EXPOSURES,
    t.OUTCOMES,
    t.MERGES,
    t.RETRIES,
)
"""Tables whose rows up to an instant may change what is planned for it."""


def keep_template(
    database: Database, template: str, version: str, files: Mapping[str, bytes]
) -> None:
    """Keep the files of a template's version; those that are there stay as they are."""
    rows = [
        {"template": template, "version": version, "path": path, "content": content}
        for path, content in sorted(files.items())
    ]
    with database.writing() as connection:
        database.insert_new(connection, t.TEMPLATE_FILES, rows)


def template_files(database: Database, template: str, version: str) -> dict[str, bytes]:
    """Return the files of a template's version by path; empty when it was never approved."""
    f = t.TEMPLATE_FILES.c
    query = sa.select(f.path, f.content).where(f.template == template, f.version == version)
    with database.reading() as connection:
        return {path: bytes(content) for path, content in connection.execute(query)}


def note_planned(database: Database, planned: PlannedInputs) -> None:
    """Write down what was planned for, once."""
    with database.writing() as connection:
        database.insert_new(connection, t.PLANNED_INPUTS, [asdict(planned)])


def planned_for(
    database: Database, campaign_id: str, step: str, inputs_hash: str
) -> PlannedInputs | None:
    """Return the plan that was made from these very inputs, or None."""
    p = t.PLANNED_INPUTS
    query = sa.select(p).where(
        p.c.campaign_id == campaign_id, p.c.step == step, p.c.inputs_hash == inputs_hash
    )
    with database.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else PlannedInputs(**row)


def facts_until(database: Database, until: datetime) -> str:
    """Return a mark of all facts of an instant or before that a plan may depend on.

    Facts that arrive later for an earlier instant change it; what happens after it does not.
    """
    digest = sha256()
    with database.reading() as connection:
        for table in FACTS:
            digest.update(
                f"{table.name}:{connection.execute(_extent(table, until)).one()}".encode()
            )
    return digest.hexdigest()


def campaigns(database: Database) -> list[str]:
    """Return the names of all campaigns that have a plan here, sorted."""
    query = sa.select(t.RUNS.c.campaign_id).distinct().order_by(t.RUNS.c.campaign_id)
    with database.reading() as connection:
        return list(connection.scalars(query))


def known_customers(database: Database, campaign_id: str, step: str) -> dict[str, int]:
    """Return the retry number of every customer's last decision in a step."""
    d = t.DECISIONS.c
    query = (
        sa.select(d.customer_id, sa.func.max(d.retry))
        .where(d.campaign_id == campaign_id, d.step == step)
        .group_by(d.customer_id)
    )
    with database.reading() as connection:
        return {customer_id: int(retry) for customer_id, retry in connection.execute(query)}


def n_planned(database: Database, campaign_id: str, step: str, as_of: datetime) -> int:
    """Return how many messages the approved plans of one instant hold."""
    d, r = t.DECISIONS.c, t.RUNS.c
    query = (
        sa.select(sa.func.count())
        .select_from(t.DECISIONS)
        .join(t.RUNS, sa.and_(r.campaign_id == d.campaign_id, r.plan_hash == d.plan_hash))
        .where(
            d.campaign_id == campaign_id,
            d.step == step,
            d.state == "planned",
            r.step == step,
            r.as_of == as_of,
            r.approved_at.is_not(None),
        )
    )
    with database.reading() as connection:
        return int(connection.scalar(query) or 0)


def channels(database: Database, campaign_id: str, step: str) -> set[str]:
    """Return the channels of a step's messages that are still to go."""
    query = _still_to_go(t.DECISIONS.c.channel, campaign_id, step).distinct()
    with database.reading() as connection:
        return set(connection.scalars(query))


def last_moment(database: Database, campaign_id: str, step: str) -> datetime | None:
    """Return the latest moment of a step's messages that are still to go."""
    latest = sa.func.max(t.DECISIONS.c.not_after, type_=t.Instant)
    with database.reading() as connection:
        found: datetime | None = connection.scalar(_still_to_go(latest, campaign_id, step))
    return found


def _still_to_go(what: Any, campaign_id: str, step: str) -> Any:
    d, last = t.DECISIONS.c, t.DELIVERIES.alias("last")
    return (
        sa.select(what)
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(d.key))
        .where(d.campaign_id == campaign_id, d.step == step)
        .where(last.c.state.in_((*WAITING, "claimed")))
    )


def _extent(table: sa.Table, until: datetime) -> Any:
    columns: list[Any] = [sa.func.count()]
    columns += [sa.func.max(table.c[name]) for name in ("ingested_at", "retry") if name in table.c]
    query = sa.select(*columns).select_from(table)
    return query if table is t.RETRIES else query.where(table.c.at <= until)
