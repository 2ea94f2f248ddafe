"""Take back what a till recorded: each entry once, whatever its folder is called today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xenorec.engine import Session
from xenorec.errors import BadInput, MissingFile, XenorecError, nearest
from xenorec.pos.journal import JournalEntry, JournalFacts
from xenorec.pos.journal_reader import BadEntry, JournalEntries, read_recorded
from xenorec.pos.serving_store import NAME as SERVING
from xenorec.schema import ID_KINDS, OURS, TABLES
from xenorec.sources.land_batch import prepare
from xenorec.sources.load_report import LoadReport, TableLoad
from xenorec.tills.collect_notes import notes_of, warn
from xenorec.tills.collected_entries import CollectedEntries, collect, known_keys
from xenorec.tills.entry_times import timed
from xenorec.tills.journal_rows import frames_of
from xenorec.tills.legacy_entries import former_sources
from xenorec.tills.revoke_customers import revoke_erased
from xenorec.tills.store_data import known_stores
from xenorec.tills.till_folders import TillFolder, known_shops, remember_folder

if TYPE_CHECKING:
    from xenorec.sources.load_source import Intake
    from xenorec.workspace_resources import WorkspaceResources

JOURNAL = "journal"
"""The table's name under which entries that cannot be used are put aside."""
OPTIONS = ("shop_id",)
CHANGED = (
    "an entry of this key was collected before with other content; the first one is kept. Two "
    "tills share this journal, or it was restored from a copy and went on"
)
OURS_BUT_ORDERS = {kind: OURS for kind in ID_KINDS if kind != "orders"}
"""A till knows customers, stores, products and offers by the ids that were published to it."""
PUT_ASIDE = """
insert into warehouse.quarantine
select $source, $table, b.line, b.reasons, b.raw, $now from bad_journal as b
where not exists (select 1 from warehouse.quarantine as q where q.source = $source
  and q.table_name = $table and q.line = b.line and q.raw = b.raw and q.reasons = b.reasons)
"""


def load_journal(
    shop: WorkspaceResources,
    folder: Path | None,
    intake: Intake,
    options: Mapping[str, Any] | None = None,
) -> LoadReport:
    """Load what the till in ``folder`` recorded; twice changes nothing.

    An entry that cannot be used goes to quarantine and stops nobody else. ``options``:
    ``shop_id``, another id under which this shop's tills were published, for when the key of the
    workspace was lost. Raises MissingFile where no till was opened, BadInput for a stranger's
    journal.
    """
    folder = _folder(folder)
    recorded = read_recorded(folder)
    _refuse_other_shop(shop, recorded, options or {})
    source = f"till/{recorded.facts.till_id}"
    with intake.engine.writing() as session:
        prepare(session, [table for table in TABLES.values() if table.home == "warehouse"])
        recorded = _of_known_stores(session, recorded)
        former = _former(session, shop, recorded, source)
        collected = collect(session, recorded, former, now=intake.now)
        bad = [*recorded.bad, *_changed(recorded, collected)]
        _put_aside(session, bad, source, intake.now)
    entries = _to_land(recorded.entries, collected)
    counted = timed(entries, collected.first)
    report = replace(intake, spaces=OURS_BUT_ORDERS).frames(
        frames_of(counted, recorded.facts.till_id), source
    )
    notes = notes_of(recorded, collected, bad, counted)
    warn(notes)
    _follow(shop, folder, recorded.facts, intake.now)
    tables = (*report.tables, *_aside(bad))
    return replace(report, tables=tables, notes=(*report.notes, *map(str, notes)))


def _follow(shop: WorkspaceResources, folder: Path, facts: JournalFacts, now: datetime) -> None:
    """Know the folder where it lies today, and make it forget who was erased while it was not."""
    if facts.store_id and (folder / SERVING).is_file():
        with suppress(XenorecError):  # such as a copy on a medium that cannot be written
            till = TillFolder(folder, facts.store_id, known_shops(shop)[0], facts.till_id)
            remember_folder(shop, till, at=now)
            revoke_erased(shop, folder)


def _folder(folder: Path | None) -> Path:
    if folder is None:
        raise BadInput("load('till') needs path=, the till's folder (on the command line: --path).")
    if not folder.is_dir():
        raise MissingFile(f"There is no till folder {folder}.")
    return folder


def _refuse_other_shop(
    shop: WorkspaceResources, recorded: JournalEntries, options: Mapping[str, Any]
) -> None:
    for name in options:
        if name not in OPTIONS:
            raise BadInput(f"load('till') has no option {name!r}.{nearest(name, OPTIONS)}")
    own, told = known_shops(shop), recorded.facts.shop_id
    if told and told not in {*own, options.get("shop_id")}:
        raise BadInput(
            f"This is the journal of another shop: its id is {told}, this shop's is {own[0]}. If "
            "it is this shop's all the same, because the key of the workspace was replaced, give "
            f"that id: crm.load('till', path=..., options={{'shop_id': {told!r}}})"
        )


def _of_known_stores(session: Session, recorded: JournalEntries) -> JournalEntries:
    """Return the journal with the entries of unknown stores set apart; refuse one of such alone."""
    known = known_stores(session)
    names = {recorded.facts.store_id} - {""} or {entry.store_id for entry in recorded.entries}
    if not known or not names:
        return recorded
    if not names & known:
        name = min(names)
        raise BadInput(
            f"This journal is of store {name!r}, which is not a store of this shop."
            f"{nearest(name, known)} Load the store first, or collect the till where it belongs."
        )
    strange = [e for e in recorded.entries if e.store_id not in known]
    bad = [_bad(e, f"store_id: {e.store_id} is not a store of this shop") for e in strange]
    there = [e for e in recorded.entries if e.store_id in known]
    return recorded._replace(entries=there, bad=[*recorded.bad, *bad])


def _former(
    session: Session, shop: WorkspaceResources, recorded: JournalEntries, source: str
) -> dict[str, str]:
    """Return the former sources of entries that are older than their till's id."""
    known = known_keys(session, recorded.facts.till_id)
    old = [
        entry
        for entry in recorded.entries
        if entry.seq <= recorded.facts.n_before and entry.idempotency_key not in known
    ]
    return former_sources(session, shop.ledger, old, source) if old else {}


def _changed(recorded: JournalEntries, collected: CollectedEntries) -> list[BadEntry]:
    return [
        _bad(entry, CHANGED)
        for entry in recorded.entries
        if entry.idempotency_key in collected.changed
    ]


def _to_land(entries: Iterable[JournalEntry], collected: CollectedEntries) -> list[JournalEntry]:
    left_out = {*collected.changed, *collected.former}
    return [entry for entry in entries if entry.idempotency_key not in left_out]


def _bad(entry: JournalEntry, reason: str) -> BadEntry:
    return BadEntry(entry.seq, entry.kind, reason, json.dumps(entry._asdict()))


def _put_aside(session: Session, bad: Sequence[BadEntry], source: str, now: datetime) -> None:
    if not bad:
        return
    rows = pa.table(
        {
            "line": pa.array([one.seq for one in bad], pa.int64()),
            "reasons": pa.array([[one.reason] for one in bad], pa.list_(pa.string())),
            "raw": pa.array([one.raw for one in bad], pa.string()),
        }
    )
    session.register("bad_journal", rows)
    session.run(PUT_ASIDE, {"source": source, "table": JOURNAL, "now": now})


def _aside(bad: Sequence[BadEntry]) -> list[TableLoad]:
    return [TableLoad(JOURNAL, len(bad), 0, len(bad), 0, 0, 0)] if bad else []
