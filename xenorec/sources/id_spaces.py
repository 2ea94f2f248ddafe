"""Whose ids are whose: the id space of every row that is landed, and what to warn of."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from xenorec.engine import Session
from xenorec.errors import BadInput, XenorecWarning, nearest
from xenorec.schema import ID_KINDS, KIND_OF, OURS, IdPrefixes, Table

Pair = tuple[str, str]

HOMES = {
    "customers": "customer_id",
    "stores": "store_id",
    "products": "product_id",
    "orders": "order_id",
}
"""The tables that say which ids of a kind there are; each is named after its kind."""
DOUBTFUL = 0.5
"""From this share of ids on that only another space knows, a load is warned of."""


def spaces_of(given: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """Return kind -> id space, from one space for all kinds or from one for each.

    Raises BadInput for a kind that has no spaces, with the nearest one.
    """
    if given is None:
        return {}
    if isinstance(given, str):
        return dict.fromkeys(ID_KINDS, given)
    for kind, space in given.items():
        if kind not in ID_KINDS or not isinstance(space, str):
            raise BadInput(
                f"id_space came with {kind!r}: {space!r}.{nearest(str(kind), ID_KINDS)} Expected "
                f"the name of a source, or one for each kind of id: {', '.join(ID_KINDS)}."
            )
    return dict(given)


def no_registry(kind: str, space: str) -> str:
    """Return no prefix: where nothing is remembered, there is one space."""
    return ""


@dataclass
class IdSpaces:
    """The id spaces of a workspace: what stands before the ids of each (kind, space)."""

    known: dict[Pair, str] = field(default_factory=dict)
    add: Callable[[str, str], str] = no_registry

    def prefix(self, kind: str, space: str) -> str:
        """Return the prefix of a space; it is written down when it is seen first."""
        if space == OURS:
            return ""
        if (kind, space) not in self.known:
            self.known[kind, space] = self.add(kind, space)
        return self.known[kind, space]

    def prefixes(
        self,
        kinds: Iterable[str],
        sources: Iterable[str],
        space: str | None,
        spaces: Mapping[str, str],
    ) -> IdPrefixes:
        """Return the prefixes of some kinds of ids for the rows of each source in a batch.

        ``spaces`` says which kinds share another one's ids; else ``space`` is that of all rows,
        and without it each row's source is its own.
        """
        of = {
            kind: {one: self.prefix(kind, spaces.get(kind, space or one)) for one in sources}
            for kind in kinds
        }
        shared = {kind for kind in kinds if spaces.get(kind) == OURS}
        reserved = {
            kind: tuple(sorted({p for (k, _), p in self.known.items() if k == kind and p}))
            for kind in kinds
            if kind not in shared
        }
        return IdPrefixes(of, reserved)


def note_references(session: Session, table: Table, source: str) -> None:
    """Note the ids of other tables that a batch, the view ``incoming``, speaks of."""
    session.run(
        "create temp table if not exists id_references "
        "(kind VARCHAR, source VARCHAR, table_name VARCHAR, id VARCHAR)"
    )
    for name in table.names:
        kind = KIND_OF.get(name, "")
        if kind in HOMES and kind != table.name and name != "product_ids":
            session.run(
                f'insert into id_references select distinct $kind, $source, $table, "{name}" '
                f'from incoming where "{name}" is not null',
                {"kind": kind, "source": source, "table": table.name},
            )


def warn_of_strangers(session: Session, ids: IdSpaces) -> None:
    """Warn with ``ids-unmatched`` where ids of a load are known in another id space only.

    Ids of a space that nobody described yet are no reason to warn, as long as no other space has
    the same.
    """
    there = session.rows("select 1 from duckdb_tables() where table_name = 'id_references'")
    if not there:
        return
    asked = session.rows(
        "select kind, source, string_agg(distinct table_name, ', ' order by table_name), "
        "count(distinct id) from id_references group by kind, source order by 1, 2"
    )
    for kind, source, tables, n_ids in asked:
        own = ids.known.get((kind, source))
        others = {
            space: prefix
            for (k, space), prefix in sorted(ids.known.items())
            if k == kind and own is not None and prefix != own
        }
        if others:
            _warn(session, (kind, source, tables), (n_ids, str(own)), others)
    session.run("drop table id_references")


def _warn(
    session: Session,
    what: tuple[str, str, str],
    own: tuple[int, str],
    others: Mapping[str, str],
) -> None:
    (kind, source, tables), (n_ids, prefix) = what, own
    n_known = _n_known(session, kind, source, prefix, prefix)
    found = {space: _n_known(session, kind, source, prefix, p) for space, p in others.items()}
    space = max(found, key=lambda one: found[one])
    if n_known > (1 - DOUBTFUL) * n_ids or found[space] < DOUBTFUL * n_ids:
        return
    warnings.warn(
        f"ids-unmatched: {tables} of the source {source!r} speak of {n_ids:,} {kind}; its own "
        f"{kind} hold {n_known:,} of them, those of {space!r} hold {found[space]:,}. Where they "
        f"are the same, load with id_space={{{kind!r}: {space!r}}} (on the command line: "
        f"--id-space {kind}={space}).",
        XenorecWarning,
        stacklevel=6,
    )


def _n_known(session: Session, kind: str, source: str, own: str, prefix: str) -> int:
    """Return how many ids of a source are there when they are read in the space of a prefix."""
    return int(
        session.value(
            "select count(distinct id) from id_references where kind = $kind and source = $source "
            f"and $prefix || substr(id, $n) in (select {HOMES[kind]} from warehouse.{kind})",
            {"kind": kind, "source": source, "prefix": prefix, "n": len(own) + 1},
        )
    )
