import numpy as np
import pandas as pd
import polars as pl
import pytest

from xenorec.errors import BadInput, NotFitted, XenorecWarning
from xenorec.timing import QuietHours, SendTime, evaluate_send_time

from .shops import FakeHistory, weekly

TUESDAY_18 = 24 + 18


@pytest.fixture(scope="module")
def events():
    """A Tuesday-18:00 buyer in Kolkata and a Friday-10:00 buyer in New York, a year long."""
    kolkata = weekly("ravi", first="2017-01-03 18:20", zone="Asia/Kolkata", n=50)
    york = weekly("ann", first="2017-01-06 10:05", zone="America/New_York", n=50)
    return pd.concat([kolkata, york], ignore_index=True)


@pytest.fixture(scope="module")
def model(events):
    return SendTime().fit(events)


def test_each_buyer_has_the_hour_of_the_own_clock(model):
    told = model.predict(["ravi", "ann"])
    assert list(told.columns) == [
        "customer_id",
        "hour_of_week",
        "p",
        "best_from",
        "best_to",
        "level",
    ]
    assert told["hour_of_week"].tolist() == [TUESDAY_18, 4 * 24 + 10]
    assert told["level"].tolist() == ["personal", "personal"]
    assert (told["p"] > 0.7).all()


def test_clock_changes_do_not_move_the_hour(events):
    # In UTC the New York buyer is at two hours; locally there is one.
    curve = SendTime().fit(events[events["customer_id"] == "ann"]).curve(["ann"])
    top = curve.sort_values("p", ascending=False)
    assert top["hour_of_week"].iloc[0] == 4 * 24 + 10
    assert top["p"].iloc[1] < 0.05


def test_the_best_window_holds_the_best_hour(model):
    told = model.predict()
    assert (told["best_from"] <= told["hour_of_week"]).all()
    assert (told["hour_of_week"] < told["best_to"]).all()
    assert (told["best_to"] - told["best_from"] == 3).all()


def test_a_quiet_hour_is_never_the_answer():
    owl = weekly("owl", first="2017-01-04 23:30", zone="Europe/Berlin")
    told = SendTime(quiet="21:00-09:00").fit(owl).predict(["owl"])
    assert 9 <= told["hour_of_week"].item() % 24 < 21
    free = SendTime(quiet=None).fit(owl).predict(["owl"])
    assert free["hour_of_week"].item() == 2 * 24 + 23


def test_a_window_over_sunday_midnight_ends_on_monday():
    late = weekly("late", first="2017-01-08 23:30", zone="UTC")
    more = weekly("late", first="2017-01-09 00:30", zone="UTC")
    told = SendTime(quiet=None).fit(pd.concat([late, more])).predict(["late"])
    assert (told["best_from"].item() + 3 - 1) % 168 + 1 == told["best_to"].item()
    assert told["best_from"].item() in (166, 167)


def test_a_short_legal_day_gives_a_short_window(events):
    told = SendTime(quiet="12:00-10:00").fit(events).predict(["ann"])
    assert told["best_to"].item() - told["best_from"].item() == 2


def test_quiet_hours_without_a_legal_hour_are_refused(events):
    with pytest.raises(BadInput, match="no whole hour"):
        SendTime(quiet=QuietHours.parse("09:30-09:15")).fit(events)


def test_somebody_with_one_event_stays_near_the_shop():
    # Sixty regulars come to an hour of their own every second time, else at any hour.
    rng = np.random.default_rng(6)
    regulars = pd.concat(
        weekly(f"c{i}", first=f"2017-01-0{2 + i % 7} {9 + i % 11}:00", zone="UTC", n=20)
        for i in range(60)
    )
    chance = regulars.assign(
        at=pd.Timestamp("2017-06-05", tz="UTC")
        + pd.to_timedelta(rng.integers(0, 168 * 20, len(regulars)), unit="h")
    )
    once = weekly("once", first="2017-01-07 14:00", zone="UTC", n=1)
    model = SendTime().fit(pd.concat([regulars, chance, once]))

    own, regular = (model.curve([c])["p"].to_numpy() for c in ("once", "c0"))
    away, far = (np.abs(curve - model.shop_curve_).sum() for curve in (own, regular))

    assert away < far / 2
    assert own[5 * 24 + 14] > model.shop_curve_[5 * 24 + 14]
    assert np.allclose(model.curve(["nobody"])["p"], model.shop_curve_)
    assert model.predict(["nobody"])["level"].item() == "shop"


