from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.pos.folders import CARD, EMAIL, MEERA, PHONE, STORE, publish
from xenorec.errors import BadInput, UnknownName, XenorecWarning
from xenorec.pos import Customer, Till
from xenorec.pos.journal import read_journal
from xenorec.pos.serving_store import NAME
from xenorec.testing import FrozenClock

NOON = "2024-05-14T12:00:00+00:00"
SALE = [("tea", 2, "7.00"), ("rice", "0.500", Decimal("2.00"))]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def till(tmp_path: Path, clock: FrozenClock) -> Iterator[Till]:
    with Till.open(publish(tmp_path), store_id=STORE, clock=clock.now) as found:
        yield found


def ids(offers: list[object]) -> list[str]:
    return [offer.product_id for offer in offers]  # type: ignore[attr-defined]


def entries(till: Till) -> list[object]:
    return list(read_journal(till.folder))


# -- who ---------------------------------------------------------------------------------------


def test_a_customer_is_known_by_phone_email_or_card(till: Till) -> None:
    assert till.identify(phone="0091 98000-00000") == Customer(MEERA)
    assert till.identify(email=EMAIL.upper()) == till.identify(card=f" {CARD[:4]}-{CARD[4:]}")


def test_an_unknown_customer_is_none(till: Till) -> None:
    assert till.identify(phone="+919800000001") is None
    assert till.identify(card=PHONE[1:]) is None


def test_what_a_reference_stands_for_is_not_shown(till: Till) -> None:
    who = till.identify(phone=PHONE)
    assert MEERA not in f"{who} {who!r} {[who]}"


def test_exactly_one_key_is_asked_for(till: Till) -> None:
    with pytest.raises(BadInput, match="exactly one"):
        till.identify()
    with pytest.raises(BadInput, match="exactly one"):
        till.identify(phone=PHONE, card=CARD)


# -- what to offer -----------------------------------------------------------------------------


def test_a_known_customers_own_offers_come_first(till: Till) -> None:
    offers = till.offers(till.identify(phone=PHONE))
    assert ids(offers) == ["tea", "rice", "milk"]
    assert [offer.rank for offer in offers] == [1, 2, 3]
    assert (offers[0].title, offers[0].reason, offers[0].price) == (
        "Tea",
        "Bought every week",
        "3.50",
    )
    assert [offer.shelf for offer in offers] == ["buy_again", "for_you", "popular_in_store"]


def test_an_unknown_customer_is_offered_what_is_popular_here(till: Till) -> None:
    assert ids(till.offers()) == ["milk", "tea", "bread"]


def test_a_customer_without_offers_is_offered_what_is_popular_here(till: Till) -> None:
    assert ids(till.offers(till.identify(email=EMAIL))) == ids(till.offers())


def test_what_goes_with_the_basket_comes_after_the_customers_own(till: Till) -> None:
    who = till.identify(phone=PHONE)
    assert ids(till.offers(who, basket=["tea"], limit=9)) == ["rice", "biscuits", "milk", "bread"]


def test_nothing_that_is_in_the_basket_is_offered(till: Till) -> None:
    assert ids(till.offers(basket=["milk", "tea", "bread"])) == ["biscuits"]


@pytest.mark.parametrize(("limit", "n"), [(0, 0), (1, 1), (2, 2), (50, 3)])
def test_not_more_than_the_limit(till: Till, limit: int, n: int) -> None:
    assert len(till.offers(limit=limit)) == n


def test_a_coupon_that_runs_is_shown_with_its_product(till: Till) -> None:
    shown = {offer.product_id: offer.offer_id for offer in till.offers(till.identify(phone=PHONE))}
    assert shown == {"tea": "running", "rice": None, "milk": None}


def test_a_basket_is_not_one_text(till: Till) -> None:
    with pytest.raises(BadInput, match="basket came as text"):
        till.offers(basket="4011")


def test_a_customer_is_what_identify_returned(till: Till) -> None:
    with pytest.raises(BadInput, match="identify"):
        till.offers(MEERA)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="identify"):
        till.record_order("1", customer=MEERA, lines=SALE)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", ["3", None, 2.0, -1, True])
