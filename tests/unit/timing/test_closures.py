"""A shop that was shut: found or told, its days are nobody's silence; a feed that stops is told."""

from __future__ import annotations

import warnings
from datetime import date

import pandas as pd
import pytest

from xenorec.errors import BadInput, XenorecWarning
from xenorec.timing import NextPurchase
from xenorec.timing.closures import Closure, closures_of, find_closures
from xenorec.timing.event_log import read_orders

FIRST, LAST = pd.Timestamp("2017-05-01"), pd.Timestamp("2017-06-30")


def weekly(n: int = 84, days: int = 270) -> pd.DataFrame:
    """``n`` customers, each every seven days, spread over the week."""
    rows = [
        (f"c{who:03}", pd.Timestamp("2017-01-01") + pd.Timedelta(days=day, hours=12))
        for who in range(n)
        for day in range(who % 7, days, 7)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at"])


def shut(orders: pd.DataFrame) -> pd.DataFrame:
    is_shut = orders["ordered_at"].between(FIRST, LAST + pd.Timedelta(days=1))
    return orders[~is_shut]


def test_two_closed_months_are_found_and_said():
    stamps = read_orders(shut(weekly()), as_of="2017-09-01")
    assert find_closures(stamps) == (Closure(FIRST.date(), LAST.date(), found=True),)
    model = NextPurchase().fit(shut(weekly()), as_of="2017-07-03")
    assert "2017-05-01 to 2017-06-30" in " ".join(model.notes_)


def test_nobody_is_lapsed_because_the_shop_was_shut():
    as_of = "2017-07-03"
    open_all_along = NextPurchase().fit(weekly(), as_of=as_of).predict(within="14d")
    model = NextPurchase().fit(shut(weekly()), as_of=as_of)
    told = model.predict(within="14d")
    assert told["p_order"].min() > 0.8 * open_all_along["p_order"].min()


def test_told_or_found_it_is_the_same():
    found = NextPurchase().fit(shut(weekly()), as_of="2017-09-01").predict()
    told = NextPurchase(closures=[("2017-05-01", "2017-06-30")])
    pd.testing.assert_frame_equal(found, told.fit(shut(weekly()), as_of="2017-09-01").predict())


def test_a_fair_every_month_is_no_closure():
    orders = weekly()
    monthly = orders[orders["ordered_at"].dt.day <= 7]
    assert find_closures(read_orders(monthly, as_of="2017-09-01")) == ()


def test_orders_that_stopped_are_warned_of():
    with pytest.warns(XenorecWarning, match="orders-stopped: .* 2017-09-28"):
        NextPurchase().fit(weekly(), as_of="2017-12-01")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NextPurchase().fit(weekly(), as_of="2017-09-25")


def test_what_is_no_pair_of_days_is_refused():
    with pytest.raises(BadInput, match="first and last closed day"):
        closures_of(["2017-05-01"])
    with pytest.raises(BadInput, match="ends before it begins"):
        Closure(date(2017, 6, 1), date(2017, 5, 1))


def test_a_closure_may_be_a_mapping_as_in_the_settings_file():
    told = closures_of([{"from": "2017-05-01", "to": "2017-06-30"}])
    assert told == closures_of([("2017-05-01", "2017-06-30")])


def test_closures_that_share_days_are_refused():
    with pytest.raises(BadInput, match="shares days with the one from 2017-05-01 to 2017-06-30"):
        NextPurchase(closures=[("2017-06-15", "2017-07-02"), ("2017-05-01", "2017-06-30")])


def test_a_closure_of_other_years_is_not_spoken_of():
    model = NextPurchase(closures=[("2015-05-01", "2015-06-30"), ("2031-01-01", "2031-02-01")])
    assert not any("closed" in note for note in model.fit(weekly(), as_of="2017-09-01").notes_)
