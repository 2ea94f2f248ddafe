from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import xenorec as xr
from tests.conftest import orders
from xenorec.engine import DuckEngine
from xenorec.identity import link
from xenorec.identity.account_linking import SHARED_BY_AT_MOST
from xenorec.pos import Till
from xenorec.schema import TABLES
from xenorec.sources import prepare

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def accounts(*rows: tuple[str, str, str]) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(rows, columns=["customer_id", "kind", "value"])
    people = pd.DataFrame({"customer_id": sorted(set(frame["customer_id"]))})
    return {"customers": people, "identifiers": frame}


def test_one_phone_in_two_spellings_is_one_customer(crm: xr.Workspace) -> None:
    crm.load(accounts(("a", "phone", "+91 98000 00000"), ("b", "phone", "0091-9800000000")))
    report = crm.link()
    assert (report.n_accounts, report.n_customers, report.n_merged) == (2, 1, 1)


def test_links_reach_through_a_chain(crm: xr.Workspace) -> None:
    crm.load(
        accounts(
            ("a", "email", "x@shop.example"),
            ("b", "email", "X@shop.example"),
            ("b", "card", "77"),
            ("c", "card", "7 7"),
        )
    )
    assert crm.link().n_customers == 1


def test_a_key_that_everybody_has_links_nobody(crm: xr.Workspace) -> None:
    many = [(f"c{n}", "phone", "+10000000000") for n in range(SHARED_BY_AT_MOST + 1)]
    crm.load(accounts(*many))
    report = crm.link()
    assert (report.n_merged, report.n_keys_too_shared) == (0, 1)


def test_orders_of_merged_accounts_are_one_history(crm: xr.Workspace) -> None:
    crm.load(accounts(("a", "card", "1"), ("b", "card", "1")))
    at = "2024-03-01T10:00:00+00:00"
    crm.load({"orders": orders(("1", "a", at, "1"), ("2", "b", at, "2"))})
    crm.link()
    frame = crm.profiles("2024-04-01").to_pandas(["customer_id", "n_orders"])
    assert frame.values.tolist() == [["a", 2]]


def test_a_merge_is_taken_back_when_its_key_is_blocked(crm: xr.Workspace) -> None:
    frames = accounts(("a", "card", "1"), ("b", "card", "1"))
    crm.load(frames)
    crm.link()
    blocked = frames["identifiers"].assign(is_blocked=True)
    crm.load({"identifiers": blocked})
    assert crm.link().n_merged == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("123456")), min_size=1, max_size=12
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_identifiers_does_not_matter(pairs: list[tuple[str, str]], rnd) -> None:  # type: ignore[no-untyped-def]
    def linked(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
        engine = DuckEngine(None)
        with engine.writing() as session:
            prepare(session, [t for t in TABLES.values() if t.home == "warehouse"])
            for customer_id, value in rows:
                session.run(
                    "insert into warehouse.identifiers (customer_id, kind, value, source, "
                    "source_id) values ($c, 'card', $v, 's', $c || $v)",
                    {"c": customer_id, "v": value},
                )
            link(session, now=NOON)
            return session.rows("select customer_id, into_id from warehouse.links order by 1, 2")

    shuffled = list(pairs)
    rnd.shuffle(shuffled)
    assert linked(pairs) == linked(shuffled)


def test_every_key_of_a_merged_customer_is_known_at_the_till(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    crm.load(
        accounts(
            ("a", "email", "x@shop.example"),
            ("b", "email", "x@shop.example"),
            ("a", "card", "11"),
            ("b", "card", "22"),
            ("a", "email", "no-address"),
        )
    )
    at = "2024-03-01T10:00:00+00:00"
    lines = pd.DataFrame(
        {"order_id": ["1"], "line_no": [1], "product_id": ["p"], "quantity": [1], "net_amount": [1]}
    )
    frame = orders(("1", "a", at, "1")).assign(store_id="s")
    names = pd.DataFrame({"customer_id": ["a", "b"], "first_name": ["Ana", "ANA"]})
    crm.load({"orders": frame, "order_lines": lines, "customers": names})
    crm.link()
    crm.publish_till(tmp_path / "till", store_id="s", as_of="2024-04-01")
    with Till.open(tmp_path / "till") as till:
        who = till.identify(card="11")
        assert who is not None
        assert till.identify(card="22") == till.identify(email="x@shop.example") == who
    assert crm.profiles("2024-04-01").to_pandas(["email"])["email"].tolist() == ["x@shop.example"]
