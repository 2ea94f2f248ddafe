"""What came of each message stands in the ledger once, with the message it goes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.campaigns.outbox import NOON, Recorder, decision, fill, worker
from xenorec.channels import Envelope, SendResult
from xenorec.link_tokens import LinkToken, sign
from xenorec.schema.enums import DeliveryState, Reason

Rows = list[tuple[object, ...]]


def day(n: float) -> datetime:
    return NOON + timedelta(days=n)


def send(crm: xr.Workspace, *customers: str, campaign: str = "spring", at: float = 0) -> None:
    changes = {"campaign_id": campaign, "planned_at": day(at), "not_after": day(at + 1)}
    decisions = [
        decision(one, **changes, key=f"{campaign}/1/{one}", created_at=day(at - 0.5))
        for one in customers
    ]
    fill(crm.ledger, *decisions, plan=f"plan of {campaign}")
    worker(crm.ledger, Recorder(), campaign).deliver(day(at))


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[xr.Workspace]:
    """A shop whose customers a, b and c got a message at noon; z got none."""
    made = xr.open(tmp_path / "shop.duckdb")
    customers = pd.DataFrame({"customer_id": list("abcz"), "created_at": day(-50)})
    made.load({"customers": customers, "orders": orders(("z", -40))}, name="shop")
    send(made, "a", "b", "c")
    yield made
    assert made.audit()["n_rows"].sum() == 0


def orders(*bought: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"{customer}{at:g}" for customer, at in bought],
            "customer_id": [customer for customer, _ in bought],
            "ordered_at": [day(at) for _, at in bought],
            "net_amount": "9.50",
            "currency": "EUR",
        }
    )


def events(*rows: tuple[str, str, float, str | None, str | None]) -> pd.DataFrame:
    names = ["name", "customer_id", "at", "campaign_id", "message_id"]
    frame = pd.DataFrame(rows, columns=names)
    at = [day(n) for n in frame.pop("at")]
    return frame.assign(at=at, event_id=[f"e{n}" for n in range(len(rows))])


def told(crm: xr.Workspace) -> Rows:
    frame = crm.ledger.snapshot("outcomes").to_pandas().sort_values(["at", "outcome_id"])
    return list(frame[["kind", "key"]].itertuples(index=False, name=None))


def test_nothing_has_come_of_what_was_just_sent(crm: xr.Workspace) -> None:
    found = xr.collect_outcomes(crm)
    assert (found.n_found, found.n_new, str(found)) == (0, 0, "Outcomes: 0 new of 0 (none)")


def test_a_click_goes_to_the_message_it_names_or_the_latest_before_it(crm: xr.Workspace) -> None:
    send(crm, "a", campaign="summer", at=3)
    frame = events(
        ("message_clicked", "a", 1, None, None),
        ("message_clicked", "a", 4, None, None),
        ("message_clicked", "a", 5, "spring", None),
        ("message_clicked", "b", 40, None, "spring/1/c"),
        ("message_clicked", "a", -1, None, "spring/1/a"),
        ("message_clicked", "a", 30, None, None),
        ("message_clicked", "z", 1, None, None),
        ("message_clicked", "a", 6, None, "other/1/a"),
        ("message_opened", "b", 2, None, None),
        ("product_viewed", "b", 2.5, None, "spring/1/b"),
        ("product_viewed", "b", 2.6, None, None),
    )
    crm.load({"events": frame}, name="clicks", id_space="shop")
    assert xr.collect_outcomes(crm).n_new == 6
    assert told(crm) == [
        ("clicked", "spring/1/a"),
        ("opened", "spring/1/b"),
        ("visited", "spring/1/b"),
        ("clicked", "summer/1/a"),
        ("clicked", "spring/1/a"),
        ("clicked", "spring/1/c"),
    ]


def test_a_click_names_its_message_by_the_token_of_the_link(crm: xr.Workspace) -> None:
    key = crm.project.key()
    token = LinkToken("spring", "1", "b", "email", "marketing", "click")
    frame = events(
        ("message_clicked", "a", 1, None, sign(token, key)),
        ("message_opened", "b", 2, None, sign(replace(token, channel="sms"), key)),
        ("message_clicked", "b", 3, None, sign(token, b"another shop's key, 32 bytes long")),
        ("message_clicked", "b", 4, None, sign(token, key)[:-3]),
        ("message_clicked", "b", 5, None, sign(replace(token, customer_id="z"), key)),
    )
    crm.load({"events": frame}, name="clicks", id_space="shop")
    assert xr.collect_outcomes(crm).n_new == 2
    assert told(crm) == [("clicked", "spring/1/b"), ("opened", "spring/1/b")]


def test_an_order_counts_once_for_the_latest_message(crm: xr.Workspace) -> None:
    send(crm, "a", campaign="summer", at=3)
    frame = orders(("a", 0), ("a", 2), ("a", 4), ("b", 14), ("b", 14.01), ("z", 1))
    crm.load({"orders": frame}, name="orders", id_space="shop")
    xr.collect_outcomes(crm)
    assert told(crm) == [
        ("ordered", "spring/1/a"),
        ("ordered", "summer/1/a"),
        ("ordered", "spring/1/b"),
    ]
    rows = crm.ledger.snapshot("outcomes").to_pylist()
    assert {str(row["value_amount"]) for row in rows} == {"9.5000"}
    assert {row["order_id"] for row in rows} == {"a2", "a4", "b14"}


def test_collecting_again_adds_only_what_came_since(crm: xr.Workspace) -> None:
    crm.load({"orders": orders(("a", 2), ("b", 5))}, name="orders", id_space="shop")
    assert xr.collect_outcomes(crm, as_of=day(3)).n_new == 1
    again = xr.collect_outcomes(crm, as_of=day(3))
    assert (again.n_found, again.n_new) == (1, 0)
    before = crm.ledger.snapshot("outcomes").to_pylist()
    crm.load(
        {"orders": orders(("a", 2)).assign(net_amount="1.00", version=2)},
        name="orders",
        id_space="shop",
    )
    later = xr.collect_outcomes(crm)
    assert (later.n_found, later.n_new) == (2, 1)
    kept = {row["outcome_id"]: row for row in crm.ledger.snapshot("outcomes").to_pylist()}
    assert kept[before[0]["outcome_id"]] == before[0]
    assert str(later) == "Outcomes: 1 new of 2 (2 ordered)"


def test_a_coupon_redeemed_at_a_till_comes_back(crm: xr.Workspace, tmp_path: Path) -> None:
    crm.load(
        {"stores": pd.DataFrame({"store_id": ["S"], "time_zone": ["UTC"]})},
        name="stores",
        id_space="shop",
    )
    coupon = events(("coupon_redeemed", "a", 2, None, None))
    coupon = coupon.assign(props='{"offer_id": "tea", "order_id": "S/1"}')
    crm.load({"events": coupon}, name="till/S", id_space="shop")
    xr.collect_outcomes(crm)
    (row,) = crm.ledger.snapshot("outcomes").to_pylist()
    assert (row["kind"], row["key"], row["order_id"]) == ("redeemed", "spring/1/a", "S/1")
    assert row["value_amount"] is None


def test_what_channels_and_people_said_of_messages(crm: xr.Workspace) -> None:
    crm.ledger.append(
        "suppressions",
        [
            {
                "channel": "email",
                "value_hash": "hash of a",
                "reason": reason,
                "at": day(at),
                "source": "mail",
                "source_id": reason,
                "version": 1,
            }
            for reason, at in (("bounce", 1), ("complaint", 2), ("manual", 3))
        ],
    )
    crm.ledger.withdraw("b", "email", at=day(4))
    xr.collect_outcomes(crm)
    assert told(crm) == [
        ("bounced", "spring/1/a"),
        ("complained", "spring/1/a"),
        ("unsubscribed", "spring/1/b"),
    ]


class Postman(Recorder):
    """A channel that knows what arrived, and refuses one address."""

    def send(self, envelope: Envelope) -> SendResult:
        if envelope.key.endswith("/b"):
            return SendResult(DeliveryState.FAILED, self.name, reason=Reason.PROVIDER_REFUSED)
        return SendResult(DeliveryState.DELIVERED, self.name, envelope.key)


def test_what_arrived_and_what_was_refused(crm: xr.Workspace) -> None:
    changes = {"campaign_id": "parcel", "created_at": day(-1)}
    fill(
        crm.ledger,
        *(decision(one, key=f"parcel/1/{one}", **changes) for one in "ab"),
        plan="plan of parcel",
    )
    worker(crm.ledger, Postman(), "parcel").deliver(NOON)
    xr.collect_outcomes(crm)
    assert told(crm) == [("delivered", "parcel/1/a"), ("rejected", "parcel/1/b")]


def test_of_accounts_put_together_an_order_of_either_counts(crm: xr.Workspace) -> None:
    twins = pd.DataFrame({"customer_id": ["a", "z"], "kind": "email", "value": "twin@shop.example"})
    crm.load({"identifiers": twins, "orders": orders(("z", 2))}, name="twins", id_space="shop")
    crm.link()
    xr.collect_outcomes(crm)
    assert told(crm) == [("ordered", "spring/1/a")]


def test_of_the_erased_nothing_is_written(crm: xr.Workspace) -> None:
    crm.load({"orders": orders(("a", 2), ("b", 2))}, name="orders", id_space="shop")
    crm.erase("a", now=day(3))
    xr.collect_outcomes(crm)
    assert told(crm) == [("ordered", "spring/1/b")]


def test_goods_sent_back_are_no_conversion(crm: xr.Workspace) -> None:
    back = orders(("a", 1), ("b", 2), ("c", 3)).assign(net_amount=["-9.50", "9.50", None])
    lines = pd.DataFrame(
        {
            "order_id": back["order_id"],
            "line_no": 1,
            "product_id": "p",
            "quantity": [-1, 2, 2],
            "net_amount": ["-9.50", "9.50", "8.00"],
            "refunded_quantity": [None, 2, 1],
        }
    )
    crm.load({"orders": back, "order_lines": lines}, name="shop")
    xr.collect_outcomes(crm)
    (only,) = crm.ledger.snapshot("outcomes").to_pylist()
    assert (only["kind"], only["customer_id"], float(only["value_amount"])) == ("ordered", "c", 4.0)
