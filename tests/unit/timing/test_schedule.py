from datetime import UTC, datetime

import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.timing import QuietHours, SendTime

from .shops import weekly

NIGHT = QuietHours.parse("21:00-09:00")


@pytest.fixture(scope="module")
def model():
    return SendTime().fit(
        pd.concat(
            [
                weekly("ravi", first="2017-01-03 18:20", zone="Asia/Kolkata", n=50),
                weekly("ann", first="2017-01-06 10:05", zone="America/New_York", n=60),
            ]
        )
    )


def test_the_buyers_hour_within_two_days_on_the_own_clock(model):
    told = model.schedule(["ravi"], after="2017-10-30T12:00:00Z", within="48h")
    local = told["send_at"].dt.tz_convert("Asia/Kolkata").iloc[0]
    assert list(told.columns) == ["customer_id", "send_at", "hour_of_week", "p", "level"]
    assert (local.day_name(), local.hour) == ("Tuesday", 18)
    assert told["hour_of_week"].item() == 42


def test_otherwise_the_best_hour_that_lies_in_the_window(model):
    told = model.schedule(["ravi"], after="2017-11-01T00:00:00Z", within="24h")
    sent = told["send_at"].iloc[0]
    assert pd.Timestamp("2017-11-01", tz="UTC") <= sent < pd.Timestamp("2017-11-02", tz="UTC")
    assert not NIGHT.is_quiet(sent.to_pydatetime(), "Asia/Kolkata")


def test_a_window_in_the_night_has_no_answer(model):
    told = model.schedule(["ravi", "ann"], after="2017-11-01T16:00:00Z", within="6h")
    assert told["send_at"].isna().tolist() == [True, False]  # 21:30 to 03:30 in Kolkata
    assert told["hour_of_week"].isna().tolist() == [True, False]
    assert told["p"].isna().tolist() == [True, False]


def test_minutes_are_spread_and_the_same_each_time(model):
    strangers = [f"s{i}" for i in range(300)]
    told = model.schedule(strangers, after="2017-11-01", within="48h")
    again = model.schedule(strangers[::-1], after="2017-11-01", within="48h")
    minutes = told["send_at"].dt.minute
    assert minutes.nunique() > 50
    assert told["send_at"].dt.floor("h").nunique() == 1
    pd.testing.assert_series_equal(
        told.set_index("customer_id")["send_at"].sort_index(),
        again.set_index("customer_id")["send_at"].sort_index(),
    )


def test_nothing_is_sent_after_the_window(model):
    strangers = [f"s{i}" for i in range(200)]
    told = model.schedule(strangers, after="2017-11-01T15:00:00Z", within="10m")
    end = pd.Timestamp("2017-11-01T15:10", tz="UTC")
    assert (told["send_at"] < end).all()


def test_a_given_zone_wins_over_the_learned_one(model):
    told = model.schedule(
        ["ravi"], after="2017-10-30T12:00:00Z", time_zones={"ravi": "Europe/London"}
    )
    local = told["send_at"].dt.tz_convert("Europe/London").iloc[0]
    assert (local.day_name(), local.hour) == ("Tuesday", 18)
    series = pd.Series({"ravi": "Europe/London", "ann": None})
    same = model.schedule(["ravi"], after="2017-10-30T12:00:00Z", time_zones=series)
    pd.testing.assert_frame_equal(same, told)


def test_a_stranger_gets_the_shops_curve_in_the_shops_zone(model):
    told = model.schedule(["nobody"], after="2017-11-02T20:00:00Z")
    local = told["send_at"].dt.tz_convert("America/New_York").iloc[0]
    assert told["level"].item() == "shop"
    assert (local.day_name(), local.hour) == ("Friday", 10)


def test_a_local_hour_that_the_clock_skips_is_never_offered():
    # Sundays 02:30 in New York; on 2017-03-12 the clock goes from 02:00 to 03:00.
    owl = SendTime(quiet=None).fit(
        weekly("owl", first="2017-04-02 02:30", zone="America/New_York", n=40)
    )
    told = owl.schedule(["owl"], after=datetime(2018, 3, 11, 5, tzinfo=UTC), within="6h")
    local = told["send_at"].dt.tz_convert("America/New_York").iloc[0]
    assert told["hour_of_week"].item() != 6 * 24 + 2
    assert told["hour_of_week"].item() % 24 == local.hour


def test_a_repeated_local_hour_is_used_at_its_first_pass():
    owl = SendTime(quiet=None).fit(
        weekly("owl", first="2017-04-02 01:30", zone="America/New_York", n=20)
    )
    told = owl.schedule(["owl"], after=datetime(2017, 11, 5, 4, tzinfo=UTC), within="6h")
    assert told["send_at"].iloc[0].hour == 5  # 01:00 EDT; 01:00 EST would be 06:00


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_zones_off_the_full_hour_keep_their_own_hours(model, zone):
    told = model.schedule(
        [f"s{i}" for i in range(50)],
        after="2017-10-01",
        time_zones={f"s{i}": zone for i in range(50)},
    )
    local = told["send_at"].dt.tz_convert(zone)
    assert (local.dt.day_of_week * 24 + local.dt.hour == told["hour_of_week"]).all()
    assert not any(NIGHT.is_quiet(at.to_pydatetime(), zone) for at in told["send_at"])


def test_a_wrong_zone_or_window_is_refused(model):
    with pytest.raises(BadInput, match="IANA"):
        model.schedule(["ravi"], after="2017-11-01", time_zones={"ravi": "IST+5"})
    with pytest.raises(BadInput, match="48h"):
        model.schedule(["ravi"], after="2017-11-01", within="soon")
