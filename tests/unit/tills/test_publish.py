"""What a till is given: the store's customers, its money and its country, for its owner alone."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.tills.shops import (
    AS_OF,
    BLR,
    KWI,
    MONEY,
    SALE,
    STORES,
    TYO,
    card,
    chain,
    opened,
    served,
)
from xenorec.errors import BadInput, UnknownName, XenorecWarning
from xenorec.pos import Till
from xenorec.pos.identifier_hashes import keyed_hash, normalise
from xenorec.pos.serving_store import NAME
from xenorec.tills.store_data import Store


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Workspace, Path]:
    """The chain with a published till in each store; nobody may change it."""
    folder = tmp_path_factory.mktemp("chain")
    crm = chain(xr.open(folder / "shop.duckdb"))
    for store in STORES:
        crm.publish_till(folder / store, store_id=store, as_of=AS_OF)
    return crm, folder


def meta(folder: Path) -> dict[str, str]:
    return dict(sqlite3.connect(folder / NAME).execute("select name, value from meta"))


@pytest.mark.parametrize("store", [BLR, TYO, KWI])
def test_each_store_has_its_own_money_and_decimals(
    shop: tuple[xr.Workspace, Path], store: str
) -> None:
    told = meta(shop[1] / store)
    decimals = {BLR: "2", TYO: "0", KWI: "3"}[store]
    country = STORES[store][0]
    assert (told["currency"], told["decimals"]) == (MONEY[store], decimals)
    assert told["country"] == country
    with opened(shop[1] / store) as till:
        prices = {offer.price for offer in till.offers()}
    assert prices == {{BLR: "58.50", TYO: "120", KWI: "1.250"}[store]}


@pytest.mark.parametrize("store", [BLR, TYO, KWI])
def test_those_of_the_store_have_offers_and_others_are_known_without_their_habits(
    shop: tuple[xr.Workspace, Path], store: str
) -> None:
    with opened(shop[1] / store) as till:
        for other in STORES:
            who = till.identify(card=card(other, 0))
            assert who is not None
            shelves = {offer.shelf for offer in till.offers(who)}
            assert shelves == ({"buy_again"} if other == store else {"popular_in_store"})
    refs = sqlite3.connect(shop[1] / store / NAME).execute("select distinct ref from offers")
    assert {ref.split("-")[0] for (ref,) in refs} == {store}


def test_one_who_named_the_store_is_the_stores_too(crm: xr.Workspace) -> None:
    at = "2024-05-01T10:00:00+00:00"
    orders = pd.DataFrame(
        {"order_id": ["1"], "customer_id": ["a"], "store_id": ["s"], "ordered_at": [at],
         "net_amount": ["1"], "currency": ["EUR"]}
    )  # fmt: skip
    people = {"customer_id": ["a", "b", "c"], "home_store_id": [None, "s", "t"]}
    crm.load({"orders": orders, "customers": pd.DataFrame(people)})
    with crm.engine.reading() as session:
        assert Store("s", pd.Timestamp(AS_OF, tz="UTC")).customers(session) == {"a", "b"}
        assert Store("s", pd.Timestamp("2024-04-01", tz="UTC")).customers(session) == {"b"}


def test_where_no_store_is_known_everybody_is_of_the_one_there_is(crm: xr.Workspace) -> None:
    at = "2024-05-01T10:00:00+00:00"
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["a", "b"], "ordered_at": [at, at],
         "net_amount": ["1", "1"], "currency": ["EUR", "EUR"]}
    )  # fmt: skip
    crm.load({"orders": orders})
    with crm.engine.reading() as session:
        assert Store("s", pd.Timestamp(AS_OF, tz="UTC")).customers(session) == {"a", "b"}


def sales(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Orders from (store, day, currency)."""
    frame = pd.DataFrame(rows, columns=["store_id", "ordered_at", "currency"])
    frame["ordered_at"] += "T10:00:00+00:00"
    return frame.assign(order_id=[str(n) for n in range(len(rows))], net_amount="1")