def test_a_limit_is_a_number(till: Till, limit: object) -> None:
    with pytest.raises(BadInput, match="limit"):
        till.offers(limit=limit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "ref", [123, None, b"meera", 1.5, ("a",), "", "a\nb", "\ud800", "a" * 5000]
)
@pytest.mark.parametrize(
    "call",
    [
        lambda till, who: till.offers(who),
        lambda till, who: till.record_order("1", customer=who, lines=SALE),
        lambda till, who: till.redeem("running", order_id="1", customer=who),
        lambda till, who: till.record_consent(who, channel="sms", status="granted", key="1"),
    ],
)
def test_a_reference_that_identify_never_made_is_refused_and_nothing_is_kept(
    till: Till, call: object, ref: object
) -> None:
    with pytest.raises(BadInput, match="customer"):
        call(till, Customer(ref))  # type: ignore[operator, arg-type]
    assert entries(till) == []


# -- what was sold -----------------------------------------------------------------------------


def test_an_order_is_kept_with_its_lines_as_exact_text(till: Till) -> None:
    assert till.record_order("BLR-04/0193", customer=Customer(MEERA), lines=SALE) is True
    (entry,) = entries(till)
    assert (entry.kind, entry.store_id, entry.at) == (
        "order",
        STORE,
        "2024-05-14T12:00:00.000000+00:00",
    )
    assert entry.body == {
        "order_id": "BLR-04/0193",
        "ref": MEERA,
        "currency": "INR",
        "lines": [["tea", "2", "7"], ["rice", "0.5", "2"]],
    }


def test_the_same_order_again_changes_nothing_and_says_so(till: Till, clock: FrozenClock) -> None:
    till.record_order("1", lines=SALE)
    before = entries(till)
    clock.advance("1h")
    same = [("tea", Decimal(2), "7.0000"), ("rice", ".5", 2)]
    assert till.record_order("1", lines=same) is False
    assert entries(till) == before


@pytest.mark.parametrize(
    "other",
    [
        {"lines": [("tea", 3, "10.50")]},
        {"lines": list(reversed(SALE))},
        {"lines": SALE, "customer": Customer(MEERA)},
        {"lines": SALE, "ordered_at": datetime(2024, 5, 1, tzinfo=UTC)},
    ],
)
def test_the_same_order_id_with_other_content_is_refused_and_the_first_stays(
    till: Till, other: dict[str, object]
) -> None:
    till.record_order("1", lines=SALE)
    before = entries(till)
    with pytest.raises(BadInput, match="recorded before with other content"):
        till.record_order("1", **other)  # type: ignore[arg-type]
    assert entries(till) == before


def test_ordered_at_is_kept_in_utc(till: Till) -> None:
    at = datetime(2024, 5, 14, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    till.record_order("1", lines=SALE, ordered_at=at)
    (entry,) = entries(till)
    assert entry.body["ordered_at"] == "2024-05-14T12:00:00.000000+00:00"


@pytest.mark.parametrize("at", [datetime(2024, 5, 14), "2024-05-14", 0])  # noqa: DTZ001
def test_ordered_at_without_a_zone_is_refused(till: Till, at: object) -> None:
    with pytest.raises(BadInput, match="ordered_at"):
        till.record_order("1", lines=SALE, ordered_at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        ("tea", 1, 3.5),
        ("tea", 1.0, "3.50"),
        ("tea", True, "3.50"),
        ("tea", 1, "3,50"),
        ("tea", 1, "nan"),
        ("tea", 1, "Infinity"),
        ("tea", 1, "1e999999999"),
        ("tea", 1, "1e14"),
        ("tea", 1, "0.00001"),
        ("tea", "0.0001", "1"),
        ("tea", 1, None),
        ("tea", 1, "1e-999999999"),
        ("", 1, "1"),
        (None, 1, "1"),
        ("tea", 1),
        "tea",
        ("tea", 1, 10**5000),
        ("tea", 10**5000, "1"),
        ("tea", 1, Decimal("sNaN")),
        ("tea", 1, "9" * 5000),
        ("\ud800", 1, "1"),
        ("t" * 5000, 1, "1"),
        (["tea"], 1, "1"),
        ("tea", 1, [1]),
        {"tea": 1},
    ],
)
def test_a_line_that_is_not_exact_is_refused_and_nothing_is_kept(till: Till, line: object) -> None:
    with pytest.raises(BadInput):
        till.record_order("1", lines=[("rice", 1, "1"), line])  # type: ignore[list-item]
    assert entries(till) == []


