"""Land a batch: check it, put bad rows aside with their reasons, merge the good ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xenorec.engine import DuckEngine, Session, query_frames
from xenorec.errors import BadInput, NaiveTimestamp, nearest
from xenorec.schema import (
    CONTROL,
    LINE,
    LandedBatch,
    Table,
    compared_sql,
    create_sql,
    kinds_in,
    naive_columns,
    quoted,
    ranked_sql,
    reasons_sql,
    typed_sql,
)
from xenorec.schema.table_definition import TEXT
from xenorec.sources.erased_rows import clear_erased, hide_erased
from xenorec.sources.id_spaces import IdSpaces, note_references
from xenorec.sources.identifier_sightings import note_sightings
from xenorec.sources.load_report import TableLoad
from xenorec.sources.suppression_hashes import hash_addresses

if TYPE_CHECKING:
    import pandas as pd

LOG = (
    "create table if not exists warehouse.load_log (loaded_at TIMESTAMPTZ, source VARCHAR, "
    "table_name VARCHAR, n_in BIGINT, n_accepted BIGINT, n_quarantined BIGINT, n_new BIGINT, "
    "n_changed BIGINT, n_unchanged BIGINT)"
)
ASIDE = {
    "source": "VARCHAR",
    "table_name": "VARCHAR",
    "line": "BIGINT",
    "reasons": "VARCHAR[]",
    "raw": "VARCHAR",
    "put_aside_at": "TIMESTAMPTZ",
}
"""The columns of the quarantine."""
QUARANTINE = (
    "create table if not exists warehouse.quarantine "
    f"({', '.join(f'{name} {type_}' for name, type_ in ASIDE.items())})"
)
QUARANTINED = "select * from warehouse.quarantine order by source, table_name, line"
NOTHING = (
    f"select {', '.join(f'cast(null as {type_}) as {name}' for name, type_ in ASIDE.items())} "
    "limit 0"
)
CONFLICT = "the same source_id came twice with different content and no higher version; one is kept"

Append = Callable[[str, list[dict[str, Any]]], int]


@dataclass(frozen=True)
class Batch:
    """A query whose rows are to be landed as one canonical table."""

    table: Table
    select: str
    source: str
    time_zone: str | None = None
    currency: str | None = None
    first_line: int = 1
    """The number of the first row; 2 for a file with a header."""
    space: str | None = None
    """The id space of all rows; without it each row's source is its own."""
    spaces: Mapping[str, str] = field(default_factory=dict)
    """Kinds of ids that share another source's space."""


@dataclass(frozen=True)
class Landing:
    """What landing is told of the workspace: its clock, its ledger, whose ids are whose.

    ``append`` takes the accepted rows of a table whose home is the ledger; ``erased`` are the ids
    of accounts that stay out; phones without a country code are read as of ``country``.
    """

    now: datetime
    append: Append
    ids: IdSpaces = field(default_factory=IdSpaces)
    erased: frozenset[str] = frozenset()
    country: str | None = None
    complete: frozenset[str] = frozenset()
    """Tables of which the load brings all rows that its source has."""


def land(session: Session, batch: Batch, landing: Landing) -> TableLoad:
    """Land one batch inside the running transaction and return its counts.

    Rows of erased customers are accepted without what is personal, so that a load goes on.
    Raises BadInput for a missing key column and NaiveTimestamp for clock times nobody can place.
    """
    now = landing.now
    _take(session, batch)
    if batch.table.name == "suppressions":
        hash_addresses(session, landing.country)
    landed = _describe(session, batch, landing)
    _refuse_missing_columns(batch.table, landed)
    _refuse_naive(session, batch.table, landed)
    session.run(f"create or replace temp table typed as {typed_sql(batch.table, landed)}")
    n_unread = _put_unread_aside(session, batch, now)
    n_in = int(session.value("select count(*) from typed")) + n_unread
    n_bad = n_unread + _quarantine(session, batch, reasons_sql(batch.table, landed), landing)
    n_conflicts = _settle(session, batch, now)
    clear_erased(session, batch.table, landing.erased)
    if batch.space is None and not batch.spaces:
        note_references(session, batch.table, batch.source)
    n_cleaned = _count_cleaned(session, batch.table, landed)
    if batch.table.name == "identifiers":
        note_sightings(session, now, is_complete="identifiers" in landing.complete)
    counts = _merge(session, batch.table, now, landing.append)
    load = TableLoad(
        batch.table.name,
        n_in,
        n_in - n_bad - n_conflicts,
        n_bad + n_conflicts,
        counts.get("new", 0),
        counts.get("changed", 0),
        n_in - n_bad - n_conflicts - counts.get("new", 0) - counts.get("changed", 0),
        tuple(sorted(set(landed.types) - set(batch.table.names))),
        n_cleaned,
    )
    _log(session, batch.source, load, now)
    _drop(session)
    return load


