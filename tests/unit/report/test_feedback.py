"""From the ledger's exposures and the warehouse's rows to what every shelf earned."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import xenorec as xr
from xenorec.errors import MissingFile
from xenorec.link_tokens import LinkToken, sign
from xenorec.recommend.feedback import read_cells

START = datetime(2024, 3, 1, 12, tzinfo=UTC)


def day(n: float) -> datetime:
    return START + timedelta(days=n)


def show(
    crm: xr.Workspace, customer: str, *shelves: str, at: float = 0, campaign: str = "spring"
) -> str:
    """Write down that a customer was shown shelves of two products each."""
    key = f"{campaign}/1/{customer}"
    rows = [
        {
            "key": key,
            "shelf": shelf,
            "position": position,
            "product_id": f"{shelf}-{position}",
            "score": 0.2,
            "propensity": 0.5,
            "at": day(at),
            "customer_id": customer,
            "shelf_rank": rank,
            "segment": "regular",
            "shelf_propensity": 0.9,
        }
        for rank, shelf in enumerate(shelves, 1)
        for position in (1, 2)
    ]
    crm.ledger.append("exposures", rows)
    return key


def buy(crm: xr.Workspace, customer: str, *bought: tuple[str, float]) -> None:
    orders = pd.DataFrame(
        {
            "order_id": [f"{customer}/{product}/{at}" for product, at in bought],
            "customer_id": customer,
            "ordered_at": [day(at) for _, at in bought],
            "net_amount": "1",
            "currency": "EUR",
        }
    )
    lines = orders[["order_id"]].assign(
        line_no=1, quantity=1, net_amount="1", product_id=[product for product, _ in bought]
    )
    crm.load(
        {"orders": orders, "order_lines": lines}, name=f"orders of {customer}", id_space="frames"
    )


def event(name: str, at: float, **facts: object) -> dict[str, object]:
    blank = dict.fromkeys(
        ("customer_id", "product_id", "campaign_id", "message_id", "shelf", "position", "props")
    )
    return {**blank, "name": name, "at": day(at), **facts}


def load_events(crm: xr.Workspace, *events: dict[str, object]) -> None:
    frame = pd.DataFrame(events).assign(event_id=[f"e{n}" for n in range(len(events))])
    crm.load({"events": frame}, name="events", id_space="frames")


def told(crm: xr.Workspace, **options: object) -> list[tuple[object, ...]]:
    frame = crm.outcomes(**options)
    return list(frame[["customer_id", "product_id", "kind"]].itertuples(index=False, name=None))


def test_exposures_have_what_the_priors_read(crm: xr.Workspace) -> None:
    buy(crm, "ann", ("bread", -1))
    key = show(crm, "ann", "a", "b")
    frame = crm.exposures()
    assert frame["shelf_rank"].tolist() == [1, 1, 2, 2]
    assert set(frame["message_key"]) == {key}
    assert set(frame["campaign_id"]) == {"spring"}
    assert set(frame["propensity"]) == {0.9}, "the row's, not the picture's"
    cells = read_cells(frame, crm.outcomes(), day(1))
    assert (len(cells), cells.segments.tolist()) == (4, ["regular"])


def test_a_purchase_counts_when_its_product_was_shown_within_the_span(crm: xr.Workspace) -> None:
    show(crm, "ann", "a")
    buy(crm, "ann", ("a-1", -0.1), ("a-1", 14), ("a-2", 14.1), ("bread", 1))
    buy(crm, "bob", ("a-1", 1))
    assert told(crm) == [("ann", "a-1", "bought")]
    assert told(crm, within="15d") == [("ann", "a-1", "bought"), ("ann", "a-2", "bought")]


def test_a_click_is_found_by_its_message_its_campaign_or_its_place(crm: xr.Workspace) -> None:
    buy(crm, "ann", ("bread", -1))
    key = show(crm, "ann", "a")
    show(crm, "bob", "a")
    show(crm, "bob", "a", at=2, campaign="summer")
    load_events(
        crm,
        event("message_clicked", 1, message_id=key, product_id="a-1"),
        event("message_clicked", 1, message_id=key, shelf="a", position=2),
        event("message_clicked", 3, customer_id="bob", campaign_id="spring", product_id="a-1"),
        event("product_viewed", 4, customer_id="bob", message_id="summer/1/bob", product_id="a-1"),
        event("product_viewed", 4, customer_id="bob", product_id="a-2"),
        event("message_clicked", 4, customer_id="bob", campaign_id="other", product_id="a-2"),
    )
    frame = crm.outcomes()
    assert told(crm) == [
        ("ann", "a-1", "clicked"),
        ("ann", "a-2", "clicked"),
        ("bob", "a-1", "clicked"),
        ("bob", "a-1", "clicked"),
        ("bob", "a-2", "clicked"),
    ]
    assert frame["message_key"].tolist() == [key, key, "spring/1/bob", "summer/1/bob", "other"]
    cells = read_cells(crm.exposures(), frame, day(20))
    assert cells.reward.tolist() == [0.3, 0.3, 0.3, 0.0, 0.3, 0.0], "another's click earns nothing"


def test_a_click_and_a_coupon_are_found_by_the_token_of_the_link(crm: xr.Workspace) -> None:
    buy(crm, "ann", ("bread", -1))
    key = show(crm, "ann", "a")
    facts = dict(zip(("campaign_id", "step", "customer_id"), key.split("/"), strict=True))
    click = LinkToken(**facts, channel="email", purpose="marketing", action="click")
    token = sign(click, crm.project.key())
    forged = sign(click, b"another shop's key, 32 bytes long")
    load_events(
        crm,
        event("message_clicked", 1, message_id=token, product_id="a-1"),
        event("message_clicked", 2, message_id=token, shelf="a", position=2),
        event("message_clicked", 3, message_id=forged, product_id="a-1"),
        event("coupon_redeemed", 4, message_id=token, customer_id="ann", product_id="a-1"),
    )
    assert told(crm) == [
        ("ann", "a-1", "clicked"),
        ("ann", "a-2", "clicked"),
        ("ann", "a-1", "redeemed"),
    ]
    assert crm.outcomes()["message_key"].tolist() == [key] * 3


def test_a_coupon_is_for_its_product_or_what_the_order_held_of_its_offer(
    crm: xr.Workspace,
) -> None:
    show(crm, "ann", "a", "b")
    buy(crm, "ann", ("b-2", 2))
    offers = pd.DataFrame(
        {
            "offer_id": ["one", "many"],
            "product_ids": [["a-1"], ["a-2", "b-1", "b-2"]],
            "coupon_code": ["C1", "C2"],
        }
    )
    crm.load({"offers": offers})
    order = "ann/b-2/2"
    load_events(
        crm,
        event("coupon_redeemed", 1, customer_id="ann", product_id="a-2"),
        event("coupon_redeemed", 1, customer_id="ann", props=json.dumps({"coupon_code": "C1"})),
        event("coupon_redeemed", 1, customer_id="ann", props=json.dumps({"offer_id": "many"})),
        event(
            "coupon_redeemed",
            2,
            customer_id="ann",
            props=json.dumps({"offer_id": "many", "order_id": order}),
        ),
    )
    assert told(crm) == [
        ("ann", "a-1", "redeemed"),
        ("ann", "a-2", "redeemed"),
        ("ann", "b-2", "bought"),
        ("ann", "b-2", "redeemed"),
    ]


def test_nothing_later_than_as_of_is_read(crm: xr.Workspace) -> None:
    buy(crm, "ann", ("bread", -1), ("a-1", 1), ("a-2", 5))
    show(crm, "ann", "a")
    show(crm, "bob", "a", at=4)
    early = crm.row_priors(day(2))
    assert set(crm.exposures(day(2))["customer_id"]) == {"ann"}
    assert told(crm, as_of=day(2)) == [("ann", "a-1", "bought")]
    assert crm.row_priors(day(-1)).table().empty
    load_events(crm, event("message_clicked", 3, customer_id="ann", product_id="a-2"))
    buy(crm, "cyd", ("a-1", 6))
    show(crm, "cyd", "a", at=5)
    pd.testing.assert_frame_equal(crm.row_priors(day(2)).table(), early.table())


def test_accounts_put_together_share_what_they_saw_and_did(crm: xr.Workspace) -> None:
    same = [("phone", "+14155550100")]
    frame = pd.DataFrame(
        [
            {"customer_id": who, "kind": kind, "value": value, "first_seen_at": day(-9)}
            for who in ("ann", "ann-online")
            for kind, value in same
        ]
    )
    crm.load({"identifiers": frame})
    show(crm, "ann-online", "a")
    buy(crm, "ann", ("a-1", 1))
    assert told(crm) == []
    crm.link()
    (who,) = set(crm.exposures()["customer_id"])
    assert told(crm) == [(who, "a-1", "bought")]


def test_somebody_erased_is_in_no_exposure(crm: xr.Workspace) -> None:
    crm.load({"customers": pd.DataFrame({"customer_id": ["ann", "bob"]})})
    buy(crm, "bob", ("a-1", 1))
    show(crm, "ann", "a")
    show(crm, "bob", "a")
    crm.erase("ann", now=day(2))
    assert set(crm.exposures()["customer_id"]) == {"bob"}


def test_a_cell_whose_row_or_probability_is_not_known_is_left_out(crm: xr.Workspace) -> None:
    buy(crm, "ann", ("bread", -1))
    show(crm, "ann", "a")
    cell = {"position": 1, "product_id": "p", "at": START, "customer_id": "bob"}
    crm.ledger.append(
        "exposures",
        [
            {**cell, "key": "s/1/bob", "shelf": "no rank", "score": 0.1},
            {**cell, "key": "s/1/bob", "shelf": "a price", "score": 7.5, "shelf_rank": 1},
        ],
    )
    assert set(crm.exposures()["customer_id"]) == {"ann"}


def test_a_shelf_that_sells_rises_and_one_that_does_not_falls(crm: xr.Workspace) -> None:
    for n in range(60):
        show(crm, f"c{n}", "good", "bad")
        buy(crm, f"c{n}", ("good-1", 2))
    priors = crm.row_priors(day(20))
    assert priors.factor("good", "regular") > 1.3
    assert priors.factor("bad", "regular") < 0.8
    assert priors.factor("trending", "regular") == 1.0
    assert priors.as_of_ == day(20)


def test_without_an_instant_all_that_is_known_counts(crm: xr.Workspace) -> None:
    buy(crm, "ann", ("bread", -1))
    assert "nothing was shown yet" in str(crm.row_priors())
    show(crm, "ann", "a")
    load_events(crm, event("message_clicked", 3, customer_id="ann", product_id="a-2"))
    assert crm.row_priors().as_of_ == day(3)
    buy(crm, "bob", ("bread", 9))
    assert crm.row_priors().as_of_ == day(9)


def test_a_workspace_without_data_is_told_to_load_some(crm: xr.Workspace) -> None:
    with pytest.raises(MissingFile, match="Load something first"):
        crm.exposures()
