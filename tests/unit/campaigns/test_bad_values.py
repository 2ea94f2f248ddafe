"""One value that cannot be used ends no plan: it is cleaned, left out, or fails one message."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns import sending
from xenorec.campaigns.plan import Plan
from xenorec.errors import BadInput
from xenorec.messages import MessageTemplate, RenderedMessage, sms_length, to_mime

START = datetime(2024, 3, 31, tzinfo=UTC)
BRAND = {"name": "Shop, Inc.", "url": "https://shop.example/de/?x=1", "address": "1 St"}
NAMES = {
    "plain": "Ana",
    "control": "Ana\x00\x1b",
    "line": "Ana\r\nBcc: all@evil.example",
    "word": "=?utf-8?q?Ana=0d=0aContent-Type:_text/html=0d=0a=0d=0a<h1>Hi</h1>?=",
    "link": "Ana http://evil.example/x",
    "name None": "None",
    "name nan": "nan",
    "long": "x" * 5_000,
    "cust 17/ä?#": "Bo",
    "template": "{{ name }}",
}
PRODUCTS: dict[str, dict[str, Any]] = {
    "BANK CHARGES": {"title": "nan bread 2 pack", "url": None},
    "javascript": {"title": "None", "url": "javascript:alert(1)"},
    "relative": {"title": "Rye (cid:none.png)", "url": "/p/2"},
    "../p?3#%": {"title": "Tea\x07 {{ deal }}", "url": "https://shop.example/a b"},
    "picture": {"title": "www.evil.example milk", "image_url": "img/1.png"},
    "inner": {"title": "½ price jam", "image_url": "cid:none.png"},
    "money": {"title": "Oats", "currency": "KWD"},
    "fine": {
        "title": "Milk",
        "url": "https://shop.example/p/8",
        "image_url": "https://i.example/8",
    },
}


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    """Ten people with odd names who buy eight odd products every week."""
    return made(tmp_path_factory.mktemp("odd"))


def made(folder: Path) -> xr.Workspace:
    crm = xr.open(folder / "shop.duckdb", brand=BRAND)
    rows = [
        (f"{who}-{week}", who, START - timedelta(days=7 * week + 1, hours=-17), 9, "EUR")
        for who in NAMES
        for week in range(8)
    ]
    orders = pd.DataFrame(
        rows, columns=["order_id", "customer_id", "ordered_at", "net_amount", "currency"]
    )
    lines = pd.DataFrame(
        [(o, n, p, 1, 2) for o in orders["order_id"] for n, p in enumerate(PRODUCTS, 1)],
        columns=["order_id", "line_no", "product_id", "quantity", "net_amount"],
    )
    products = pd.DataFrame(
        [
            {"product_id": p, "price_amount": "2.50", "currency": "EUR", "url": None, **more}
            for p, more in PRODUCTS.items()
        ]
    )
    people = list(NAMES)
    consents = {"customer_id": people * 2, "channel": ["email"] * 10 + ["sms"] * 10}
    consents |= {"purpose": "marketing", "status": "granted", "at": "2024-01-01T00:00:00Z"}
    addresses = [f"c{n}@mail.example" for n, _ in enumerate(people)]
    phones = [f"+4915112345{n:03d}" for n, _ in enumerate(people)]
    crm.load(
        {
            "orders": orders,
            "order_lines": lines,
            "products": products,
            "customers": pd.DataFrame(
                {"customer_id": people, "first_name": NAMES.values(), "time_zone": "UTC"}
            ),
            "identifiers": pd.DataFrame(
                {
                    "customer_id": people * 2,
                    "kind": ["email"] * 10 + ["phone"] * 10,
                    "value": addresses + phones,
                }
            ),
            "consents": pd.DataFrame(consents),
        }
    )
    return crm


def planned(crm: xr.Workspace, name: str = "odd", **settings: Any) -> Plan:
    options = {"template": "winback", "holdout": 0.0, **settings}
    plan: Plan = crm.campaign(name, audience=crm.profiles("2024-03-31"), **options).plan()
    return plan


def written(crm: xr.Workspace, campaign: str) -> list[Any]:
    files = crm.project.outbox.glob(f"{campaign}_*.eml")
    return [message_from_bytes(path.read_bytes(), policy=default) for path in files]


def contexts(plan: Plan) -> dict[str, dict[str, Any]]:
    return {d.customer_id: json.loads(d.context) for d in plan.decisions}


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_every_customer_gets_a_message_whatever_stands_in_the_data(
    crm: xr.Workspace, channel: str
) -> None:
    plan = planned(crm, f"odd-{channel}", channels=(channel,))
    assert plan.problems == {}
    assert {d.state for d in plan.decisions} == {"planned"}
    names = {who: context["customer"]["first_name"] for who, context in contexts(plan).items()}
    assert names["control"] == "Ana"
    assert names["link"] == "Ana evil. example/x"
    assert names["long"] is None
    assert (names["name None"], names["name nan"], names["template"]) == (
        "None",
        "nan",
        "{{ name }}",
    )


def test_what_cannot_be_used_of_a_product_is_left_out_and_told(crm: xr.Workspace) -> None:
    shelves = xr.ShelfRecommender(n_shelves=1, n_items=8).fit(crm.history("2024-03-31"))
    plan = planned(crm, recommend=shelves)
    context = contexts(plan)["plain"]
    items = {item["product_id"]: item for shelf in context["shelves"] for item in shelf["items"]}
    assert set(items) == set(PRODUCTS)
    button = context["button_url"]
    assert items["BANK CHARGES"]["url"] == f"{button}#BANK%20CHARGES"
    assert items["javascript"]["url"] == f"{button}#javascript"
    assert items["relative"]["url"] == f"{button}#relative"
    assert items["../p?3#%"]["url"] == "https://shop.example/a%20b"
    assert items["fine"]["url"] == "https://shop.example/p/8"
    assert items["picture"]["image"].startswith("cid:")
    assert items["inner"]["image"] == items["picture"]["image"] != "cid:none.png"
    assert items["money"]["price"] == "KWD\xa02.500"
    assert items["fine"]["price"] == "€2.50"
    told = " ".join(plan.notes)
    for word in ("'javascript', 'relative'", "'inner', 'picture'", "3 first names"):
        assert word in told
    assert all(note in str(plan) for note in plan.notes)
    assert "evil" not in told


def test_links_hold_a_token_that_reads_back_and_no_id(crm: xr.Workspace) -> None:
    key = crm.project.key()
    plan = planned(crm)
    for decision in plan.decisions:
        context = json.loads(decision.context)
        for url, action in (("button_url", "click"), ("unsubscribe_url", "unsubscribe")):
            link = context[url]
            path = {"click": "m", "unsubscribe": "unsubscribe"}[action]
            assert link.startswith(f"https://shop.example/de/{path}/")
            token = xr.read_link_token(link.rpartition("/")[2], key)
            assert (token.message_key, token.action) == (decision.key, action)
            assert (token.channel, token.purpose) == ("email", "marketing")
            assert decision.customer_id not in link
    assert planned(crm).hash == plan.hash


def test_what_is_written_reads_back_as_what_was_meant(crm: xr.Workspace) -> None:
    plan = planned(crm, "sent")
    plan.approve(by="ann", at=START).send(now=START + timedelta(hours=20))
    plan.send(now=START + timedelta(hours=44))
    mails = written(crm, "sent")
    assert len(mails) == len(NAMES)
    subjects = {str(mail["Subject"]) for mail in mails}
    assert any(NAMES["word"] in subject for subject in subjects)
    for mail in mails:
        assert mail.get_content_type() == "multipart/related"
        assert "Bcc" not in mail
        assert mail["From"].addresses[0].display_name == "Shop, Inc."
        assert str(mail["List-Unsubscribe"]).startswith("<https://shop.example/de/unsubscribe/")
    lines = (crm.project.outbox / "messages.jsonl").read_text("utf-8").splitlines()
    told = [row for row in map(json.loads, lines) if row["campaign_id"] == "sent"]
    assert {row["to"] for row in told} == {str(mail["To"]) for mail in mails}


def test_an_sms_with_a_token_is_short_enough(crm: xr.Workspace) -> None:
    template = MessageTemplate.load("winback")
    context = contexts(planned(crm, "odd-short", channels=("sms",)))["plain"]
    length = sms_length(template.render(context, channel="sms").text)
    assert length.alphabet == "GSM-7"
    assert length.n_segments <= 2


def test_a_message_that_cannot_be_made_fails_alone_and_says_why(crm: xr.Workspace) -> None:
    own = crm.project.own / "templates" / "strict"
    own.mkdir(parents=True)
    (own / "template.toml").write_text(
        'title = "S"\npurpose = "marketing"\nchannels = ["email"]\nsubject = "Hi"\n'
        '[variables.customer]\nmeaning = "who"\ntype = "record"\n'
        '[variables.unsubscribe_url]\nmeaning = "link"\ntype = "text"\n'
    )
    (own / "email.txt.j2").write_text("Hi {{ customer.first_name }} {{ unsubscribe_url }}")
    plan = planned(crm, "strict", template="strict")
    assert set(plan.problems) == {"long"}
    assert "customer.first_name" in plan.problems["long"][0]
    failed = [d for d in plan.decisions if d.customer_id == "long"]
    assert [(d.state, str(d.reason)) for d in failed] == [("suppressed", "template_error")]


def test_a_mail_that_cannot_be_written_fails_alone(
    crm: xr.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(rendered: RenderedMessage, *, to: str, **facts: Any) -> bytes:
        if to == "c0@mail.example":
            raise BadInput("its headers cannot be written")
        return to_mime(rendered, to=to, **facts)

    approved = planned(crm, "refused").approve(by="ann", at=START)
    monkeypatch.setattr(sending, "to_mime", refusing)
    for hours in (20, 44):
        approved.send(now=START + timedelta(hours=hours))
    assert len(written(crm, "refused")) == len(NAMES) - 1
