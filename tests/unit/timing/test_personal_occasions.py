from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.timing import personal_occasions

PEOPLE = pd.DataFrame(
    {
        "customer_id": ["ann", "ben", "leap", "none"],
        "birth_month": [3, 12, 2, None],
        "birth_day": [10, 31, 29, None],
    }
)


def test_birthdays_of_a_week() -> None:
    found = personal_occasions(PEOPLE, first="2027-03-08", last="2027-03-14")
    assert found.to_dict("records") == [
        {"customer_id": "ann", "occasion": "birthday", "on": date(2027, 3, 10), "n_years": 0}
    ]


def test_over_new_year_and_29_february() -> None:
    found = personal_occasions(PEOPLE, first="2026-12-31", last="2027-02-28")
    assert dict(zip(found["customer_id"], found["on"], strict=True)) == {
        "ben": date(2026, 12, 31),
        "leap": date(2027, 2, 28),
    }
    leap = personal_occasions(PEOPLE, first="2028-02-28", last="2028-02-29")
    assert leap["on"].to_list() == [date(2028, 2, 29)]


def orders(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at"])


def test_the_anniversary_is_of_the_first_order_on_the_local_day() -> None:
    shop = orders(("ann", "2025-03-01T22:00:00Z"), ("ann", "2025-06-01"), ("new", "2027-03-02"))
    found = personal_occasions(shop, first="2027-03-01", last="2027-03-05", time_zone="Asia/Riyadh")
    assert found.to_dict("records") == [
        {"customer_id": "ann", "occasion": "first_order", "on": date(2027, 3, 2), "n_years": 2}
    ]


def test_later_orders_change_nothing() -> None:
    shop = orders(("ann", "2025-03-01"))
    later = orders(("ann", "2025-03-01"), ("ben", "2027-06-01"))
    asked = {"first": "2027-02-01", "last": "2027-03-31", "as_of": "2027-02-01"}
    pd.testing.assert_frame_equal(
        personal_occasions(shop, **asked), personal_occasions(later, **asked)
    )


def test_nobody_and_mistakes() -> None:
    assert personal_occasions(PEOPLE.iloc[:0], first="2027-01-01", last="2027-02-01").empty
    wrong = PEOPLE.assign(birth_day=[31, 31, 30, None])
    with pytest.raises(BadInput, match="cannot be"):
        personal_occasions(wrong, first="2027-01-01", last="2027-02-01")
    with pytest.raises(BadInput, match="at most a year"):
        personal_occasions(PEOPLE, first="2027-01-01", last="2029-02-01")
    with pytest.raises(BadInput, match="no column 'ordered_at'"):
        personal_occasions(pd.DataFrame({"customer_id": []}), first="2027-01-01", last="2027-01-02")
