"""What a campaign never shows: read, written, kept by the plan, and told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.config.test_campaign_reader import KNOWN, written
from xenorec.campaigns.exclusion_rules import rules_of
from xenorec.campaigns.plan import Plan
from xenorec.config.campaign_reader import read_mapping, read_yaml
from xenorec.config.campaign_record import Price
from xenorec.errors import ConfigError
from xenorec.recommend import Rules
from xenorec.schema.enums import Reason
from xenorec.testing import invented_shop

AS_OF = datetime(2017, 11, 1, tzinfo=UTC)
ALL = """\
campaign: strict
message: {template: winback}
recommend:
  never: [out_of_stock, discontinued, not_in_store, returned_last_30d, bought_last_7d,
    shown_last_3_messages, above_usual_price]
  max_per_category: 2
  max_per_brand: 3
  block_categories: [PET FOOD, FLOWERS]
  price: {min: 1, max: 20.5}
  min_margin: 0.15
"""


def record_of(**recommend: object):  # type: ignore[no-untyped-def]
    data = {"campaign": "x", "message": {"template": "winback"}, "recommend": recommend}
    return read_mapping(data, KNOWN, source="call")


def test_every_rule_is_read_and_written_as_the_same_record(tmp_path: Path) -> None:
    record = read_yaml(written(tmp_path, ALL), KNOWN)
    asked = record.recommend
    assert len(asked.never) == 7
    assert (asked.max_per_category, asked.max_per_brand, asked.min_margin) == (2, 3, 0.15)
    assert asked.block_categories == ("PET FOOD", "FLOWERS")
    assert asked.price == Price(1.0, 20.5)
    assert read_yaml(written(tmp_path, record.to_yaml()), KNOWN) == record


def test_limits_that_were_not_set_are_not_written() -> None:
    said = record_of(price={"max": 5}).to_mapping()["recommend"]
    assert said["price"] == {"max": 5.0}
    for name in ("max_per_category", "max_per_brand", "block_categories", "min_margin"):
        assert name not in said
    assert "price" not in record_of().to_mapping()["recommend"]


def test_all_mistakes_are_told_at_once_with_line_and_nearest_name(tmp_path: Path) -> None:
    text = (
        "campaign: x\nmessage: {template: winback}\nrecommend:\n"
        "  never: [bought_last_7, out_of_stok]\n"
        "  max_per_category: 0\n  max_per_brand: two\n  block_categories: 7\n"
        "  price: {min: 9, max: 3, mid: 4}\n  min_margin: 15\n  max_per_brnd: 2\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_yaml(written(tmp_path, text), KNOWN)
    assert [problem.line for problem in caught.value.problems] == [4, 4, 5, 6, 7, 8, 8, 9, 10]
    for told in (
        *("'bought_last_7d'", "'out_of_stock'", "whole number of at least 1", "list of names"),
        *("min 9 is above max 3", "recommend.price.mid", "from 0 to 1", "'max_per_brand'"),
    ):
        assert told in str(caught.value)


def test_the_record_adds_to_the_rules_of_the_recommender() -> None:
    given = Rules(max_per_brand=5, bought_within="2d", block_categories=("TOYS",))
    record = record_of(
        never=["bought_last_7d", "bought_last_14d", "returned_last_30d", "above_usual_price"],
        block_categories=["PETS"],
        max_per_category=2,
    )
    rules = rules_of(record, given, lambda: pytest.fail("no rule needs exposures"))
    assert (rules.bought_within, rules.returned_within) == ("14d", "30d")
    assert (rules.max_per_brand, rules.max_per_category) == (5, 2)
    assert rules.block_categories == ("TOYS", "PETS")
    assert (rules.max_usual_price, rules.purpose) == (1.5, "marketing")
    assert (rules.not_in_store, rules.out_of_stock, rules.shown_last) == (False, True, None)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    brand = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}
    crm = xr.open(tmp_path_factory.mktemp("never") / "shop.duckdb", brand=brand)
    crm.load(invented_shop(25).frames)
    return crm


@pytest.fixture(scope="module")
def shelves(crm: xr.Workspace) -> xr.ShelfRecommender:
    return xr.ShelfRecommender(3, 4).fit(crm.history(AS_OF))


def planned(
    crm: xr.Workspace, shelves: xr.ShelfRecommender, name: str = "c", **said: object
) -> Plan:
    people = crm.profiles(AS_OF).where("n_orders >= 1")
    return crm.campaign(name, audience=people, recommend=shelves, holdout=0.0, **said).plan()


def products_of(plan: Plan) -> dict[str, set[str]]:
    return {
        d.customer_id: {i["product_id"] for s in json.loads(d.shelves) for i in s["items"]}
        for d in plan.decisions
    }


def test_python_and_yaml_say_the_same_rules(crm: xr.Workspace, tmp_path: Path) -> None:
    people = crm.profiles(AS_OF)
    called = crm.campaign(
        "c",
        audience=people,
        never=("not_in_store", "shown_last_2_messages"),
        max_per_category=2,
        max_per_brand=2,
        block_categories=("PET FOOD",),
        price={"max": 8},
        min_margin=0.1,
    )
    (tmp_path / "c.yaml").write_text(called.to_yaml(), "utf-8")
    assert crm.read_campaign(tmp_path / "c.yaml") == called.record


def test_the_plan_keeps_the_rules_and_tells_how_many_products_each_took(
    crm: xr.Workspace, shelves: xr.ShelfRecommender
) -> None:
    plan = planned(
        crm,
        shelves,
        never=["bought_last_7d"],
        max_per_category=1,
        block_categories=["PRODUCE"],
        price={"max": 5},
    )
    products = crm.history(AS_OF).products().to_pandas().set_index("product_id")
    lines = crm.history(AS_OF).lines().to_pandas()
    late = lines[lines["ordered_at"] > pd.Timestamp(AS_OF) - timedelta(days=7)]
    bought = late.groupby("customer_id")["product_id"].agg(set)
    for customer, shown in products_of(plan).items():
        facts = products.loc[sorted(shown)]
        assert not shown & bought.get(customer, set())
        assert facts["category"].is_unique
        assert (facts["price_amount"].astype(float) <= 5).all()
        assert not facts["category_path"].map(lambda path: "PRODUCE" in list(path)).any()
    table = plan.removals.set_index("rule")["n_cells"]
    for rule in ("blocked_category", "price_band", "bought_recently", "per_category"):
        assert table[rule] > 0
        assert f"{rule:<22}{table[rule]:>8,}" in str(plan)
    assert "Left out by the rules" in str(
        crm.campaign("c", audience=crm.profiles(AS_OF), recommend=shelves).preview(1).plan
    )


def test_who_has_nothing_left_is_suppressed_and_the_plan_says_which_rules_did_it(
    crm: xr.Workspace, shelves: xr.ShelfRecommender
) -> None:
    plan = planned(crm, shelves, price={"min": 1000})
    assert {d.reason for d in plan.decisions} <= {Reason.NO_RECOMMENDATION, Reason.NO_CONSENT}
    n = sum(d.reason == Reason.NO_RECOMMENDATION for d in plan.decisions)
    assert n > 10
    assert f"{n} pages were emptied by price_band (" in str(plan)


def test_what_the_last_message_showed_is_not_shown_again_unless_bought(
    crm: xr.Workspace, shelves: xr.ShelfRecommender, tmp_path: Path
) -> None:
    first = planned(crm, shelves, "first", expires="10h", quiet="01:00-02:00")
    sent = first.approve(by="ann", at=AS_OF).send(now=AS_OF + timedelta(hours=9))
    assert sent.n_sent > 10
    before = products_of(first)
    later = xr.ShelfRecommender(3, 4).fit(crm.history(AS_OF + timedelta(days=2)))
    people = crm.profiles(AS_OF + timedelta(days=2)).where("n_orders >= 1")

    def again(**said: object) -> dict[str, set[str]]:
        plan = crm.campaign("second", audience=people, recommend=later, holdout=0.0, **said).plan()
        return products_of(plan)

    lines = crm.history(AS_OF + timedelta(days=2)).lines().to_pandas()
    since = lines[lines["ordered_at"] > pd.Timestamp(AS_OF)]
    bought = since.groupby("customer_id")["product_id"].agg(set)
    fresh, same = again(never=["shown_last_1_messages"]), again()
    messages = crm.ledger.snapshot("exposures")["key"].to_pylist()
    reached = {key.split("/")[2] for key in messages}
    repeated = {c: same[c] & before[c] - bought.get(c, set()) for c in reached}
    assert sum(map(len, repeated.values())) > 20, "without the rule the same things come again"
    assert all(not fresh[c] & before[c] - bought.get(c, set()) for c in reached)


def test_messages_later_than_the_audience_are_not_remembered(
    crm: xr.Workspace, shelves: xr.ShelfRecommender
) -> None:
    assert crm.ledger.snapshot("exposures").num_rows > 0
    with_rule = planned(crm, shelves, "third", never=["shown_last_5_messages"])
    assert products_of(with_rule) == products_of(planned(crm, shelves, "third"))


def test_the_warehouse_hands_the_rules_all_that_they_need(tmp_path: Path) -> None:
    frames = {name: frame.copy() for name, frame in invented_shop(12).frames.items()}
    products = frames["products"].set_index("product_id")
    products["stock"] = [0 if name == "p01" else 5 for name in products.index]
    products["active_to"] = [AS_OF if name == "p02" else None for name in products.index]
    products["attributes"] = [
        json.dumps({"margin_share": 0.01 if name == "p03" else 0.3}) for name in products.index
    ]
    beer = products.index[products["title"].str.contains("Pale Ale")].item()
    frames["products"] = products.reset_index()
    frames["customers"]["is_minor"] = frames["customers"]["customer_id"] == "h01"
    orders, lines = frames["orders"], frames["order_lines"]
    own = orders[(orders["customer_id"] == "h03") & (orders["ordered_at"] <= AS_OF)]
    last = lines[lines["order_id"] == own["order_id"].iloc[-1]].iloc[0]
    is_back = (lines["order_id"] == last["order_id"]) & (lines["line_no"] == last["line_no"])
    lines["refunded_quantity"] = lines["quantity"].where(is_back)
    crm = xr.open(tmp_path / "shop.duckdb")
    crm.load(frames)
    rules = Rules(min_margin=0.1, returned_within="90d")
    model = xr.ShelfRecommender(rules=rules).fit(crm.history(AS_OF))
    told = {
        product: model.explain(customer, product).rule
        for customer, product in (
            *(("h02", "p01"), ("h02", "p02"), ("h02", "p03"), ("h01", beer)),
            ("h03", last["product_id"]),
        )
    }
    assert list(told.values()) == [
        *("out_of_stock", "discontinued", "margin", "age_restricted", "returned"),
    ]
    assert model.explain("h02", beer).rule is None
    assert model.explain("h04", last["product_id"]).rule is None
