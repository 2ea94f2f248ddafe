"""Shelves and reasons stand in the language of the message, right-to-left ones included."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns.shelf_localization import supported_locale
from xenorec.messages import MessageTemplate

START = datetime(2024, 3, 31, tzinfo=UTC)
LOCALES = {"amal": "ar-SA", "asha": "hi_IN", "eva": "es", "luc": "fr-FR", "sue": None}
PRODUCTS = ("dates", "milk", "rice", "tea")


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    """Five people of five tongues who buy the same four products every week."""
    crm = xr.open(
        tmp_path_factory.mktemp("tongues") / "shop.duckdb", brand={"name": "S", "address": "1 St"}
    )
    rows = [
        (f"{who}-{week}", who, START - timedelta(days=7 * week + 1, hours=-17), 9, "EUR")
        for who in LOCALES
        for week in range(8)
    ]
    names = ["order_id", "customer_id", "ordered_at", "net_amount", "currency"]
    orders = pd.DataFrame(rows, columns=names)
    lines = pd.DataFrame(
        [
            (order_id, number, product, 1, 2)
            for order_id in orders["order_id"]
            for number, product in enumerate(PRODUCTS, 1)
        ],
        columns=["order_id", "line_no", "product_id", "quantity", "net_amount"],
    )
    people = list(LOCALES)
    emails = [f"{who}@shop.example" for who in people]
    consents = {"customer_id": people, "channel": "email", "purpose": "marketing"}
    consents |= {"status": "granted", "at": "2024-01-01T00:00:00Z"}
    titles = [name.capitalize() for name in PRODUCTS]
    crm.load(
        {
            "orders": orders,
            "order_lines": lines,
            "products": pd.DataFrame(
                {
                    "product_id": PRODUCTS,
                    "title": titles,
                    "price_amount": "1234.5",
                    "currency": "EUR",
                }
            ),
            "customers": pd.DataFrame(
                {"customer_id": people, "locale": LOCALES.values(), "time_zone": "UTC"}
            ),
            "identifiers": pd.DataFrame({"customer_id": people, "kind": "email", "value": emails}),
            "consents": pd.DataFrame(consents),
        }
    )
    return crm


def first_titles(crm: xr.Workspace, template: str, **settings: object) -> dict[str, str]:
    options = {"audience": crm.profiles("2024-03-31"), "holdout": 0, **settings}
    plan = crm.campaign(f"for-{template}", template=template, **options).plan()  # type: ignore[arg-type]
    assert not plan.problems
    return {d.customer_id: json.loads(d.context)["shelves"][0]["title"] for d in plan.decisions}


TITLES = {
    "amal": "للشراء مرة أخرى",
    "asha": "फिर से खरीदें",
    "eva": "Vuelve a comprar",
    "luc": "Buy again",
    "sue": "Buy again",
}


def test_everybody_reads_the_shelves_in_the_language_of_their_message(crm: xr.Workspace) -> None:
    assert first_titles(crm, "after-eid") == TITLES


def test_a_template_that_speaks_english_only_has_english_shelves(crm: xr.Workspace) -> None:
    assert set(first_titles(crm, "winback").values()) == {"Buy again"}


def test_one_language_for_all_and_a_recommender_of_one_language(crm: xr.Workspace) -> None:
    assert set(first_titles(crm, "after-eid", locale="ar").values()) == {TITLES["amal"]}
    own = xr.ShelfRecommender(locale="es").fit(crm.history("2024-03-31"))
    assert set(first_titles(crm, "after-eid", recommend=own).values()) == {TITLES["eva"]}


def test_a_right_to_left_message_has_its_shelf_and_its_reasons(crm: xr.Workspace) -> None:
    people = crm.profiles("2024-03-31").where("customer_id = 'amal'")
    made = crm.campaign("rtl", audience=people, template="after-eid", holdout=0).plan()
    (decision,) = made.decisions
    message = MessageTemplate.load("after-eid").render(json.loads(decision.context))
    assert message.html is not None
    assert 'dir="rtl"' in message.html
    for words in (TITLES["amal"], "اعتدت شراءه كل 7 أيام تقريبًا"):
        assert words in message.html
        assert words in message.text


def test_english_words_are_said_to_be_english_and_prices_are_the_lands(crm: xr.Workspace) -> None:
    people = crm.profiles("2024-03-31")
    made = crm.campaign("english", audience=people, template="winback", holdout=0).plan()
    contexts = {d.customer_id: json.loads(d.context) for d in made.decisions}
    found = {who: context["locale"] for who, context in contexts.items()}
    assert found == {"amal": "en-SA", "asha": "en-IN", "eva": "en", "luc": "en-FR", "sue": "en-US"}
    prices = {who: c["shelves"][0]["items"][0]["price"] for who, c in contexts.items()}
    assert (prices["luc"], prices["eva"]) == ("1\u202f234,50\xa0€", "1.234,50\xa0€")
    assert prices["sue"] == "€1,234.50"
    html = MessageTemplate.load("winback").render(contexts["amal"], channel="email").html
    assert html is not None
    assert 'lang="en-SA" dir="ltr"' in html


def test_products_and_places_are_those_of_any_language(crm: xr.Workspace) -> None:
    people = crm.profiles("2024-03-31")
    plans = [
        crm.campaign("same", audience=people, template="after-eid", holdout=0, locale=locale).plan()
        for locale in ("customer", "en")
    ]
    assert [d.shelves for d in plans[0].decisions] == [d.shelves for d in plans[1].decisions]


def test_the_languages_of_a_template_have_words_for_every_shelf() -> None:
    for theme in xr.recommend.read_themes():
        assert set(MessageTemplate.load("after-eid").languages) <= set(theme.titles)


def test_a_language_that_is_not_spoken_falls_back() -> None:
    assert [supported_locale(locale, ("en", "ar")) for locale in ("ar-SA", "AR_eg", "fr", "")] == [
        *("ar-SA", "AR_eg"),
        *(None, None),
    ]
