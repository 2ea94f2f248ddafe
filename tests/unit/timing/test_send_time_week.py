"""Weekends, Ramadan, clock changes: what the calendar of a place does to the curves."""

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.timing import SendTime
from xenorec.timing.send_time.country_conventions import keeps_ramadan, weekend_days, weekend_of
from xenorec.timing.send_time.kernels import N_KERNELS, day_kernel, kernels
from xenorec.timing.send_time.ramadan import in_ramadan, shifted

from .shops import weekly


def daily(customer, *, first, zone, n):
    """One event a day at the same local time."""
    local = pd.date_range(first, periods=n, freq="D").tz_localize(zone)
    return pd.DataFrame({"customer_id": customer, "at": local.tz_convert("UTC"), "time_zone": zone})


def day_number(text):
    return np.array([(pd.Timestamp(text) - pd.Timestamp("1970-01-01")).days])


def test_the_weekend_is_that_of_the_zone():
    assert weekend_of("Asia/Riyadh") == weekend_of("Africa/Cairo") == (4, 5)
    assert weekend_of("Asia/Kuwait") == (4, 5)
    assert weekend_of("Asia/Dubai") == weekend_of("Europe/Berlin") == (5, 6)
    assert weekend_days(("Sat", "friday")) == (4, 5)


def test_weekends_agree_with_the_lists_of_days_off():
    holidays = pytest.importorskip("holidays")
    for country, zone in {
        "SA": "Asia/Riyadh",
        "EG": "Africa/Cairo",
        "KW": "Asia/Kuwait",
        "IR": "Asia/Tehran",
        "AE": "Asia/Dubai",
        "IN": "Asia/Kolkata",
        "IL": "Asia/Jerusalem",
    }.items():
        assert set(weekend_of(zone)) == set(holidays.country_holidays(country, years=2026).weekend)


def test_an_unknown_weekend_day_is_refused():
    events = weekly("a", first="2017-01-03 12:00", zone="UTC")
    with pytest.raises(BadInput, match="caturday"):
        SendTime(weekend=("caturday",)).fit(events)


def test_work_days_help_each_other_and_not_the_weekend():
    friday_saturday = day_kernel("kind", (4, 5))
    assert friday_saturday[4].tolist() == [0, 0, 0, 0, 1, 1, 0]
    assert friday_saturday[6].tolist() == [1, 1, 1, 1, 0, 0, 1]


def test_in_riyadh_sunday_learns_from_monday_and_in_berlin_it_does_not():
    # Everybody acts at noon Monday to Thursday; what does that say of Sunday noon?
    lift = {}
    for zone in ("Asia/Riyadh", "Europe/Berlin"):
        shop = pd.concat(
            daily(f"c{i}", first="2016-01-04 12:00", zone=zone, n=120)
            .iloc[lambda rows: [k % 7 < 4 for k in range(len(rows))]]
            .assign(at=lambda rows, i=i: rows["at"] + pd.Timedelta(hours=i % 9 - 4))
            for i in range(40)
        )
        curve = SendTime(quiet=None, ramadan=False).fit(shop).curve(["c4"])["p"].to_numpy()
        lift[zone] = curve[6 * 24 + 12] / curve[5 * 24 + 12]
    assert lift["Asia/Riyadh"] > 1.3 * lift["Europe/Berlin"]


def test_kernels_are_distributions_that_go_round_midnight():
    shop = np.full(168, 1 / 168)
    found = kernels(shop, (5, 6))
    assert found.shape == (N_KERNELS, 168, 168)
    assert np.allclose(found.sum(axis=2), 1)
    assert found[1][23, 0] == pytest.approx(found[1][23, 22])


def test_neighbouring_hours_help_each_other():
    noon = weekly("noon", first="2017-01-03 12:10", zone="UTC", n=6)
    others = pd.concat(
        weekly(f"c{i}", first=f"2017-01-0{2 + i % 7} {9 + i % 11}:00", zone="UTC", n=20)
        for i in range(77)
    )
    curve = SendTime().fit(pd.concat([noon, others])).curve(["noon"])["p"].to_numpy()
    assert curve[24 + 13] > 1.1 * curve[24 + 18]


@pytest.mark.parametrize("n", [1, 5, 50])
def test_every_curve_sums_to_one(n):
    events = pd.concat(
        weekly(f"c{i}", first=f"2017-01-0{2 + i % 7} {9 + i % 9}:00", zone="Asia/Riyadh", n=n)
        for i in range(30)
    )
    model = SendTime().fit(events)
    for ramadan in (False, True):
        told = model.curve([*model.customer_ids_, "nobody"], ramadan=ramadan)
        assert np.allclose(told.groupby("customer_id")["p"].sum(), 1)
        assert (told["p"] >= 0).all()


