"""The closed forms against the published figures, lifetimes, and simulation."""

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xenorec.timing import NextPurchase
from xenorec.timing.event_log import read_orders
from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.bgnbd_likelihood import BetaGeometricLikelihood
from xenorec.timing.next_purchase.member_fitting import search, shop_of
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns, compress, count_purchases

from .shops import bgnbd_shop

MASTER = Path(__file__).parents[4] / "shared" / "data" / "cdnow_master.txt"


def fit_bgnbd(patterns):
    return search(shop_of(patterns, BgNbd), BgNbd)


def past(frequency, recency, age) -> RfmPatterns:
    columns = [np.asarray(column, dtype=float) for column in (frequency, recency, age)]
    return RfmPatterns(*columns, np.ones(len(columns[0])))


@pytest.fixture(scope="module")
def lifetimes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes
    return lifetimes


@pytest.fixture(scope="module")
def sample_ids(lifetimes):
    """Return the customers of the literature's 1/10 sample, which are no exact tenth."""
    file = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt"
    return {line.split()[0] for line in file.read_text().splitlines() if line.strip()}


def test_cdnow_gives_the_published_parameters(sample_ids):
    if not MASTER.exists():
        pytest.skip("cdnow_master.txt is not beside the project")
    rows = [line.split()[:2] for line in MASTER.read_text().splitlines()[1:] if line.strip()]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], format="%Y%m%d")
    orders = orders[orders["customer_id"].isin(sample_ids)]

    model = NextPurchase(member="bg_nbd").fit(orders, as_of="1997-09-30")

    fitted = model.parameters_
    weeks = model.log_likelihood_ + model.n_repeat_orders_ * math.log(7)
    assert model.n_customers_ == 2357
    assert (fitted.r, fitted.alpha / 7) == pytest.approx((0.243, 4.414), abs=0.001)
    assert (fitted.a, fitted.b) == pytest.approx((0.793, 2.426), abs=0.001)
    assert weeks == pytest.approx(-9582.4, abs=0.1)


def test_weights_give_the_same_parameters_as_one_row_per_customer():
    orders = read_orders(bgnbd_shop(1500, 120), as_of="2017-05-01")
    counted = count_purchases(orders)
    packed = compress(counted)
    single = fit_bgnbd(past(counted.frequency, counted.recency, counted.age))
    together = fit_bgnbd(packed)
    assert len(packed.weight) < len(counted)
    assert together.r == pytest.approx(single.r, rel=1e-3)
    assert together.b == pytest.approx(single.b, rel=1e-3)


def test_the_slopes_are_those_of_the_likelihood():
    shop = BetaGeometricLikelihood(compress(count_purchases(read_orders(bgnbd_shop(400, 120)))))
    logs = np.log([0.6, 20.0, 0.7, 3.0])
    steps = np.eye(4) * 1e-5
    by_hand = [(shop.loss(logs + d)[0] - shop.loss(logs - d)[0]) / 2e-5 for d in steps]
    assert shop.loss(logs)[1] == pytest.approx(by_hand, abs=1e-8)
    model = BgNbd(*np.exp(logs))
    assert shop.loss(logs)[0] * -shop.past.weight.sum() == pytest.approx(
        model.log_likelihood(shop.past)
    )


