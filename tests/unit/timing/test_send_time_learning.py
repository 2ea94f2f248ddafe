"""What the curves learn from: clicks, segments, the last weeks, and chance."""

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput, XenorecWarning
from xenorec.hash_uniform import uniform
from xenorec.timing import SendTime, evaluate_send_time

from .shops import weekly


def crowd(n, *, hours, first="2017-01-02", weeks=20):
    """``n`` customers, each at one of ``hours`` on a weekday of the own."""
    return pd.concat(
        weekly(
            f"c{i:03d}",
            first=f"2017-01-0{2 + i % 7} {hours[i % len(hours)]}:00",
            zone="UTC",
            n=weeks,
        )
        for i in range(n)
    )


@pytest.fixture(scope="module")
def shop():
    return crowd(60, hours=(10, 14, 18))


def test_later_rows_change_nothing(shop):
    later = crowd(60, hours=(12,)).assign(at=lambda rows: rows["at"] + pd.Timedelta(days=400))
    one = SendTime().fit(shop, "2017-06-01")
    two = SendTime().fit(pd.concat([shop, later]), "2017-06-01")
    pd.testing.assert_frame_equal(one.curve(), two.curve())
    assert one.notes_ == two.notes_


def test_an_answer_does_not_depend_on_who_else_is_asked(shop):
    model = SendTime().fit(crowd(800, hours=(9, 11, 13, 15, 17, 19), weeks=12))
    whole = model.curve().groupby("customer_id")["p"].apply(np.array)
    for customer in ("c000", "c417", "c799"):
        assert np.array_equal(model.curve([customer])["p"].to_numpy(), whole[customer])


def test_clicks_of_the_channel_lead_over_purchases(shop):
    buys = shop.assign(name="order_completed", channel=None)
    clicks = shop.assign(at=shop["at"] + pd.Timedelta(hours=1, days=1), name="clicked")
    both = pd.concat([buys, clicks.assign(channel="email")])
    hour = {
        channel: SendTime().fit(both, channel=channel).predict(["c000"])["hour_of_week"].item()
        for channel in ("email", "sms")
    }
    assert hour == {"email": 24 + 11, "sms": 10}
    told = SendTime().fit(both, channel="email")
    assert any("clicks of email lead" in note for note in told.notes_)
    alone = SendTime().fit(both, channel="sms")
    assert any("no clicks of sms" in note for note in alone.notes_)
    same = SendTime().fit(buys, as_of=both["at"].max())
    pd.testing.assert_frame_equal(alone.curve(), same.curve())


def test_without_clicks_the_purchases_tell(shop):
    buys = shop.assign(name="order_completed")
    told = SendTime().fit(buys, channel="email")
    pd.testing.assert_frame_equal(told.predict(), SendTime().fit(shop).predict())


def test_few_clicks_do_not_move_somebody_with_many_purchases(shop):
    click = pd.DataFrame(
        {"customer_id": ["c000"], "at": ["2017-05-10T20:00:00Z"], "time_zone": "UTC"}
    )
    both = pd.concat(
        [
            shop.assign(name="order_completed"),
            click.assign(at=pd.to_datetime(click["at"]), name="clicked"),
        ]
    )
    assert SendTime().fit(both, channel="email").predict(["c000"])["hour_of_week"].item() == 10


def test_what_is_no_act_is_left_out(shop):
    sent = shop.assign(at=shop["at"] + pd.Timedelta(hours=4), name="sent")
    both = pd.concat([shop.assign(name="order_completed"), sent])
    pd.testing.assert_frame_equal(SendTime().fit(both).predict(), SendTime().fit(shop).predict())


def test_a_given_segment_answers_for_somebody_without_events(shop):
    early = {f"c{i:03d}": "early" for i in range(0, 60, 3)}
    late = {f"c{i:03d}": "late" for i in range(2, 60, 3)}
    segments = {**early, **late, "new-early": "early", "new-late": "late"}
    model = SendTime().fit(shop, segments=segments)
    told = model.predict(["new-early", "new-late", "nobody", "c000"])
    assert (told["hour_of_week"] % 24).tolist()[:2] == [10, 18]
    assert told["level"].tolist() == ["segment", "segment", "shop", "personal"]
    frame = pd.DataFrame({"customer_id": list(segments), "segment": list(segments.values())})
    pd.testing.assert_frame_equal(SendTime().fit(shop, segments=frame).curve(), model.curve())


def test_two_segments_for_one_customer_are_refused(shop):
    frame = pd.DataFrame({"customer_id": ["a", "a"], "segment": ["x", "y"]})
    with pytest.raises(BadInput, match="two segments"):
        SendTime().fit(shop, segments=frame)


