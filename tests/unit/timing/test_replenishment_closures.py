"""A shop that was shut: what falls due on a closed day is due when it opens again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput, XenorecWarning
from xenorec.timing import NextPurchase, Replenishment
from xenorec.timing.closures import Closure
from xenorec.timing.replenishment.open_days import real_days

FIRST, LAST = pd.Timestamp("2017-05-01"), pd.Timestamp("2017-06-30")
OPENS = LAST + pd.Timedelta(days=1)
GIVEN = [("2017-05-01", "2017-06-30")]


def every_ten_days(n: int = 80) -> pd.DataFrame:
    """``n`` customers who buy milk every ten open days, at noon; nobody on a closed day."""
    open_days = pd.date_range("2017-01-01", "2017-12-31", freq="D")
    open_days = open_days[(open_days < FIRST) | (open_days > LAST)]
    parts = []
    for who in range(n):
        at = open_days[who % 10 :: 10] + pd.Timedelta(hours=12)
        parts.append(pd.DataFrame({"customer_id": f"c{who:02}", "ordered_at": at}))
    lines = pd.concat(parts, ignore_index=True)
    return lines.assign(product_id="milk", order_id=[f"o{k}" for k in range(len(lines))])


def weekly() -> pd.DataFrame:
    """84 customers, each every seven days, shut for two months."""
    rows = [
        (f"c{who:02}", pd.Timestamp("2017-01-01 12:00") + pd.Timedelta(days=day))
        for who in range(84)
        for day in range(who % 7, 270, 7)
    ]
    lines = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    lines = lines[(lines["ordered_at"] < FIRST) | (lines["ordered_at"] >= OPENS)]
    return lines.assign(product_id="milk", order_id=[f"o{k}" for k in range(len(lines))])


def test_a_closure_is_found_and_said_as_by_the_other_models():
    model = Replenishment().fit(weekly(), as_of="2017-07-10")
    assert model.closures_ == (Closure(FIRST.date(), LAST.date(), found=True),)
    assert any("2017-05-01 to 2017-06-30" in note for note in model.notes_)
    assert NextPurchase().fit(weekly(), as_of="2017-07-10").closures_ == model.closures_


def test_told_or_found_it_is_the_same():
    found = Replenishment().fit(weekly(), as_of="2017-08-01")
    told = Replenishment(closures=GIVEN).fit(weekly(), as_of="2017-08-01")
    pd.testing.assert_frame_equal(found.predict(), told.predict())


def test_nobody_is_overdue_because_the_shop_was_shut():
    past = weekly()[weekly()["ordered_at"] < FIRST]
    told = Replenishment(closures=GIVEN).fit(past, as_of=OPENS).predict()
    assert not told["is_overdue"].any()
    assert (told["due_on"] >= OPENS).all()
    shut = Replenishment(closures=[("2016-01-01", "2016-01-01")]).fit(past, as_of=OPENS).predict()
    assert shut["is_overdue"].all()


def test_a_gap_over_the_closure_is_as_long_as_any_other():
    # The closure has 61 days, of which 56 (whole weeks) stand still.
    model = Replenishment().fit(every_ten_days(), as_of="2017-08-15")
    told = model.predict()
    last = told["last_bought_at"].dt.tz_convert(None).dt.normalize()
    assert set((told["due_on"] - last).dt.days) == {10}
    assert not told["is_overdue"].any()
    unaware = Replenishment(closures=[("2016-01-01", "2016-01-01")])
    blind = unaware.fit(every_ten_days(), as_of="2017-08-15").predict()
    assert ((blind["due_on"] - last).dt.days > 10).all()


def test_what_was_due_before_the_closure_stays_overdue_and_what_after_it_waits():
    lines = every_ten_days()
    early = lines[(lines["customer_id"] != "c00") | (lines["ordered_at"] < "2017-03-01")]
    told = Replenishment(closures=GIVEN).fit(early[early["ordered_at"] < FIRST], as_of=OPENS)
    due = told.predict().set_index("customer_id")
    assert due.loc["c00", "due_on"] == pd.Timestamp("2017-03-02")
    assert due.loc["c00", "is_overdue"]
    # c09 bought on 30 April: 9 days after the closing begins, 56 of the closed days left out.
    assert due.loc["c09", "last_bought_at"] == pd.Timestamp("2017-04-30 12:00", tz="UTC")
    assert due.loc["c09", "due_on"] == pd.Timestamp("2017-07-05")


def test_the_chance_is_what_it_was_before_the_closure():
    past = weekly()[weekly()["ordered_at"] < FIRST]
    before = Replenishment().fit(past, as_of=FIRST).predict().set_index("customer_id")
    after = Replenishment(closures=GIVEN).fit(past, as_of=FIRST + pd.Timedelta(days=56))
    told = after.predict().set_index("customer_id")
    np.testing.assert_allclose(told["p_buy"], before["p_buy"])
    assert (told["last_bought_at"] == before["last_bought_at"]).all()


def test_what_a_closed_day_recorded_keeps_its_own_instant():
    lines = every_ten_days(30)
    odd = pd.DataFrame(
        {
            "customer_id": "c00",
            "ordered_at": [pd.Timestamp("2017-06-11 09:30")],
            "product_id": "milk",
            "order_id": "by post",
        }
    )
    lines = pd.concat([lines[lines["ordered_at"] < FIRST], odd])
    told = Replenishment(closures=GIVEN).fit(lines, as_of="2017-07-01").predict(["c00"])
    assert told["last_bought_at"].item() == pd.Timestamp("2017-06-11 09:30", tz="UTC")
    assert told["due_on"].item() > pd.Timestamp("2017-06-30")


def test_a_closure_that_begins_later_is_not_known_yet():
    lines = weekly()
    plain = Replenishment().fit(lines, as_of="2017-04-15").predict()
    told = Replenishment(closures=GIVEN).fit(lines, as_of="2017-04-15")
    pd.testing.assert_frame_equal(told.predict(), plain)
    assert told.closures_ == ()


def test_rows_after_the_closure_change_nothing_before_it():
    early = weekly()[weekly()["ordered_at"] <= "2017-04-20"]
    pd.testing.assert_frame_equal(
        Replenishment().fit(weekly(), as_of="2017-04-20").predict(),
        Replenishment().fit(early, as_of="2017-04-20").predict(),
    )


def test_orders_that_stopped_are_warned_of_and_nobody_is_overdue():
    with pytest.warns(XenorecWarning, match="orders-stopped: .* 2017-09-28"):
        model = Replenishment().fit(weekly(), as_of="2017-12-01")
    assert not model.predict()["is_overdue"].any()


def test_a_saved_model_keeps_its_closures(tmp_path):
    model = Replenishment(closures=GIVEN).fit(weekly(), as_of="2017-08-01")
    loaded = Replenishment.load(model.save(tmp_path / "model"))
    assert loaded.closures_ == model.closures_
    pd.testing.assert_frame_equal(loaded.predict(), model.predict())


def test_two_closures_are_put_back_one_after_the_other():
    shut = [
        Closure(pd.Timestamp(0).date(), pd.Timestamp("1970-01-07").date()),
        Closure(pd.Timestamp("1970-01-21").date(), pd.Timestamp("1970-02-03").date()),
    ]
    # The clock's day 0 is 7, its 12 is 19; 13 falls on day 20, which is shut, as all to 33.
    days = np.array([-1.0, 0.0, 12.0, 13.0, 20.0])
    assert real_days(days, shut).tolist() == [-1.0, 7.0, 19.0, 34.0, 41.0]


def test_what_is_no_pair_of_days_is_refused():
    with pytest.raises(BadInput, match="first and last closed day"):
        Replenishment(closures=["2017-05-01"])