def prepare(session: Session, tables: list[Table]) -> None:
    """Make the warehouse's tables, quarantine and load log where they are missing."""
    for sql in (
        "create schema if not exists warehouse",
        LOG,
        QUARANTINE,
        *(create_sql(table) for table in tables),
    ):
        session.run(sql)
    _add_columns(session, tables)


def _add_columns(session: Session, tables: list[Table]) -> None:
    """Add the columns that an older version of us did not know."""
    known = {
        (row[0], row[1])
        for row in session.rows(
            "select table_name, column_name from duckdb_columns() where schema_name = 'warehouse'"
        )
    }
    for table in tables:
        for column in table.columns:
            if (table.name, column.name) not in known:
                session.run(
                    f'alter table warehouse.{table.name} add column "{column.name}" {column.type}'
                )


def quarantined(engine: DuckEngine) -> pd.DataFrame:
    """Return the rows that were put aside; none, with the same columns, before the first load."""
    rows = query_frames(NOTHING, {})
    if engine.exists():
        with engine.reading() as session:
            if "quarantine" in session.tables():
                rows = session.arrow(QUARANTINED)
    frame: pd.DataFrame = rows.to_pandas()
    return frame


def _take(session: Session, batch: Batch) -> None:
    session.run(
        f"create or replace temp table landed as "
        f"select *, row_number() over () + {batch.first_line - 1} as {LINE} from ({batch.select})"
    )


def _describe(session: Session, batch: Batch, landing: Landing) -> LandedBatch:
    n_zones, only = _register_store_zones(session), None
    if n_zones == 1 and "store_id" not in batch.table.names:
        only = session.value("select min(time_zone) from store_zones")
    types = session.columns(f"select * exclude ({LINE}) from landed")
    sources = _sources(session, batch, types)
    return LandedBatch(
        types,
        batch.source,
        batch.time_zone or only,
        batch.currency,
        n_zones > 0,
        landing.now,
        landing.ids.prefixes(kinds_in(batch.table, types), sources, batch.space, batch.spaces),
    )


def _sources(session: Session, batch: Batch, types: Mapping[str, str]) -> list[str]:
    """Return the sources of a batch's rows: its own, or those that its rows name."""
    if "source" not in types:
        return [batch.source]
    rows = session.rows(
        "select distinct coalesce(nullif(trim(cast(source as VARCHAR)), ''), $own) from landed",
        {"own": batch.source},
    )
    return sorted(row[0] for row in rows) or [batch.source]


def _count_cleaned(session: Session, table: Table, landed: LandedBatch) -> int:
    """Return how many texts had control characters in them, which a blank replaced."""
    counts = [
        f'count(*) filter (where regexp_matches("{column.name}", {quoted(CONTROL)}))'
        for column in table.columns
        if landed.types.get(column.name) == TEXT and column.type == TEXT and not column.is_id
    ]
    if not counts:
        return 0
    return int(session.value(f"select {' + '.join(counts)} from landed"))


def _register_store_zones(session: Session) -> int:
    """Make the zone of each store readable, and return how many zones there are."""
    session.run(
        "create or replace temp table store_zones as "
        "select store_id, max(time_zone) as time_zone from warehouse.stores "
        "where time_zone is not null group by store_id"
    )
    return int(session.value("select count(distinct time_zone) from store_zones"))


def _refuse_missing_columns(table: Table, landed: LandedBatch) -> None:
    filled = {"source", "source_id"} | ({"currency"} if landed.currency else set())
    missing = [
        column.name
        for column in table.columns
        if column.required and column.name not in landed.types and column.name not in filled
    ]
    if missing:
        came = ", ".join(landed.types)
        spare = [name for name in landed.types if name not in table.names]
        hints = "".join(nearest(name, spare) for name in missing)
        if "currency" in missing:
            hints += " A shop with one currency may pass it: currency='EUR'."
        raise BadInput(
            f"{table.name}: the columns {', '.join(missing)} are needed and did not come; "
            f"came: {came}.{hints} Rename your columns to the canonical names."
        )


def _refuse_naive(session: Session, table: Table, landed: LandedBatch) -> None:
    naive = naive_columns(table, landed.types)
    if not naive or landed.time_zone or not session.value("select count(*) from landed"):
        return
    if landed.knows_store_zones and "store_id" in landed.types and "store_id" in table.names:
        return
    raise NaiveTimestamp(
        f"{table.name}.{naive[0]} holds clock times without a zone, and no store says which zone "
        "they are in. Pass time_zone='Asia/Kolkata' (or whichever it is), load stores with their "
        "time_zone first, or give times with an offset."
    )


def _quarantine(session: Session, batch: Batch, reasons: str, landing: Landing) -> int:
    n_bad = int(session.value("select count(*) from typed where is_bad"))
    if n_bad:
        session.run(f"create or replace temp table bad as {reasons}")
        hide_erased(session, batch.table, "bad", landing.erased)
        _put_aside(session, batch, "bad", landing.now)
    return n_bad


