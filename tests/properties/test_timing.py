"""What must hold for every shop."""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xenorec.array_types import significant
from xenorec.timing import NextPurchase, QuietHours, SendTime
from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

ZONES = ["Asia/Kolkata", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "UTC"]
START = pd.Timestamp("2017-01-01", tz="UTC")
COLUMNS = ["customer_id", "at", "time_zone"]

rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(80)]),
        st.integers(0, 365 * 24 * 60).map(lambda m: START + pd.Timedelta(minutes=m)),
        st.sampled_from(ZONES),
    ),
    min_size=1,
    max_size=200,
)
positive = st.floats(0.01, 50)


def past(x: int, tx: int, age: int) -> RfmPatterns:
    tx = min(tx, age) if x else 0
    return RfmPatterns(*(np.array([float(v)]) for v in (x, tx, age)), np.ones(1))


@example(1.0, 1.0, 5.0, 1.0, 99, 0, 0)
@settings(max_examples=200, deadline=None)
@given(
    positive,
    positive,
    positive,
    positive,
    st.integers(0, 400),
    st.integers(0, 900),
    st.integers(0, 900),
)
def test_the_closed_forms_stay_in_bounds_and_grow_with_the_horizon(r, alpha, a, b, x, tx, age):
    model, seen = BgNbd(r, alpha, a, b), past(x, tx, age)
    days = [0.5, 7.0, 14.0, 28.0, 365.0]
    p = np.array([model.p_order(seen, d)[0] for d in days])
    n = np.array([model.n_expected(seen, d)[0] for d in days])
    assert 0 <= model.p_alive(seen)[0] <= 1
    assert (p >= 0).all()
    assert (p <= model.p_alive(seen)[0] + 1e-12).all()
    assert (np.diff(p) >= 0).all()
    assert np.isfinite(n).all()
    assert (n >= p - 1e-12).all()
    assert (np.diff(n) >= -1e-6 * n[1:]).all()


@settings(max_examples=25, deadline=None)
@given(rows, st.integers(0, 380))
def test_any_shop_gets_finite_probabilities_whatever_the_row_order(shop, day):
    orders = pd.DataFrame(shop, columns=COLUMNS).rename(columns={"at": "ordered_at"})
    as_of = START + pd.Timedelta(days=day)
    model = NextPurchase().fit(orders, as_of=as_of)
    told = model.predict([*orders["customer_id"], "nobody"])
    numbers = told[["p_order", "p_alive", "n_expected_orders"]].to_numpy()
    assert np.isfinite(numbers).all()
    assert ((numbers[:, :2] >= 0) & (numbers[:, :2] <= 1)).all()
    assert (
        told["next_order_from"].dropna()
        >= as_of.tz_localize(None).floor("D") - pd.Timedelta(days=1)
    ).all()
    turned = orders.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        NextPurchase().fit(turned, as_of=as_of).predict(told["customer_id"]), told
    )


@settings(max_examples=25, deadline=None)
@given(rows, st.integers(1, 364))
def test_what_comes_later_is_never_seen(shop, day):
    events = pd.DataFrame(shop, columns=COLUMNS)
    as_of = START + pd.Timedelta(days=day)
    early = events[events["at"] <= as_of]
    asked = sorted(set(events["customer_id"]))
    for model, frames in (
        (SendTime(), (events, early)),
        (NextPurchase(), [f.rename(columns={"at": "ordered_at"}) for f in (events, early)]),
    ):
        whole = model.fit(frames[0], as_of=as_of).predict(asked)
        pd.testing.assert_frame_equal(model.fit(frames[1], as_of=as_of).predict(asked), whole)


@settings(max_examples=25, deadline=None)
@given(rows)
def test_every_curve_is_a_distribution_whatever_the_row_order(shop):
    events = pd.DataFrame(shop, columns=COLUMNS)
    model = SendTime().fit(events)
    curve = model.curve()
    assert (curve["p"] > 0).all()
    assert np.allclose(curve.groupby("customer_id")["p"].sum(), 1)
    again = SendTime().fit(events.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(again.curve(), curve)
    assert np.isfinite(model.score(events))


@settings(max_examples=40, deadline=None)
@given(
    rows,
    st.integers(0, 400 * 24 * 4).map(lambda q: START + pd.Timedelta(minutes=15 * q)),
    st.integers(1, 72),
    st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda h: 2 < (h[1] - h[0]) % 24 < 21),
)
def test_a_scheduled_message_is_in_its_window_and_never_quiet(shop, after, hours, quiet_hours):
    quiet = QuietHours(time(quiet_hours[0], 30), time(quiet_hours[1], 15))
    events = pd.DataFrame(shop, columns=COLUMNS)
    zones = {f"c{i}": ZONES[i % len(ZONES)] for i in range(80)}
    told = (
        SendTime(quiet=quiet)
        .fit(events)
        .schedule(None, after=after, within=f"{hours}h", time_zones=zones)
    )
    for row in told.dropna(subset=["send_at"]).itertuples():
        local = row.send_at.tz_convert(zones[row.customer_id])
        assert after <= row.send_at < after + pd.Timedelta(hours=hours)
        assert not quiet.is_quiet(row.send_at.to_pydatetime(), zones[row.customer_id])
        assert local.day_of_week * 24 + local.hour == row.hour_of_week


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(2016, 1, 1), datetime(2019, 1, 1)),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.times(),
    st.times(),
)
def test_next_legal_is_the_first_instant_that_is_not_quiet(at, zone, start, end):
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if start == end:
        return
    quiet, instant = QuietHours(start, end), at.replace(tzinfo=UTC, second=0, microsecond=0)
    legal = quiet.next_legal(instant, zone)
    assert legal >= instant
    assert not quiet.is_quiet(legal, zone)
    if legal > instant:
        assert quiet.is_quiet(legal - timedelta(minutes=1), zone)
        assert quiet.is_quiet(instant, zone)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1))
def test_rounding_keeps_six_digits(values):
    exact = np.array(values)
    exact = np.where(np.abs(exact) < 1e-12, 0.0, exact)
    expected = np.array([float(f"{value:.6g}") for value in exact])
    assert np.allclose(significant(exact), expected, rtol=1.1e-5)
    assert (significant(significant(exact)) == significant(exact)).all()