@pytest.mark.parametrize(
    "order_id",
    [
        "",
        None,
        1.5,
        True,
        "a\nb",
        "\ud800",
        "1" * 5000,
        pytest.param(10**5000, id="huge"),
        ["1"],
        b"1",
    ],
)
def test_an_order_needs_an_id(till: Till, order_id: object) -> None:
    with pytest.raises(BadInput, match="order_id"):
        till.record_order(order_id, lines=SALE)  # type: ignore[arg-type]


def test_an_order_needs_a_line(till: Till) -> None:
    with pytest.raises(BadInput, match="at least one line"):
        till.record_order("1", lines=[])
    for lines in (None, 5):
        with pytest.raises(BadInput, match="lines came as"):
            till.record_order("1", lines=lines)  # type: ignore[arg-type]


# -- coupons, consents, points -----------------------------------------------------------------


def test_an_offer_is_redeemed_once_per_order(till: Till) -> None:
    assert till.redeem("running", order_id="1") is True
    assert till.redeem("running", order_id="1") is False
    assert till.redeem("running", order_id="2") is True
    assert len(entries(till)) == 2


def test_ids_with_slashes_are_not_taken_for_each_other(tmp_path: Path) -> None:
    publish(tmp_path)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.executemany(
        "insert into coupons values (?, 't', 'd', 'c', null, null)", [("a",), ("a/b",), ("a%2Fb",)]
    )
    connection.commit()
    connection.close()
    with Till.open(tmp_path) as till:
        assert till.redeem("a/b", order_id="c")
        assert till.redeem("a", order_id="b/c")
        assert till.redeem("a%2Fb", order_id="c")


@pytest.mark.parametrize("offer_id", ["over", "later"])
def test_an_offer_that_is_not_valid_now_is_refused(till: Till, offer_id: str) -> None:
    with pytest.raises(BadInput, match="not now"):
        till.redeem(offer_id, order_id="1")
    assert entries(till) == []


def test_an_unknown_offer_is_refused(till: Till) -> None:
    with pytest.raises(UnknownName, match="'winter' was not published"):
        till.redeem("winter", order_id="1")


def test_a_redemption_may_be_repeated_after_the_offer_ended(
    tmp_path: Path, clock: FrozenClock
) -> None:
    publish(tmp_path)
    with Till.open(tmp_path, clock=FrozenClock("2024-04-30T23:59:59+00:00").now) as till:
        till.redeem("over", order_id="1")
    with Till.open(tmp_path, clock=clock.now) as till:
        assert till.redeem("over", order_id="1") is False


def test_a_consent_is_kept_once_by_its_key(till: Till) -> None:
    who = Customer(MEERA)
    assert till.record_consent(who, channel="sms", status="granted", key="form 7") is True
    assert till.record_consent(who, channel="sms", status="granted", key="form 7") is False
    with pytest.raises(BadInput, match="other content"):
        till.record_consent(who, channel="sms", status="withdrawn", key="form 7")
    (entry,) = entries(till)
    assert (entry.kind, entry.body["status"]) == ("consent", "granted")


@pytest.mark.parametrize(
    "words",
    [
        {"channel": "fax", "status": "granted"},
        {"channel": "sms", "status": "perhaps"},
        {"channel": "sms", "status": "granted", "purpose": "fun"},
        {"channel": ["sms"], "status": "granted"},
        {"channel": "sms", "status": None},
    ],
)
def test_a_consent_with_unknown_words_is_refused(till: Till, words: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="expected one of"):
        till.record_consent(Customer(MEERA), key="1", **words)  # type: ignore[arg-type]