@pytest.mark.parametrize(
    ("rows", "own", "wanted"),
    [
        ([("s", "2024-05-01", "JPY"), *[("t", "2024-05-01", "INR")] * 9], "INR", "JPY"),
        ([*[("s", "2023-01-01", "HRK")] * 9, ("s", "2024-05-01", "EUR")], None, "EUR"),
        ([("t", "2024-05-01", "INR"), *[("u", "2024-05-01", "JPY")] * 9], None, "INR"),
        ([("u", "2024-05-01", "JPY")], "INR", "INR"),
        ([("u", "2024-05-01", "JPY")], None, "JPY"),
    ],
)
def test_a_store_sells_in_the_currency_of_its_own_orders_first(
    crm: xr.Workspace, rows: list[tuple[str, str, str]], own: str | None, wanted: str
) -> None:
    stores = pd.DataFrame({"store_id": ["s", "t", "u"], "country": ["IN", "IN", "JP"]})
    crm.load({"stores": stores})
    crm.load({"orders": sales(*rows)})
    with crm.engine.reading() as session:
        store = Store("s", pd.Timestamp(AS_OF, tz="UTC"))
        assert store.money(session, "IN", own).currency == wanted


def test_a_currency_that_had_to_be_guessed_is_warned_of(crm: xr.Workspace) -> None:
    crm.load({"stores": pd.DataFrame({"store_id": ["s"]})})
    rows = [("t", "2024-05-01", "INR"), *[("u", "2024-05-01", "JPY")] * 2]
    crm.load({"orders": sales(*rows)})
    store = Store("s", pd.Timestamp(AS_OF, tz="UTC"))
    with crm.engine.reading() as session:
        with pytest.warns(XenorecWarning, match="till-currency"):
            money = store.money(session, None, None)
        assert money.currency == "JPY"


def test_every_file_is_its_owners_alone(shop: tuple[xr.Workspace, Path]) -> None:
    folder = shop[1] / KWI
    opened(folder).close()
    names = {path.name for path in folder.iterdir()}
    assert names >= {"serving.sqlite", "journal.sqlite", "revoked.sqlite", "till.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_nothing_in_the_serving_file_alone_hashes_a_key(shop: tuple[xr.Workspace, Path]) -> None:
    folder = shop[1] / BLR
    hashes = {row[0] for row in sqlite3.connect(folder / NAME).execute("select hash from keys")}
    told = meta(folder)
    card_key = normalise("card", card(BLR, 0))
    for value in told.values():
        assert keyed_hash("card", card_key, value) not in hashes
    assert hashes


def test_the_hashes_of_two_stores_and_two_publications_cannot_be_compared(
    shop: tuple[xr.Workspace, Path], tmp_path: Path
) -> None:
    crm, folder = shop
    crm.publish_till(tmp_path / "again", store_id=BLR, as_of=AS_OF)
    files = [folder / BLR, folder / TYO, tmp_path / "again"]
    found = [
        {row[0] for row in sqlite3.connect(file / NAME).execute("select hash from keys")}
        for file in files
    ]
    assert not found[0] & found[1]
    assert not found[0] & found[2]


def test_a_till_without_its_secret_sells_and_knows_nobody(
    shop: tuple[xr.Workspace, Path], tmp_path: Path
) -> None:
    (tmp_path / NAME).write_bytes((shop[1] / BLR / NAME).read_bytes())
    with pytest.warns(XenorecWarning, match="till-key-missing"):
        till = Till.open(tmp_path)
    assert till.identify(card=card(BLR, 0)) is None
    assert till.offers()
    assert till.record_order("1", lines=SALE)


def test_a_till_is_not_published_over_anothers_journal(
    shop: tuple[xr.Workspace, Path], tmp_path: Path
) -> None:
    crm, _ = shop
    other = xr.open(tmp_path / "other.duckdb")
    for folder, store in ((tmp_path / "a", BLR), (tmp_path / "b", TYO)):
        with opened(served(other if store == BLR else crm, folder, store_id=store)) as till:
            till.record_order("1", lines=SALE)
        before = (folder / NAME).read_bytes()
        with pytest.raises(BadInput, match="is the journal of"):
            crm.publish_till(folder, store_id=BLR, as_of=AS_OF)
        assert (folder / NAME).read_bytes() == before


def test_an_unknown_store_is_answered_with_the_nearest(
    shop: tuple[xr.Workspace, Path], tmp_path: Path
) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'TYO'"):
        shop[0].publish_till(tmp_path / "x", store_id="TY0", as_of=AS_OF)


def test_a_phone_of_the_stores_country_is_known_however_it_is_dialled(
    shop: tuple[xr.Workspace, Path],
) -> None:
    with opened(shop[1] / BLR) as till:
        for phone in ("98123 45678", "098123-45678", "0091 (0)98123 45678", "+91 98123 45678"):
            assert till.identify(phone=phone) == ("BLR-0",)
        assert till.identify(phone="+81 3-1234-5678") == ("TYO-0",)
        assert till.identify(phone="03-1234-5678") is None
    with opened(shop[1] / TYO) as till:
        assert till.identify(phone="03-1234-5678") == ("TYO-0",)