def _put_aside(session: Session, batch: Batch, rows: str, now: datetime) -> None:
    session.run(
        "insert into warehouse.quarantine "
        f"select $source, $table, b.line, b.reasons, b.raw, $now from {rows} as b "
        "where not exists (select 1 from warehouse.quarantine as q where q.source = $source "
        "and q.table_name = $table and q.line = b.line and q.raw = b.raw "
        "and q.reasons = b.reasons)",
        {"source": batch.source, "table": batch.table.name, "now": now},
    )


def _put_unread_aside(session: Session, batch: Batch, now: datetime) -> int:
    """Put lines of a CSV file aside that could not be read as a row; return how many."""
    if not session.rows("select 1 from duckdb_tables() where table_name = 'reject_errors'"):
        return 0
    session.run(
        "create or replace temp table unread as "
        "select line, list(distinct 'cannot be read as a row: ' || error_message) as reasons, "
        "any_value(csv_line) as raw from reject_errors group by line"
    )
    n = int(session.value("select count(*) from unread"))
    _put_aside(session, batch, "unread", now)
    for name in ("unread", "reject_errors", "reject_scans"):
        session.run(f"drop table if exists {name}")
    return n


def _settle(session: Session, batch: Batch, now: datetime) -> int:
    """Keep one row of each (source, source_id); put aside what contradicts it silently."""
    session.run("create or replace temp view good as select * from typed where not is_bad")
    repeated = session.value("select count(*) - count(distinct (source, source_id)) from good")
    if not repeated:
        session.run("create or replace temp view incoming as select * from good")
        return 0
    session.run(f"create or replace temp table ranked as {ranked_sql(batch.table, 'good')}")
    session.run("create or replace temp view incoming as select * from ranked where place = 1")
    session.run(
        "create or replace temp table conflicts as "
        "select r.line, [$reason] as reasons, "
        f"cast(json_merge_patch(to_json(l), '{{\"{LINE}\": null}}') as VARCHAR) as raw "
        f"from ranked as r join landed as l on l.{LINE} = r.line "
        "join ranked as kept on kept.place = 1 and kept.source = r.source "
        "and kept.source_id = r.source_id "
        "where r.edition > 1 and r.version is not distinct from kept.version",
        {"reason": CONFLICT},
    )
    _put_aside(session, batch, "conflicts", now)
    return int(session.value("select count(*) from conflicts"))


def _merge(session: Session, table: Table, now: datetime, append: Append) -> dict[str, int]:
    names = ", ".join(f'"{name}"' for name in table.names)
    stamped = names.replace('"ingested_at"', "$now")
    if table.home == "ledger":
        rows = session.arrow(f"select {names} from incoming order by source, source_id")
        return {"new": append(table.name, _with_load_columns(rows, now))}
    if not session.value(f"select count(*) from (select 1 from warehouse.{table.name} limit 1)"):
        first = stamped.replace('"version"', 'coalesce("version", 1)')
        session.run(
            f"insert into warehouse.{table.name} ({names}) select {first} from incoming",
            {"now": now},
        )
        return {"new": int(session.value("select count(*) from incoming"))}
    session.run(f"create or replace temp table change as {compared_sql(table, 'incoming')}")
    session.run(
        f"delete from warehouse.{table.name} as t using change as c where c.action = 'changed' "
        "and c.source = t.source and c.source_id = t.source_id"
    )
    session.run(
        f"insert into warehouse.{table.name} ({names}) select {stamped} "
        "from change where action <> 'unchanged'",
        {"now": now},
    )
    found = session.rows("select action, count(*) from change group by action")
    return {action: int(count) for action, count in found}


def _with_load_columns(rows: pa.Table, now: datetime) -> list[dict[str, Any]]:
    stamped: list[dict[str, Any]] = []
    for row in rows.to_pylist():
        stamped.append({**row, "ingested_at": now, "version": row["version"] or 1})
    return stamped


def _log(session: Session, source: str, load: TableLoad, now: datetime) -> None:
    session.run(
        "insert into warehouse.load_log values ($now, $source, $table, $n_in, $n_accepted, "
        "$n_quarantined, $n_new, $n_changed, $n_unchanged)",
        {
            "now": now,
            "source": source,
            "table": load.table,
            "n_in": load.n_in,
            "n_accepted": load.n_accepted,
            "n_quarantined": load.n_quarantined,
            "n_new": load.n_new,
            "n_changed": load.n_changed,
            "n_unchanged": load.n_unchanged,
        },
    )


def _drop(session: Session) -> None:
    for view in ("incoming", "good"):
        session.run(f"drop view if exists {view}")
    for name in (
        "change",
        "conflicts",
        "ranked",
        "cleared",
        "bad",
        "typed",
        "landed",
        "store_zones",
    ):
        session.run(f"drop table if exists {name}")