def test_the_maximum_is_that_of_lifetimes(lifetimes):
    counted = count_purchases(read_orders(bgnbd_shop(1500, 120), as_of="2017-05-01"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lifetimes.BetaGeoFitter().fit(counted.frequency, counted.recency, counted.age)
    ours = fit_bgnbd(compress(counted))
    expected = [theirs.params_[name] for name in ("r", "alpha", "a", "b")]
    assert (ours.r, ours.alpha, ours.a, ours.b) == pytest.approx(expected, rel=1e-4)


def test_customers_who_all_stop_alike_have_a_finite_answer():
    # every one in four stops after an order: Beta(a, b) narrows without end, at a / b = 1 / 3
    rng = np.random.default_rng(5)
    n = rng.geometric(0.25, 4000).astype(float)
    gaps = rng.exponential(20 / rng.gamma(0.9, 1, 4000))
    recency = np.floor(np.minimum(n * gaps, 364))
    fitted = fit_bgnbd(past(np.where(recency > 0, n, 0), recency, np.full(4000, 365)))
    assert np.isfinite([fitted.r, fitted.alpha, fitted.a, fitted.b]).all()


@pytest.mark.parametrize("a", [0.06, 0.793, 1.0, 1.6])
def test_expected_orders_and_p_alive_agree_with_lifetimes(lifetimes, a):
    model = BgNbd(r=0.243, alpha=30.9, a=a + 1e-9 * (a == 1.0), b=2.426)
    other = lifetimes.BetaGeoFitter()
    other.params_ = pd.Series({"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b})
    x, tx, age = np.array([0, 1, 2, 7, 12]), np.array([0, 30, 100, 206, 90]), np.full(5, 272)
    told = model.n_expected(past(x, tx, age), 273.0)
    theirs = other.conditional_expected_number_of_purchases_up_to_time(273.0, x, tx, age)
    assert model.p_alive(past(x, tx, age)) == pytest.approx(
        other.conditional_probability_alive(x, tx, age)
    )
    assert told == pytest.approx(np.asarray(theirs), rel=1e-5)


@pytest.mark.parametrize("frequency", [3, 40, 300])
def test_expected_orders_are_the_mean_over_the_posterior(frequency):
    # E[(1 - exp(-rate p t)) / p] with rate ~ Gamma(r + x, alpha + T), p ~ Beta(a, b + x)
    model, age, days = BgNbd(r=1.4, alpha=9.5, a=0.9, b=7.0), 365.0, 28.0
    rng = np.random.default_rng(11)
    rate = rng.gamma(model.r + frequency, 1 / (model.alpha + age), 400_000)
    stop = rng.beta(model.a, model.b + frequency, 400_000)
    given_alive = np.mean(-np.expm1(-rate * stop * days) / stop)
    seen = past([frequency], [360], [age])
    assert model.n_expected(seen, days)[0] == pytest.approx(
        model.p_alive(seen)[0] * given_alive, rel=0.01
    )


def test_p_order_and_p_alive_agree_with_simulated_customers():
    # Draw customers from the prior, keep those with exactly two repeat orders in 60 days, the
    # last of them late, and look how many order again within 20 days.
    model, age, days, n = BgNbd(r=2.0, alpha=30.0, a=1.2, b=3.0), 60.0, 20.0, 400_000
    rng = np.random.default_rng(5)
    rate, stop = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    gaps = rng.exponential(1.0, (n, 3)) / rate[:, None]
    second, third = gaps[:, 0] + gaps[:, 1], gaps.sum(axis=1)
    leaves = rng.random((n, 2)) < stop[:, None]  # after the first and the second repeat order
    third = np.where(leaves[:, 1], np.inf, third)
    alike = ~leaves[:, 0] & (second > 34) & (second < 36) & (third > age)
    seen = past([2], [35], [age])
    assert model.p_alive(seen)[0] == pytest.approx(np.mean(~leaves[alike, 1]), abs=0.015)
    assert model.p_order(seen, days)[0] == pytest.approx(
        np.mean(third[alike] <= age + days), abs=0.015
    )


def test_waiting_time_is_where_p_order_reaches_the_probability():
    model, seen = BgNbd(r=0.8, alpha=12.0, a=0.4, b=3.0), past([0, 3, 9], [0, 80, 20], [90, 90, 90])
    wait = model.wait(seen, 0.5)
    for i in np.flatnonzero(np.isfinite(wait)):
        assert model.p_order(seen, wait[i])[i] == pytest.approx(0.5)
    never = ~np.isfinite(wait)
    assert never.any()
    assert (model.p_alive(seen)[never] <= 0.5).all()


def test_many_orders_in_no_time_still_give_a_finite_expectation():
    # The hypergeometric function gives no number here; the mean over the dropout does.
    model, seen = BgNbd(r=0.5, alpha=1.0, a=0.5, b=0.5), past([103], [0], [0])
    told = [model.n_expected(seen, days)[0] for days in (7.0, 14.0, 365.0)]
    assert np.isfinite(told).all()
    assert told == sorted(told)
