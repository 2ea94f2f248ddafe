"""Put accounts together that hold the same phone, e-mail or card.

Links are a table of their own, made anew from the identifiers each time: taking an identifier
away (or blocking it) and linking again takes the merge back.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from xenorec.engine import Session

SHARED_BY_AT_MOST = 5
"""A key on more accounts than this (a shop's own phone, a test card) links nobody."""

LINKS = "create or replace table warehouse.links (customer_id VARCHAR, into_id VARCHAR)"

KEYS = """
create or replace temp table keys as
select distinct customer_id, kind,
  case kind
    when 'email' then lower(trim(value))
    when 'phone' then regexp_replace(regexp_replace(trim(value), '^00', '+'), '[^+0-9]', '', 'g')
    else upper(regexp_replace(value, '[ -]', '', 'g'))
  end as key
from warehouse.identifiers
where kind in ('phone', 'email', 'card') and not coalesce(is_blocked, false)
"""

PAIRS = """
select k.customer_id, min(k.customer_id) over (partition by k.kind, k.key) as other_id
from keys as k
join (
  select kind, key from keys group by kind, key having count(*) between 2 and $most
) using (kind, key)
order by 1, 2
"""


@dataclass(frozen=True)
class LinkReport:
    """How many accounts were put together, and which keys were too shared to be trusted."""

    n_accounts: int
    n_customers: int
    n_merged: int
    n_keys_too_shared: int

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
        return text

    __repr__ = __str__


def link(session: Session) -> tuple[LinkReport, pa.Table]:
    """Write ``warehouse.links`` and return the report and the links (customer_id, into_id).

    The account with the smallest id of each group stands for all of it. Connected components
    by scipy; grain of the links: one row per merged account.
    """
    session.run(KEYS)
    pairs = session.arrow(PAIRS, {"most": SHARED_BY_AT_MOST})
    links = _components(pairs)
    session.run(LINKS)
    session.register("new_links", links)
    session.run("insert into warehouse.links select * from new_links order by customer_id")
    n_accounts = int(session.value("select count(distinct customer_id) from warehouse.customers"))
    too_shared = session.value(
        "select count(*) from (select 1 from keys group by kind, key having count(*) > $most)",
        {"most": SHARED_BY_AT_MOST},
    )
    session.run("drop table keys")
    report = LinkReport(n_accounts, n_accounts - links.num_rows, links.num_rows, int(too_shared))
    return report, links


def _components(pairs: pa.Table) -> pa.Table:
    schema = pa.schema([("customer_id", pa.string()), ("into_id", pa.string())])
    if pairs.num_rows == 0:
        return schema.empty_table()
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = (pairs.column(name).to_pylist() for name in ("customer_id", "other_id"))
    ids, codes = np.unique(np.array([left, right], dtype=object).astype(str), return_inverse=True)
    rows, columns = codes.reshape(2, -1)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(ids), len(ids)))
    _, label = connected_components(graph, directed=False)
    first = np.full(label.max() + 1, len(ids))
    np.minimum.at(first, label, np.arange(len(ids)))
    into = ids[first[label]]
    moved = into != ids
    return pa.table(
        {"customer_id": ids[moved].tolist(), "into_id": into[moved].tolist()}, schema=schema
    )
