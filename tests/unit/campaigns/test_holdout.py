"""Those held out are treated like those written to, up to the message itself."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns.plan import Plan

START = datetime(2024, 3, 31, tzinfo=UTC)
PRODUCTS = ("dates", "milk", "rice", "tea")
NAMES = ["Broken" if n % 8 == 0 else "Ann" for n in range(48)]
TEMPLATES = Path(__file__).parents[3] / "templates"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Forty-eight people, half of them held out; the message of every eighth cannot be written."""
    folder = tmp_path_factory.mktemp("holdout")
    shutil.copytree(TEMPLATES / "winback", folder / "templates" / "fragile")
    text = folder / "templates" / "fragile" / "email.txt.j2"
    text.write_text(
        text.read_text("utf-8")
        + "{% if customer.first_name == 'Broken' %}{{ customer.shoe_size }}{% endif %}\n",
        "utf-8",
    )
    crm = xr.open(folder / "shop.duckdb", brand={"name": "S", "address": "1 St"})
    crm.load(shop())
    return crm.campaign(
        "spring", audience=crm.profiles("2024-03-31"), template="fragile", holdout=0.5, salt="s"
    ).plan()


def shop() -> dict[str, pd.DataFrame]:
    people = [f"c{n:02}" for n in range(len(NAMES))]
    rows = [
        (f"{who}-{week}", who, START - timedelta(days=7 * week + 1, hours=-17), 9, "EUR")
        for who in people
        for week in range(4)
    ]
    names = ["order_id", "customer_id", "ordered_at", "net_amount", "currency"]
    orders = pd.DataFrame(rows, columns=names)
    lines = [
        (order_id, number, product, 1, 2)
        for order_id in orders["order_id"]
        for number, product in enumerate(PRODUCTS, 1)
    ]
    columns = ["order_id", "line_no", "product_id", "quantity", "net_amount"]
    consents = {"customer_id": people, "channel": "email", "purpose": "marketing"}
    consents |= {"status": "granted", "at": "2024-01-01T00:00:00Z"}
    emails = [f"{who}@shop.example" for who in people]
    return {
        "orders": orders,
        "order_lines": pd.DataFrame(lines, columns=columns),
        "products": pd.DataFrame({"product_id": PRODUCTS, "title": PRODUCTS}),
        "customers": pd.DataFrame({"customer_id": people, "first_name": NAMES, "time_zone": "UTC"}),
        "identifiers": pd.DataFrame({"customer_id": people, "kind": "email", "value": emails}),
        "consents": pd.DataFrame(consents),
    }


def test_a_message_that_fails_its_checks_falls_out_of_both_arms(plan: Plan) -> None:
    broken = {f"c{n:02}" for n, name in enumerate(NAMES) if name == "Broken"}
    arms = {decision.arm for decision in plan.decisions if decision.customer_id in broken}
    assert arms == {"treatment", "control"}
    for decision in plan.decisions:
        is_failed = decision.reason == "template_error"
        assert is_failed == (decision.customer_id in broken), decision.customer_id
        assert decision.state == ("planned" if decision.reason is None else "suppressed")
    assert set(plan.problems) == broken


def test_nobody_held_out_has_a_message(plan: Plan) -> None:
    held = [decision for decision in plan.decisions if decision.arm == "control"]
    assert len(held) > 10
    assert {decision.body_hash for decision in held} == {None}
    assert {decision.reason for decision in held} == {"control", "template_error"}
