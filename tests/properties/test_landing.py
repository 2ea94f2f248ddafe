"""Whatever the order, repetition and cutting into batches: the same rows give the same table."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

import xenorec as xr
from tests.conftest import orders

ROW = st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.integers(1, 3))


def loaded(batches: list[list[tuple[str, int, int]]]) -> tuple[list[tuple[object, ...]], int, int]:
    crm = xr.open(":memory:")
    n_in = n_out = 0
    for batch in batches:
        if not batch:
            continue
        rows = [(order, "c", "2024-03-01T10:00:00Z", str(amount)) for order, _, amount in batch]
        frame = orders(*rows).assign(version=[version for _, version, _ in batch])
        (load,) = crm.load({"orders": frame}).tables
        n_in += load.n_in
        n_out += load.n_accepted + load.n_quarantined
    with crm.engine.reading() as session:
        sql = "select order_id, version, net_amount from warehouse.orders order by 1"
        return session.rows(sql), n_in, n_out


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    rows: list[tuple[str, int, int]], rnd: random.Random
) -> None:
    shuffled = rows + rnd.sample(rows, k=len(rows) // 2)
    rnd.shuffle(shuffled)
    cut = rnd.randint(0, len(shuffled))
    table, n_in, n_out = loaded([rows])
    other, other_in, other_out = loaded([shuffled[:cut], shuffled[cut:]])
    assert table == other
    assert (n_in, other_in) == (n_out, other_out)
    highest = {order: max(v for o, v, _ in rows if o == order) for order, _, _ in rows}
    assert {row[0]: row[1] for row in table} == highest