def noisy(n, weeks, *, moves_after=None, seed=3):
    """Daily acts of ``n`` customers, half at the best hour (11, later 18), half at any."""
    rows = []
    for i in range(n):
        for day in range(weeks * 7):
            best = 18 if moves_after is not None and day >= moves_after * 7 else 11
            u, v = uniform(f"act{seed}", str(i), str(day)), uniform(f"at{seed}", str(i), str(day))
            rows.append((f"c{i:03d}", day * 24 + (best if u < 0.5 else 9 + int(v * 12))))
    frame = pd.DataFrame(rows, columns=["customer_id", "hour"])
    at = pd.Timestamp("2017-01-02", tz="UTC") + pd.to_timedelta(frame.pop("hour"), unit="h")
    return frame.assign(at=at, time_zone="UTC")


def test_the_best_hour_follows_within_four_weeks_of_a_move():
    # Twelve weeks, refitted every week; after the sixth the true best hour goes from 11 to 18.
    events = noisy(60, 12, moves_after=6)
    share = []
    for week in range(4, 13):
        as_of = pd.Timestamp("2017-01-02", tz="UTC") + pd.Timedelta(days=7 * week)
        told = SendTime().fit(events, as_of).predict()
        share.append((week, float((told["hour_of_week"] % 24 == 18).mean())))
    assert all(found < 0.1 for week, found in share if week <= 6)
    assert all(found > 0.9 for week, found in share if week >= 10)


def test_a_shop_that_does_not_move_keeps_its_memory():
    model = SendTime().fit(noisy(60, 12))
    assert model.half_life_ >= 45
    assert (model.predict()["hour_of_week"] % 24 == 11).all()


def test_the_audience_adds_up(shop):
    model = SendTime().fit(shop)
    told = model.audience([*model.customer_ids_, "nobody"])
    assert list(told.columns) == ["hour_of_week", "day", "hour", "n_people", "n_own", "n_expected"]
    assert len(told) == 168
    assert told["n_people"].sum() == 61
    assert told["n_own"].sum() == 60
    assert told["n_expected"].sum() == pytest.approx(61, rel=1e-4)
    best = model.predict()["hour_of_week"].value_counts()
    assert told.set_index("hour_of_week")["n_own"][best.index].tolist() == best.tolist()


@pytest.mark.filterwarnings("ignore:no-time-zone")
@pytest.mark.parametrize(
    "what", ["one customer", "one day", "single events", "same second", "no zone"]
)
def test_poor_shops_have_finite_answers_and_a_sentence(what):
    frames = {
        "one customer": weekly("a", first="2017-01-03 12:00", zone="UTC", n=3),
        "one day": pd.DataFrame(
            {"customer_id": list("abc"), "at": "2017-01-03T12:00:00Z", "time_zone": "UTC"}
        ),
        "single events": pd.concat(
            weekly(f"c{i}", first=f"2017-01-0{1 + i % 9} 12:00", zone="UTC", n=1) for i in range(50)
        ),
        "same second": pd.concat([weekly("a", first="2017-01-03 12:00", zone="UTC", n=2)] * 2),
        "no zone": weekly("a", first="2017-01-03 12:00", zone="UTC", n=4).assign(time_zone=None),
    }
    model = SendTime().fit(frames[what])
    told = model.predict()
    assert np.isfinite(told["p"]).all()
    assert set(told["level"]) == {"personal"}
    assert any("is a default" in note for note in model.notes_)


def test_evaluation_tells_nats_and_windows_of_each_answer():
    told = evaluate_send_time(noisy(40, 16), as_of="2017-04-01")
    assert list(told.table["model"]) == ["send_time", "counts", "shop", "uniform"]
    assert list(told.table.columns) == ["model", "nats", "window_share", "n_events"]
    assert told.personal >= told.shop - 0.02
    assert told.table["window_share"].iloc[0] > 0.05
    assert "window_share" in str(told)
    assert '"share_known"' in told.to_json()


def test_who_names_no_zone_is_in_the_one_that_is_given_and_else_it_warns():
    noon = weekly("a", first="2017-01-03 12:00", zone="Asia/Riyadh", n=8).assign(time_zone=None)
    told = SendTime(time_zone="Asia/Riyadh").fit(noon).predict(["a"])
    assert told["hour_of_week"].item() == 24 + 12
    with pytest.warns(XenorecWarning, match="no-time-zone"):
        SendTime().fit(noon)


def test_a_frame_of_customers_brings_its_zones_to_the_schedule():
    noon = weekly("a", first="2017-01-03 12:00", zone="UTC", n=8)
    model = SendTime(explore=0.0).fit(noon)
    asked = pd.DataFrame({"customer_id": ["a"], "time_zone": ["Asia/Riyadh"]})
    told = model.schedule(asked, after="2017-03-07", within="1d")
    named = model.schedule(["a"], after="2017-03-07", within="1d", time_zones={"a": "Asia/Riyadh"})
    pd.testing.assert_frame_equal(told, named)
    with pytest.raises(BadInput, match="IANA"):
        model.schedule(asked.assign(time_zone="Mars/Olympus"), after="2017-03-07")