def test_points_are_kept_once_by_their_key(till: Till) -> None:
    assert till.add_points("a1", 7, key="sale 1", order_id="1") is True
    assert till.add_points("a1", "7.0", key="sale 1", order_id="1") is False
    assert till.add_points("a1", "-5", key="sale 2", kind="redeem") is True
    assert [entry.body["points"] for entry in entries(till)] == ["7", "-5"]


@pytest.mark.parametrize(("points", "kind"), [(0, "adjust"), (-1, "earn"), (5, "redeem"), (1, "x")])
def test_points_have_the_sign_of_what_happened(till: Till, points: int, kind: str) -> None:
    with pytest.raises(BadInput):
        till.add_points("a1", points, key="1", kind=kind)


def test_an_order_and_a_consent_may_have_the_same_id(till: Till) -> None:
    assert till.record_order("1", lines=SALE)
    assert till.record_consent(Customer(MEERA), channel="any", status="granted", key="1")
    assert till.add_points("a1", 1, key="1")


# -- published while open ----------------------------------------------------------------------


def test_what_is_published_while_the_till_is_open_is_seen(till: Till) -> None:
    who = till.identify(phone=PHONE)
    publish(till.folder, tea_title="Green tea", salt="another salt")
    assert till.offers(who)[0].title == "Green tea"
    assert till.identify(phone=PHONE) == who


def test_an_offer_published_while_the_till_is_open_can_be_redeemed(tmp_path: Path) -> None:
    publish(tmp_path)
    with Till.open(tmp_path) as till:
        other = publish(tmp_path / "next")
        connection = sqlite3.connect(other / NAME)
        connection.execute("insert into coupons values ('new', 't', 'd', 'c', null, null)")
        connection.commit()
        connection.close()
        os.replace(other / NAME, tmp_path / NAME)  # noqa: PTH105
        assert till.redeem("new", order_id="1") is True


def test_a_till_goes_on_when_the_serving_file_disappears(till: Till) -> None:
    (till.folder / NAME).unlink()
    assert ids(till.offers(till.identify(phone=PHONE))) == ["tea", "rice", "milk"]
    assert till.record_order("1", lines=SALE)


def test_a_till_warns_once_and_goes_on_when_what_is_published_cannot_be_read(till: Till) -> None:
    broken = till.folder / "broken"
    broken.write_text("not a database, though long enough to look like one\n" * 100)
    broken.replace(till.folder / NAME)
    with pytest.warns(XenorecWarning, match="till-keeps-old"):
        assert ids(till.offers()) == ["milk", "tea", "bread"]
    assert ids(till.offers()) == ["milk", "tea", "bread"]
    publish(till.folder, tea_title="Green tea")
    assert till.offers()[1].title == "Green tea"


def test_a_till_goes_on_when_the_folder_is_published_for_another_store(till: Till) -> None:
    publish(till.folder, store_id="DEL-01", tea_title="Theirs")
    with pytest.warns(XenorecWarning, match="'DEL-01', not 'BLR-04'"):
        assert till.offers()[1].title == "Tea"


# -- misuse ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda till: till.offers(),
        lambda till: till.identify(phone=PHONE),
        lambda till: till.record_order("1", lines=SALE),
        lambda till: till.redeem("running", order_id="1"),
        lambda till: till.close(),
    ],
)
def test_a_till_belongs_to_one_thread(till: Till, call: object) -> None:
    caught: list[BaseException] = []

    def use() -> None:
        try:
            call(till)  # type: ignore[operator]
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert isinstance(caught[0], BadInput)
    assert "one Till for each thread" in str(caught[0])


def test_a_closed_till_says_so_and_may_be_closed_again(till: Till) -> None:
    till.close()
    till.close()
    with pytest.raises(BadInput, match="was closed"):
        till.offers()
    with pytest.raises(BadInput, match="was closed"):
        till.record_order("1", lines=SALE)


def test_each_thread_may_have_its_own_till(tmp_path: Path) -> None:
    publish(tmp_path)
    done: list[bool] = []

    def sell(n: int) -> None:
        with Till.open(tmp_path) as till:
            done.extend(till.record_order(f"{n}/{i}", lines=SALE) for i in range(5))

    threads = [threading.Thread(target=sell, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 20
    assert len(list(read_journal(tmp_path))) == 20