@pytest.mark.parametrize(
    ("first", "zone"),
    [
        ("2017-03-20 18:30", "Europe/Berlin"),  # the clock goes forward on 26 March
        ("2017-10-23 18:30", "Europe/Berlin"),  # and back on 29 October
        ("2017-03-20 18:45", "Asia/Kolkata"),  # half an hour off, no changes
    ],
)
def test_the_hour_stays_over_clock_changes_and_half_hours(first, zone):
    events = daily("a", first=first, zone=zone, n=14)
    curve = SendTime(quiet=None).fit(events).curve(["a"])["p"].to_numpy().reshape(7, 24)
    assert (curve.argmax(axis=1) == 18).all()


def test_both_passes_of_a_repeated_hour_count_in_it():
    # 02:30 comes twice on 29 October 2017 in Berlin: one local hour, one visit.
    at = pd.to_datetime(["2017-10-29T00:30Z", "2017-10-29T01:30Z"])
    events = pd.DataFrame({"customer_id": "a", "at": at, "time_zone": "Europe/Berlin"})
    model = SendTime(quiet=None).fit(events)
    assert model.predict()["hour_of_week"].item() == 6 * 24 + 2
    assert "1 visits" in str(model)


def test_an_hour_that_berlin_skips_is_not_offered():
    events = weekly("owl", first="2017-04-02 02:30", zone="Europe/Berlin", n=28)
    model = SendTime(quiet=None, explore=0.0).fit(events)
    told = model.schedule(["owl"], after="2018-03-24T23:00:00Z", within="6h")
    local = told["send_at"].dt.tz_convert("Europe/Berlin").iloc[0]
    assert told["hour_of_week"].item() == 6 * 24 + local.hour != 6 * 24 + 2


def test_days_of_ramadan():
    # Umm al-Qura: 1438 began on 2017-05-27, Eid was on 2017-06-25.
    days = ["2017-05-26", "2017-05-27", "2017-06-24", "2017-06-25", "2017-12-01"]
    told = in_ramadan(np.concatenate([day_number(day) for day in days]))
    assert told.tolist() == [False, True, True, False, False]
    assert in_ramadan(np.zeros(0, dtype=np.int64)).tolist() == []
    assert not in_ramadan(day_number("2200-01-01")).any()


@pytest.fixture(scope="module")
def riyadh():
    """Forty who come at noon all year, and at 22:00 in Ramadan."""
    year = daily("x", first="2017-02-01 12:10", zone="Asia/Riyadh", n=250)
    local = year["at"].dt.tz_convert("Asia/Riyadh").dt.date.astype(str)
    fasts = (local >= "2017-05-27") & (local < "2017-06-25")
    moved = year.assign(at=year["at"].where(~fasts, year["at"] + pd.Timedelta(hours=10)))
    return pd.concat(moved.iloc[i % 5 :: 5].assign(customer_id=f"c{i}") for i in range(40))


def test_ramadan_does_not_teach_the_ordinary_hours(riyadh):
    apart, mixed = (SendTime(quiet=None, ramadan=flag).fit(riyadh) for flag in (None, False))
    night = np.arange(7) * 24 + 22
    assert apart.shop_curve_[night].sum() < 0.005 < 0.015 < mixed.shop_curve_[night].sum()
    assert (apart.predict()["hour_of_week"] % 24 == 12).all()
    assert any("Ramadan" in note for note in apart.notes_)


def test_schedule_uses_the_learned_nights_in_ramadan(riyadh):
    model = SendTime(quiet="03:00-09:00", explore=0.0).fit(riyadh)
    ordinary = model.schedule(["c1"], after="2018-03-01T00:00:00Z", within="24h")
    fasting = model.schedule(["c1"], after="2018-05-20T00:00:00Z", within="24h")
    assert ordinary["hour_of_week"].item() % 24 == 12
    assert fasting["hour_of_week"].item() % 24 == 22


def test_without_a_ramadan_seen_the_hours_after_iftar_are_assumed():
    # Two visits a day, at 13:00 and at 20:00, the first a little more often.
    noon = daily("a", first="2017-07-01 13:10", zone="Asia/Riyadh", n=90)
    evening = daily("a", first="2017-07-01 20:10", zone="Asia/Riyadh", n=80)
    shop = pd.concat([noon, evening])
    model = SendTime(explore=0.0).fit(shop)
    hours = [
        model.schedule(["a"], after=after, within="24h")["hour_of_week"].item() % 24
        for after in ("2018-03-01", "2018-05-20")
    ]
    assert hours == [13, 20]
    assert any("default shift" in note for note in model.notes_)
    assert SendTime(ramadan=False).fit(shop).schedule(["a"], after="2018-05-20")[
        "hour_of_week"
    ].item() % 24 in (13, 20)


def test_the_default_shift_is_a_distribution_and_only_where_ramadan_is_kept():
    flat = np.full(168, 1 / 168)
    moved = shifted(flat)
    assert moved.sum() == pytest.approx(1)
    assert moved[21] > flat[21] > moved[17]
    assert keeps_ramadan("Asia/Kuwait")
    assert not keeps_ramadan("Europe/Berlin")