def test_a_shop_alike_is_drawn_together_and_a_shop_apart_is_not():
    rng = np.random.default_rng(4)
    hours = rng.integers(0, 168 * 30, (60, 40))
    alike = pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{i}" for i in range(60)], 40),
            "at": pd.Timestamp("2017-01-02", tz="UTC") + pd.to_timedelta(hours.ravel(), unit="h"),
            "time_zone": "UTC",
        }
    )
    apart = pd.concat(
        weekly(f"c{i}", first=f"2017-01-0{2 + i % 7} {10 + i % 9}:00", zone="UTC", n=40)
        for i in range(60)
    )
    assert evaluate_send_time(alike, as_of="2017-06-01").pull > 1000
    assert evaluate_send_time(apart, as_of="2017-06-01").pull < 20
    far = [
        np.abs(model.curve(["c3"])["p"].to_numpy() - model.shop_curve_).sum()
        for model in (SendTime().fit(alike), SendTime().fit(apart))
    ]
    assert far[0] < 0.3 < 1.0 < far[1]


def test_second_receipts_of_one_trip_count_once(events, model):
    twice = pd.concat([events, events.assign(at=events["at"] + pd.Timedelta(minutes=5))])
    pd.testing.assert_frame_equal(SendTime().fit(twice).curve(), model.curve())


def test_score_is_the_mean_log_probability(model):
    later = weekly("ravi", first="2018-01-02 18:40", zone="Asia/Kolkata", n=3)
    curve = model.curve(["ravi"]).set_index("hour_of_week")["p"]
    assert model.score(later) == pytest.approx(np.log(curve[TUESDAY_18]))


def test_a_stranger_is_scored_on_the_shops_curve(model):
    later = weekly("zoe", first="2018-01-02 18:40", zone="Asia/Kolkata", n=3)
    assert model.score(later) == pytest.approx(np.log(model.shop_curve_[TUESDAY_18]))


def test_later_rows_are_never_seen_and_a_second_fit_forgets(events):
    cut = "2017-06-01"
    early = events[events["at"] <= pd.Timestamp(cut, tz="UTC")]
    once = SendTime().fit(early, as_of=cut)
    again = SendTime().fit(weekly("x", first="2017-01-04 12:00", zone="UTC")).fit(events, cut)
    pd.testing.assert_frame_equal(once.curve(), again.curve())
    assert np.array_equal(once.weights_, again.weights_)
    assert once.half_life_ == again.half_life_


def test_history_and_polars_give_the_same(events, model):
    history = FakeHistory(events["at"].max().to_pydatetime(), None, pl.from_pandas(events))
    for source in (history, pl.from_pandas(events)):
        pd.testing.assert_frame_equal(SendTime().fit(source).predict(), model.predict())


def test_a_time_without_zone_column_is_read_as_utc(events):
    naive = events.assign(at=events["at"].dt.tz_localize(None))
    pd.testing.assert_frame_equal(SendTime().fit(naive).curve(), SendTime().fit(events).curve())


def test_without_events_every_hour_is_alike():
    empty = pd.DataFrame({"customer_id": [], "at": [], "time_zone": []})
    model = SendTime().fit(empty, as_of="2017-01-01")
    told = model.predict(["a"])
    assert told["level"].item() == "default"
    assert told["p"].item() == pytest.approx(1 / 168, rel=1e-5)
    assert model.predict().empty
    assert model.schedule(["a"], after="2017-01-02")["send_at"].notna().all()
    assert any("is taken as equally good: load orders" in note for note in model.notes_)


def test_an_unknown_zone_is_refused_with_the_nearest(events):
    with pytest.raises(BadInput, match="Asia/Kolkata"):
        SendTime().fit(events.replace("Asia/Kolkata", "Asia/Kolkatta"))


def test_a_missing_zone_column_is_refused(events):
    with pytest.raises(BadInput, match="time_zone"):
        SendTime().fit(events.drop(columns="time_zone"))


def test_asking_before_fit_is_an_error():
    with pytest.raises(NotFitted, match="fit"):
        SendTime().curve(["a"])


def test_evaluation_finds_that_personal_curves_help(events):
    told = evaluate_send_time(events, as_of="2017-08-01")
    assert told.personal > told.shop > told.uniform
    assert told.share_known == 1.0
    assert "nats" in str(told)
    assert '"n_events"' in told.to_json()


def test_evaluation_needs_something_to_score(events):
    with pytest.raises(BadInput, match="earlier"):
        evaluate_send_time(events, as_of="2019-01-01")


def test_days_without_a_time_are_told():
    days = pd.date_range("2017-01-01", periods=40, freq="3D", tz="UTC")
    events = pd.DataFrame({"customer_id": "a", "at": days, "time_zone": "Europe/Paris"})
    with pytest.warns(XenorecWarning, match="days-only: 100%"):
        SendTime().fit(events)
