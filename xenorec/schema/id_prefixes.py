"""Id prefixes: an id says who or what only within the space it was given in.

Customer 17 of a web shop and customer 17 of a till are two customers. Every source has an id space
of its own, unless a connector or a load says that it shares one. The first space of a kind in a
workspace keeps its ids as they are; those of every other one are landed as ``space:id``, so that a
join on a landed id never crosses spaces.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xenorec.schema.table_definition import Table

OURS = ""
"""The space of ids that are a workspace's own already: what it published, such as a till's."""

KIND_OF = {
    "customer_id": "customers",
    "merged_into": "customers",
    "store_id": "stores",
    "home_store_id": "stores",
    "product_id": "products",
    "product_ids": "products",
    "order_id": "orders",
    "offer_id": "offers",
    "account_id": "accounts",
    "entry_id": "entries",
    "idempotency_key": "entries",
    "event_id": "entries",
}
"""The kind of every column that holds an id of a source; campaign and message ids are ours."""

ID_KINDS = tuple(dict.fromkeys(KIND_OF.values()))
"""The kinds of ids that have spaces."""

PROPS_IDS = {"order_id": "orders", "offer_id": "offers"}
"""Ids in the ``props`` of an event."""


@dataclass(frozen=True)
class IdPrefixes:
    """What stands before the ids of a landed batch: kind -> source of the row -> prefix.

    ``reserved``: kind -> prefixes of other spaces, with which a bare id may not begin.
    """

    of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reserved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def sql(self, kind: str, source: str) -> str | None:
        """Return the SQL expression of the prefix for rows of ``source``; None for no prefix."""
        found = {name: prefix for name, prefix in self.of.get(kind, {}).items() if prefix}
        if not found:
            return None
        if len(self.of[kind]) == 1:
            return quoted(next(iter(found.values())))
        cases = " ".join(f"when {quoted(s)} then {quoted(p)}" for s, p in sorted(found.items()))
        return f"(case {source} {cases} else '' end)"

    def is_bare(self, kind: str) -> bool:
        """Whether some rows of the batch keep their ids of a kind as they are."""
        return any(not prefix for prefix in self.of.get(kind, {}).values())


def kinds_in(table: Table, came: Container[str] | None = None) -> tuple[str, ...]:
    """Return the kinds of ids that a table's columns hold, those of them that ``came``."""
    names = [name for name in table.names if came is None or name in came]
    kinds = [KIND_OF[name] for name in names if name in KIND_OF]
    return tuple(dict.fromkeys([*kinds, *(PROPS_IDS.values() if "props" in names else ())]))


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
