"""Whose ids are whose: the id space of every row that is landed, and what to warn of."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from xenorec.engine import Session
from xenorec.errors import BadInput, XenorecWarning, nearest
from xenorec.schema import ID_KINDS, KIND_OF, OURS, IdPrefixes, Table, kinds_in

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
        self, table: Table, sources: Iterable[str], space: str | None, spaces: Mapping[str, str]
    ) -> IdPrefixes:
        """Return the prefixes for the rows of each source in a batch.

        ``spaces`` says which kinds share another one's ids; else ``space`` is that of all rows,
        and without it each row's source is its own.
        """
        kinds = kinds_in(table)
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


def warn_of_strangers(session: Session, table: Table, source: str, ids: IdSpaces) -> None:
    """Warn with ``ids-unmatched`` where ids of a batch are known in another id space only.

    ``session`` holds the batch as the view ``incoming``. Rows of a space that nobody described yet
    are no reason to warn, as long as no other space has the same ids.
    """
    for name in table.names:
        kind = KIND_OF.get(name, "")
        home = HOMES.get(kind)
        if home is None or kind == table.name or (kind, source) not in ids.known:
            continue
        if len({space for k, space in ids.known if k == kind}) < 2:
            continue
        _warn(session, (table.name, name), (kind, home), ids.known, source)


def _warn(
    session: Session,
    column: Pair,
    home: Pair,
    known: Mapping[Pair, str],
    source: str,
) -> None:
    (table, name), (kind, home_id) = column, home
    if table == "offers" and name == "product_ids":
        return
    prefix = known[kind, source]
    others = {space: p for (k, space), p in known.items() if k == kind and p != prefix}
    n_ids, n_known = session.rows(
        f'select count(*), count(*) filter (where id in (select "{home_id}" from '
        f'warehouse.{kind})) from (select distinct "{name}" as id from incoming '
        f'where "{name}" is not null)'
    )[0]
    if not n_ids or n_known > (1 - DOUBTFUL) * n_ids:
        return
    for space, other in sorted(others.items()):
        n_there = session.value(
            f'select count(*) from (select distinct "{name}" as id from incoming) where id is not '
            f'null and $other || substr(id, $n) in (select "{home_id}" from warehouse.{kind})',
            {"other": other, "n": len(prefix) + 1},
        )
        if n_there >= DOUBTFUL * n_ids:
            warnings.warn(
                f"ids-unmatched: {n_ids:,} different {name} of {table} came from the source "
                f"{source!r}, and its own {kind} hold {n_known:,} of them; those of {space!r} hold "
                f"{n_there:,}. Where they are the same, load with id_space={{{kind!r}: {space!r}}} "
                f"(on the command line: --id-space {kind}={space}).",
                XenorecWarning,
                stacklevel=6,
            )
            return
