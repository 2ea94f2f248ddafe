"""Put accounts together that hold the same phone, e-mail or card, or that their source merged.

Links are a table of their own, made anew from the contact points each time: taking an identifier
away (or blocking it) and linking again takes the merge back. A person keeps its id: whoever stood
for a group goes on to stand for it, whatever accounts arrive later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from xenorec.engine import Session
from xenorec.identity.conflict_rules import Disagreement, disagreements, register_facts
from xenorec.identity.contact_points import refresh
from xenorec.schema import LINKS

SHARED_BY_AT_MOST = 5
"""A key on more accounts than this (a shop's own phone, a test card) links nobody."""

KEYS = """
create or replace temp table keys as
select distinct customer_id, kind, value as key from warehouse.contact_points
where kind in ('phone', 'email', 'card') and is_current and not is_blocked
"""

PAIRS = """
select distinct k.customer_id, min(k.customer_id) over (partition by k.kind, k.key) as other_id
from keys as k
join (
  select kind, key from keys group by kind, key having count(*) between 2 and $most
) using (kind, key)
anti join refused_keys as r on r.kind = k.kind and r.key = k.key
"""

MERGED_AT_SOURCE = """
select customer_id, merged_into as other_id from warehouse.customers
where merged_into is not null and merged_into <> customer_id
"""

KEPT = "select customer_id, into_id as other_id from warehouse.links where why = 'key'"

RANKED = """
create or replace temp table chosen as
select g.person, g.customer_id, row_number() over (partition by g.person order by
    (p.person_id is null), coalesce(c.is_merged, false), a.first_seen_at nulls last, g.customer_id)
  as place
from groups as g
left join warehouse.person_ids as p on p.person_id = g.customer_id
left join (
  select customer_id, bool_or(merged_into is not null or status = 'merged') as is_merged
  from warehouse.customers group by customer_id
) as c on c.customer_id = g.customer_id
left join warehouse.accounts as a on a.customer_id = g.customer_id
"""

MADE = """
select c.customer_id, h.customer_id as into_id
from chosen as c join chosen as h on h.person = c.person and h.place = 1
where c.customer_id <> h.customer_id order by 1
"""


@dataclass(frozen=True)
class LinkReport:
    """How many accounts were put together, which keys were too shared, and who was not merged."""

    n_accounts: int
    n_customers: int
    n_merged: int
    n_keys_too_shared: int
    disagreements: tuple[Disagreement, ...] = ()
    """Accounts that share a key and were not put together, with the reason."""

    def __str__(self) -> str:
        text = (
            f"Linked {self.n_accounts:,} accounts to {self.n_customers:,} customers "
            f"({self.n_merged:,} merged)."
        )
        if self.n_keys_too_shared:
            text += (
                f" {self.n_keys_too_shared:,} keys are on more than {SHARED_BY_AT_MOST} accounts "
                "and linked nobody."
            )
        if self.disagreements:
            text += (
                f" {len(self.disagreements):,} pairs of accounts share a key but are not one "
                f"customer by their names or cards, such as {self.disagreements[0]}"
            )
        return text

    __repr__ = __str__


def link(
    session: Session,
    *,
    country: str | None = None,
    now: datetime | None = None,
    prior: Sequence[tuple[str, str]] = (),
) -> LinkReport:
    """Write ``warehouse.links`` anew from keys and from what sources merged; return the report.

    ``prior``: the links (account, person) of before, where the warehouse has none. Connected
    components by scipy; grain of the links: one row per merged account. Accounts that share a key
    but disagree in name or card are not put together, nor is a chain that joins two such accounts.
    """
    refresh(session, country, now or datetime.now(UTC))
    _prepare(session, prior)
    session.run(KEYS)
    register_facts(session)
    found = disagreements(session, SHARED_BY_AT_MOST)
    at_source = _edges(session, MERGED_AT_SOURCE)
    by_key = _edges(session, PAIRS, most=SHARED_BY_AT_MOST)
    groups = _components([*at_source, *by_key])
    found, apart = _with_chains(session, groups, found)
    by_key = [edge for edge in by_key if edge[0] not in apart]
    links = _write(
        session, _components([*at_source, *by_key]), {a for edge in by_key for a in edge}
    )
    n_accounts = int(session.value("select count(*) from warehouse.accounts"))
    too_shared = session.value(
        "select count(*) from (select 1 from keys group by kind, key having count(*) > $most)",
        {"most": SHARED_BY_AT_MOST},
    )
    session.run("drop table keys")
    return LinkReport(n_accounts, n_accounts - links, links, int(too_shared), found)


def relink(session: Session, *, prior: Sequence[tuple[str, str]] = ()) -> None:
    """Follow what sources merged since; accounts that a key put together stay together."""
    _prepare(session, prior)
    kept = _edges(session, KEPT)
    edges = [*_edges(session, MERGED_AT_SOURCE), *kept]
    _write(session, _components(edges), {account for edge in kept for account in edge})


def _prepare(session: Session, prior: Sequence[tuple[str, str]]) -> None:
    for sql in LINKS:
        session.run(sql)
    session.register("ledger_links", _table(prior))
    session.run(
        "insert into warehouse.person_ids select into_id from "
        "(select into_id from warehouse.links union select into_id from ledger_links) as p "
        "where into_id not in (select person_id from warehouse.person_ids)"
    )


def _edges(session: Session, sql: str, **params: int) -> list[tuple[str, str]]:
    return [(a, b) for a, b in session.rows(sql, params or None)]


def _with_chains(
    session: Session, groups: dict[str, str], found: tuple[Disagreement, ...]
) -> tuple[tuple[Disagreement, ...], set[str]]:
    """Return all disagreements with those of chains, and who stays apart because of the latter."""
    session.register("groups", _grouped(groups))
    chains = disagreements(session, None)
    broken = {groups[one.customer_id] for one in chains}
    return (*found, *chains), {account for account, group in groups.items() if group in broken}


def _write(session: Session, groups: dict[str, str], by_key: set[str]) -> int:
    """Write the links of groups (account -> any one of its group); return how many there are."""
    session.register("groups", _grouped(groups))
    session.run(RANKED)
    made = session.arrow(MADE)
    session.register("made_links", made)
    keyed = pa.table({"customer_id": pa.array(sorted(by_key), pa.string())})
    session.register("keyed_accounts", keyed)
    session.run("delete from warehouse.links")
    session.run(
        "insert into warehouse.links (customer_id, into_id, why) select m.customer_id, m.into_id, "
        "case when m.customer_id in (select customer_id from keyed_accounts) "
        "or m.into_id in (select customer_id from keyed_accounts) then 'key' else 'source' end "
        "from made_links as m order by 1"
    )
    return int(made.num_rows)


def _table(pairs: Sequence[tuple[str, str]]) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array([a for a, _ in pairs], pa.string()),
            "into_id": pa.array([b for _, b in pairs], pa.string()),
        }
    )


def _grouped(groups: dict[str, str]) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array(list(groups), pa.string()),
            "person": pa.array(list(groups.values()), pa.string()),
        }
    )


def _components(edges: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return account -> the smallest account of its connected component."""
    if not edges:
        return {}
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = zip(*edges, strict=True)
    ids, codes = np.unique(np.array([left, right], dtype=object).astype(str), return_inverse=True)
    rows, columns = codes.reshape(2, -1)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(ids), len(ids)))
    _, label = connected_components(graph, directed=False)
    first = np.full(label.max() + 1, len(ids))
    np.minimum.at(first, label, np.arange(len(ids)))
    return dict(zip(ids.tolist(), ids[first[label]].tolist(), strict=True))
