import warnings
from datetime import UTC, datetime

import pandas as pd
import pytest

from xenorec.errors import BadInput, XenorecWarning
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
    assert list(told.columns) == [
        "customer_id",
        "send_at",
        "hour_of_week",
        "p",
        "level",
        "propensity",
        "explored",
    ]
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
    calm = SendTime(explore=0.0).fit(weekly("ann", first="2017-01-06 10:05", zone="UTC", n=60))
    told = calm.schedule(strangers, after="2017-11-01", within="48h")
    again = calm.schedule(strangers[::-1], after="2017-11-01", within="48h")
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


STRANGERS = [f"s{i:04d}" for i in range(2000)]


def minutes_of(told):
    return told["send_at"].value_counts()


def test_explorers_are_a_share_and_draw_legal_hours_by_chance(model):
    told = model.schedule(STRANGERS, after="2017-11-01", within="48h")
    again = model.schedule(STRANGERS[::-1], after="2017-11-01", within="48h")
    explored = told[told["explored"]]
    local = told["send_at"].dt.tz_convert("America/New_York")
    assert 0.03 < told["explored"].mean() < 0.07
    assert explored["hour_of_week"].nunique() > 10
    assert told.loc[~told["explored"], "hour_of_week"].nunique() == 1
    assert not any(NIGHT.is_quiet(at.to_pydatetime(), "America/New_York") for at in local)
    pd.testing.assert_frame_equal(told, again.iloc[::-1].reset_index(drop=True))


def test_propensities_weigh_the_draws_back_to_all_hours(model):
    # With true propensities the sum of 1 / propensity over an hour estimates everybody.
    bold = SendTime(explore=0.5).fit(weekly("ann", first="2017-01-06 10:05", zone="UTC", n=60))
    told = bold.schedule(STRANGERS, after="2017-11-02", within="24h")
    n_hours = told["hour_of_week"].nunique()
    assert (1 / told["propensity"]).sum() == pytest.approx(len(told) * n_hours, rel=0.15)
    assert told["propensity"].between(0, 1).all()


def test_other_days_have_other_explorers(model):
    days = [model.schedule(STRANGERS, after=f"2017-11-0{d}")["explored"] for d in (1, 2)]
    assert not days[0].equals(days[1])
    calm = SendTime(explore=0.0).fit(weekly("ann", first="2017-01-06 10:05", zone="UTC", n=60))
    told = calm.schedule(STRANGERS, after="2017-11-01")
    assert not told["explored"].any()
    assert (told["propensity"] == 1).all()


def test_a_share_outside_zero_to_one_is_refused():
    with pytest.raises(BadInput, match="explore"):
        SendTime(explore=5.0).fit(weekly("ann", first="2017-01-06 10:05", zone="UTC"))


def test_the_last_five_minutes_before_quiet_hours_are_free():
    late = SendTime(explore=0.0).fit(weekly("ann", first="2017-01-06 20:30", zone="UTC", n=60))
    told = late.schedule(STRANGERS, after="2017-11-03", within="24h")
    assert set(told["hour_of_week"]) == {4 * 24 + 20}
    assert told["send_at"].dt.minute.max() == 54


def test_no_minute_takes_more_than_the_rate(model):
    told = model.schedule(STRANGERS, after="2017-11-01", within="48h", per_minute=10)
    assert told["send_at"].notna().all()
    assert minutes_of(told).max() <= 10
    assert told["hour_of_week"].nunique() >= 4
    best = model.schedule(STRANGERS, after="2017-11-01", within="48h")
    assert (told["p"] <= best["p"].max()).all()
    assert told.loc[told["propensity"].isna(), "explored"].sum() < len(told)


def test_a_high_rate_moves_nobody(model):
    told = model.schedule(STRANGERS, after="2017-11-01", within="48h", per_minute=10_000)
    free = model.schedule(STRANGERS, after="2017-11-01", within="48h")
    pd.testing.assert_series_equal(told["hour_of_week"], free["hour_of_week"])


def test_zones_share_the_minutes_of_the_provider(model):
    zones = dict(
        zip(STRANGERS, ["Asia/Kolkata", "America/New_York", "Europe/Berlin"] * 667, strict=False)
    )
    told = model.schedule(
        STRANGERS, after="2017-11-01", within="48h", time_zones=zones, per_minute=3
    )
    assert minutes_of(told).max() <= 3
    for zone in set(zones.values()):
        there = told["customer_id"].map(zones) == zone
        assert not any(NIGHT.is_quiet(at.to_pydatetime(), zone) for at in told["send_at"][there])


def test_a_window_without_room_is_filled_above_the_rate_with_a_warning(model):
    n_left, least = len(STRANGERS) - 60, -(-len(STRANGERS) // 60)
    with pytest.warns(XenorecWarning, match=f"^rate-too-low: {n_left:,} of ") as caught:
        told = model.schedule(STRANGERS, after="2017-11-01T15:00:00Z", within="1h", per_minute=1)
    assert told["send_at"].notna().all()
    assert minutes_of(told).max() < 100
    assert f"at per_minute={least};" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_the_rate_that_is_told_is_the_least_that_has_room_for_all_zones(model):
    zones = dict.fromkeys(STRANGERS[:400], "Asia/Kolkata")
    zones |= dict.fromkeys(STRANGERS[400:], "America/New_York")
    asked = {"after": "2017-11-01", "within": "24h", "time_zones": zones}
    with pytest.warns(XenorecWarning, match="rate-too-low") as caught:
        model.schedule(STRANGERS, **asked, per_minute=1)
    least = int(str(caught[0].message).partition("a place at per_minute=")[2].partition(";")[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert minutes_of(model.schedule(STRANGERS, **asked, per_minute=least)).max() <= least
    with pytest.warns(XenorecWarning, match="rate-too-low"):
        model.schedule(STRANGERS, **asked, per_minute=least - 1)


def test_a_rate_below_one_is_refused(model):
    with pytest.raises(BadInput, match="per_minute"):
        model.schedule(["a"], after="2017-11-01", per_minute=0)
