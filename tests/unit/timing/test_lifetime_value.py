from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from xenorec.errors import BadInput, NotFitted
from xenorec.timing import VALUE_COLUMNS, LifetimeValue
from xenorec.timing.lifetime_value import gamma_gamma, return_rates
from xenorec.timing.lifetime_value.base_value import fit_base
from xenorec.timing.lifetime_value.gamma_gamma import (
    GammaGamma,
    ShopMean,
    choose_value_model,
    fit_gamma_gamma,
)
from xenorec.timing.lifetime_value.prediction_intervals import (
    VarianceOverTime,
    is_within_interval,
    set_drift,
    spread,
    value_between,
    visits_between,
)
from xenorec.timing.lifetime_value.rate_blending import RateWeights, blend
from xenorec.timing.lifetime_value.rate_learner import CustomerRates, origins_of, training_set
from xenorec.timing.lifetime_value.spend_log import SpendDays, read_spending, visits_of
from xenorec.timing.lifetime_value.value_features import habits

from .shops import START, FakeHistory, bgnbd_shop

AS_OF = START + pd.Timedelta(days=200)
COLUMNS = [
    "customer_id",
    "n_expected_orders",
    "expected_value_amount",
    "value_from_amount",
    "value_to_amount",
    "level",
    "currency",
]


def priced(frame: pd.DataFrame, *, seed: int = 3) -> pd.DataFrame:
    """Every customer has a personal mean value between 5 and 50; orders vary around it."""
    rng = np.random.default_rng(seed)
    names, code = np.unique(frame["customer_id"], return_inverse=True)
    mean = rng.uniform(5, 50, len(names))[code]
    amount = np.round(mean * rng.gamma(4, 1 / 4, len(frame)), 2)
    return frame.assign(net_amount=amount, currency="EUR")


@pytest.fixture(scope="module")
def orders():
    return priced(bgnbd_shop(600, 330))


@pytest.fixture(scope="module")
def model(orders):
    return LifetimeValue().fit(orders, as_of=AS_OF)


def one_customer(**columns):
    days = ["2017-01-01", "2017-01-08", "2017-01-20"]
    frame = {"customer_id": "a", "ordered_at": days, "net_amount": [10.0, 20.0, 30.0]}
    return pd.DataFrame({**frame, **columns})


def test_one_row_per_known_customer_in_text_order(model, orders):
    told = model.predict(within="90d")
    known = orders.loc[orders["ordered_at"] <= AS_OF, "customer_id"]
    assert list(told.columns) == COLUMNS
    assert told["customer_id"].tolist() == sorted(set(known))
    assert set(told["level"]) == {"personal"}
    assert set(told["currency"]) == {"EUR"}


def test_the_totals_are_near_what_happened(model, orders):
    told = model.predict(within="90d")
    end = AS_OF + pd.Timedelta(days=90)
    later = orders[(orders["ordered_at"] > AS_OF) & (orders["ordered_at"] <= end)]
    later = later[later["customer_id"].isin(told["customer_id"])]
    days = len(
        later.assign(day=later["ordered_at"].dt.floor("D")).drop_duplicates(["customer_id", "day"])
    )
    assert told["n_expected_orders"].sum() == pytest.approx(days, rel=0.15)
    assert told["expected_value_amount"].sum() == pytest.approx(later["net_amount"].sum(), rel=0.15)


def test_intervals_hold_about_eighty_percent(model, orders):
    told = model.predict(within="90d").set_index("customer_id")
    end = AS_OF + pd.Timedelta(days=90)
    later = orders[(orders["ordered_at"] > AS_OF) & (orders["ordered_at"] <= end)]
    spend = later.groupby("customer_id")["net_amount"].sum().reindex(told.index).fillna(0)
    inside = spend.between(told["value_from_amount"], told["value_to_amount"])
    assert 0.72 <= inside.mean() <= 0.95
    assert (told["value_from_amount"] <= told["value_to_amount"]).all()


def test_a_longer_horizon_is_worth_more_and_less_than_in_proportion(model):
    near, far = model.predict(within="28d"), model.predict(within="280d")
    ratio = far["expected_value_amount"] / near["expected_value_amount"]
    assert (ratio > 1).all()
    assert (ratio <= 10.0001).all()


def test_rows_come_in_the_order_asked_and_a_stranger_gets_the_mean(model):
    everybody = model.predict(within="90d")
    told = model.predict(["c00003", "nobody", "c00001", "c00003"], within="90d")
    assert told["customer_id"].tolist() == ["c00003", "nobody", "c00001"]
    assert told["level"].tolist() == ["personal", "shop", "personal"]
    mean = everybody["expected_value_amount"].mean()
    assert told["expected_value_amount"][1] == pytest.approx(mean)
    assert told["n_expected_orders"][1] == pytest.approx(everybody["n_expected_orders"].mean())


def test_the_answer_does_not_depend_on_who_else_is_asked(model):
    alone = model.predict(["c00007"], within="90d")
    among = model.predict(within="90d")
    among = among[among["customer_id"] == "c00007"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among, rtol=1e-12)


def test_rows_after_as_of_change_nothing(model, orders):
    late = pd.DataFrame(
        {
            "customer_id": ["c00001", "new"],
            "ordered_at": AS_OF + pd.Timedelta(seconds=1),
            "net_amount": [1e6, -5.0],
            "currency": ["EUR", "XAU"],
        }
    )
    cut = orders[orders["ordered_at"] <= AS_OF]
    again = LifetimeValue().fit(pd.concat([cut, late]), as_of=AS_OF)
    pd.testing.assert_frame_equal(again.predict(), model.predict())
    assert again.notes_ == model.notes_


def test_the_order_of_rows_and_the_kind_of_frame_change_nothing(model, orders):
    mixed = orders.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        LifetimeValue().fit(pl.from_pandas(mixed), as_of=AS_OF).predict(), model.predict()
    )


def test_who_buys_dearer_is_worth_more():
    # Given two hundred twins, of whom one pays 10 and the other 40 each week.
    days = pd.date_range("2017-01-02", periods=20, freq="7D")
    frames = [
        pd.DataFrame(
            {"customer_id": f"{kind}{i:03d}", "ordered_at": days, "net_amount": amount + i % 5}
        )
        for kind, amount in (("cheap", 10.0), ("dear", 40.0))
        for i in range(100)
    ]
    told = LifetimeValue().fit(pd.concat(frames), as_of="2017-05-20").predict(within="28d")
    value = told.groupby(told["customer_id"].str[:4])["expected_value_amount"].mean()
    assert value["dear"] / value["chea"] == pytest.approx(42 / 12, rel=0.1)
    assert told["currency"].isna().all()


def test_each_currency_has_a_model_and_rows_of_its_own(orders):
    dollars = orders[orders["customer_id"] < "c00300"].assign(
        net_amount=lambda f: f["net_amount"] * 100, currency="USD"
    )
    both = LifetimeValue().fit(pd.concat([orders, dollars]), as_of=AS_OF)
    told = both.predict(["c00001", "c00400", "nobody"], within="90d")
    assert told["customer_id"].tolist() == ["c00001", "c00001", "c00400", "nobody"]
    assert told["currency"].tolist() == ["EUR", "USD", "EUR", "EUR"]
    assert told["expected_value_amount"][1] > 50 * told["expected_value_amount"][0]
    alone = LifetimeValue().fit(orders, as_of=AS_OF).predict(["c00001"], within="90d")
    pd.testing.assert_frame_equal(told.iloc[[0]], alone)
    assert both.profile_columns(["c00001", "c00400"]).num_rows == 2


def test_a_margin_is_told_where_one_was_given():
    frame = one_customer(margin_amount=[2.0, 4.0, 6.0])
    told = LifetimeValue().fit(frame, as_of="2017-02-01").predict(["a", "b"], within="90d")
    share = told["expected_margin_amount"] / told["expected_value_amount"]
    assert share.tolist() == pytest.approx([0.2, 0.2])


def test_returns_are_no_orders_and_lower_the_value():
    # Given 60 paid, then 15 of it sent back.
    back = pd.DataFrame({"customer_id": ["a"], "ordered_at": "2017-01-25", "net_amount": [-15.0]})
    with_return = LifetimeValue().fit(pd.concat([one_customer(), back]), as_of="2017-02-01")
    without = LifetimeValue().fit(one_customer(), as_of="2017-02-01")
    told, plain = with_return.predict(within="90d"), without.predict(within="90d")
    assert told["n_expected_orders"].tolist() == plain["n_expected_orders"].tolist()
    ratio = told["expected_value_amount"] / plain["expected_value_amount"]
    assert ratio.tolist() == pytest.approx([0.75])
    assert "1 rows have a negative amount" in with_return.notes_[0]


def test_decimals_and_empty_amounts_are_read():
    frame = one_customer(net_amount=[Decimal("10.00"), None, Decimal("30.00")])
    model = LifetimeValue().fit(frame, as_of="2017-02-01")
    assert "net_amount was empty in 1 rows" in model.notes_[0]
    assert model.predict()["expected_value_amount"].item() > 0


def test_a_history_is_read_as_it_is_cut():
    history = FakeHistory(pd.Timestamp("2017-02-01", tz="UTC"), one_customer(), None)
    told = LifetimeValue().fit(history)
    assert told.as_of_.isoformat() == "2017-02-01T00:00:00+00:00"
    with pytest.raises(BadInput, match="the history ends at"):
        LifetimeValue().fit(history, as_of="2017-03-01")


@pytest.mark.parametrize(
    "orders",
    [
        one_customer().iloc[:0],
        one_customer().iloc[:1],
        one_customer(),
        one_customer(ordered_at=["2017-01-31T10:00:00"] * 3),
        one_customer(net_amount=[0.0, 0.0, 0.0]),
        one_customer(net_amount=[-1.0, -1.0, -1.0]),
        one_customer(net_amount=[5.0, 5.0, 5.0], currency=[None, "EUR", "EUR"]),
        pd.DataFrame(
            {
                "customer_id": [f"c{i}" for i in range(80)],
                "ordered_at": pd.date_range("2016-11-10", periods=80),
                "net_amount": 9.5,
            }
        ),
        pd.concat(
            one_customer(customer_id=f"c{i:02d}", net_amount=[7.0, 7.0, 1e9]) for i in range(50)
        ),
    ],
    ids=["none", "one", "three", "second", "free", "returns", "mixed", "singles", "outliers"],
)
def test_odd_shops_get_finite_answers_with_a_level_and_a_sentence(orders):
    model = LifetimeValue().fit(orders, as_of="2017-02-01")
    told = model.predict(["a", "c1", "nobody"])
    numbers = told.select_dtypes("number").to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers >= 0).all()
    assert set(told["level"]) <= {"personal", "shop", "default"}
    assert (told["value_from_amount"] <= told["value_to_amount"]).all()
    assert model.notes_


def test_a_young_shop_is_told_so(model):
    assert any(
        "reach back 201 days" in note or "reach back 200 days" in note for note in model.notes_
    )
    assert "600 customers" in str(model)
    assert "c000" not in repr(model)


def test_a_second_fit_forgets_the_first(orders, model):
    again = LifetimeValue().fit(one_customer(), as_of="2017-02-01").fit(orders, as_of=AS_OF)
    pd.testing.assert_frame_equal(again.predict(), model.predict())
    assert again.notes_ == model.notes_


def test_profile_columns_say_what_predict_says(model):
    told, table = model.predict(within="365d"), model.profile_columns()
    assert table.column_names == ["customer_id", *(c.name for c in VALUE_COLUMNS)]
    assert LifetimeValue.columns == VALUE_COLUMNS
    stored = table["expected_value_365d_amount"].to_numpy()
    assert np.allclose(stored, told["expected_value_amount"], rtol=1e-5)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (one_customer().drop(columns="net_amount"), "no column 'net_amount'"),
        (one_customer(net_amount=["a lot", "1", "2"]), "which is no number"),
        (one_customer(net_amount=[np.inf, 1.0, 2.0]), "infinite in 1 rows"),
        (one_customer(ordered_at=[None, "2017-01-01", "2017-01-02"]), "ordered_at is empty"),
    ],
)
def test_bad_input_is_refused_by_name(frame, text):
    with pytest.raises(BadInput, match=text):
        LifetimeValue().fit(frame, as_of="2017-02-01")


def test_an_unfitted_model_says_what_to_do():
    with pytest.raises(NotFitted, match="call fit"):
        LifetimeValue().predict()
    with pytest.raises(BadInput, match="give as_of"):
        LifetimeValue().fit(one_customer().iloc[:0])


def test_the_parameters_of_order_values_are_found_again():
    rng = np.random.default_rng(1)
    rate = rng.gamma(3.74, 1 / 15.44, 20_000)
    n = rng.integers(1, 8, len(rate)).astype(float)
    mean = rng.gamma(6.25 * n, 1 / (rate * n))
    found = fit_gamma_gamma(n, mean, np.ones(len(n)))
    assert found.p == pytest.approx(6.25, rel=0.1)
    assert found.q == pytest.approx(3.74, rel=0.1)
    assert found.mean(np.zeros(1), np.zeros(1)).item() == pytest.approx(35.2, rel=0.05)


def test_the_published_parameters_of_cdnow_are_found_again():
    # Fader and Hardie (2013), section 5: p 6.25, q 3.74, v 15.44 on 946 repeat customers.
    datasets = pytest.importorskip("lifetimes.datasets")
    data = datasets.load_cdnow_summary_data_with_monetary_value()
    data = data[data["frequency"] > 0]
    n, mean = data["frequency"].to_numpy(float), data["monetary_value"].to_numpy(float)
    found = fit_gamma_gamma(n, mean, np.ones(len(n)))
    assert (round(found.p, 2), round(found.q, 2)) == (6.25, 3.74)
    assert found.v == pytest.approx(15.44, abs=0.02)


def test_money_in_cents_scales_the_fit_and_nothing_else():
    rng = np.random.default_rng(2)
    n = rng.integers(1, 8, 500).astype(float)
    mean = rng.gamma(5, 4, 500)
    euros, _ = choose_value_model(n, mean, np.ones(500))
    cents, _ = choose_value_model(n, mean * 100, np.ones(500))
    assert np.allclose(cents.mean(n, mean * 100), 100 * euros.mean(n, mean), rtol=1e-3)


def test_one_value_for_all_is_taken_for_the_next():
    n, mean = np.full(40, 3.0), np.full(40, 9.5)
    chosen, notes = choose_value_model(n, mean, np.ones(40))
    assert chosen == ShopMean(9.5, 0.0)
    assert "one value" in notes[0]


def test_frequent_customers_who_pay_more_are_noted():
    rng = np.random.default_rng(4)
    n = rng.integers(2, 40, 400).astype(float)
    mean = n * rng.gamma(8, 1, 400)
    _, notes = choose_value_model(n, mean, np.ones(400))
    assert "is related" in notes[0]


def test_the_mean_lies_between_the_shop_and_the_customer():
    model = GammaGamma(6.25, 3.74, 15.44)
    told = model.mean(np.array([0.0, 1.0, 50.0]), np.array([0.0, 100.0, 100.0]))
    assert told[0] == pytest.approx(6.25 * 15.44 / 2.74)
    assert told[0] < told[1] < told[2] < 100


def test_habits_are_per_day_known():
    # Given a visit of 10 every second day for 60 days, seen at the end.
    day = np.arange(0, 60, 2)
    visits = SpendDays(1, np.zeros(30, dtype=np.int64), day, np.full(30, 10.0), 60)
    row = habits(visits)[0]
    assert row[:3].tolist() == [2, 0.5, 5.0]
    assert row[3:5].tolist() == [0.5, 5.0]
    assert np.isfinite(row).all()


def test_training_rows_see_before_and_after_the_origin_apart():
    # Given somebody who comes daily for 50 days and then never again.
    day = np.arange(50)
    visits = SpendDays(1, np.zeros(50, dtype=np.int64), day, np.ones(50), 100)
    rows = training_set(visits, [50, 40])
    assert rows.label.tolist() == [0.0, 10 / 50]
    assert rows.features["habits"][:, 0].tolist() == [1.0, 1.0]
    assert max(origins_of(visits)) <= 100 - 28


def test_a_blend_keeps_the_level_of_the_probability_model(orders):
    visits = visits_of(read_spending(orders, as_of=AS_OF))
    base, n = fit_base(visits), visits.per_customer()
    factors = blend(base, CustomerRates(n * 7, n * 100), RateWeights(0.5, 0.5))
    told = base.n_expected(28.0)
    assert np.sum(told * factors.visits) == pytest.approx(told.sum(), rel=0.02)
    none = blend(base, CustomerRates(n * 7, n * 100), RateWeights(0.0, 0.0))
    assert np.allclose(none.visits, 1)
    assert np.allclose(none.spend, 1)


def test_quantiles_are_those_of_draws():
    rng = np.random.default_rng(5)
    n, value, drift = np.full(1, 3.0), np.full(1, 60.0), 0.3
    rate = rng.gamma(1 / drift, 3.0 * drift, 200_000)
    count = rng.poisson(rate)
    low, high = visits_between(n, drift)
    assert [low.item(), high.item()] == np.quantile(count, [0.1, 0.9]).tolist()
    spend = np.where(count > 0, rng.gamma(np.maximum(count, 1) * 4, 5.0), 0)
    moments = spread(n, value, variation=0.5, drift=(drift, drift))
    told = np.concatenate(value_between(moments))
    assert told == pytest.approx(np.quantile(spend, [0.1, 0.9]), rel=0.1)


def test_the_drift_is_set_so_that_intervals_hold():
    rng = np.random.default_rng(6)
    n = rng.uniform(5, 50, 5000)
    truth = rng.poisson(n * rng.gamma(5, 1 / 5, 5000)).astype(float)
    drift = set_drift(lambda d: visits_between(n, d), truth)
    assert drift == pytest.approx(0.2, rel=0.25)
    assert is_within_interval(*visits_between(n, drift), truth).mean() == pytest.approx(
        0.8, abs=0.02
    )
    assert VarianceOverTime((10.0, 20.0), (0.1, 0.2), (0.3, 0.3)).at(15.0) == pytest.approx(
        (0.15, 0.3)
    )
    assert VarianceOverTime((10.0,), (0.1,), (0.3,)).at(40.0) == pytest.approx((0.2, 0.6))


def test_an_order_in_two_rows_is_refused_as_it_would_count_twice():
    twice = one_customer(order_id=["o1", "o2", "o2"])
    with pytest.raises(BadInput, match="order_id 'o2' stands in 2 rows"):
        LifetimeValue().fit(twice)


def test_closed_months_cost_nobody_value(orders):
    first, last = AS_OF - pd.Timedelta(days=62), AS_OF - pd.Timedelta(days=1)
    is_shut = orders["ordered_at"].between(first.normalize(), AS_OF.normalize())
    told = (str(first.date()), str(last.date()))
    shut = LifetimeValue(closures=[told]).fit(orders[~is_shut], as_of=AS_OF)
    before = LifetimeValue().fit(orders, as_of=first.normalize()).predict(within="60d")
    found = shut.predict(within="60d")
    assert f"closed from {told[0]} to {told[1]}" in " ".join(shut.notes_)
    total = found["expected_value_amount"].sum()
    assert total == pytest.approx(before["expected_value_amount"].sum(), rel=0.1)


def test_a_saved_model_answers_the_same(model, tmp_path):
    model.save(tmp_path / "value")
    again = LifetimeValue.load(tmp_path / "value")
    pd.testing.assert_frame_equal(again.predict(within="90d"), model.predict(within="90d"))
    assert again.notes_ == model.notes_


def test_order_values_are_fitted_by_lifetimes_where_its_fit_is_sound(monkeypatch):
    rng = np.random.default_rng(8)
    n = rng.integers(1, 12, 800).astype(float)
    mean = rng.gamma(4 * n, 1 / n) * 15 / rng.gamma(5, 1, 800)
    ours = gamma_gamma._OrderValues(n, mean, np.ones(800)).search()
    theirs = gamma_gamma._OrderValues(n, mean, np.ones(800)).by_lifetimes()
    assert ours == pytest.approx(theirs, abs=1e-3)
    sound = gamma_gamma.fit_gamma_gamma(n, mean, np.ones(800))
    for other in (None, theirs + 0.5, np.full(3, np.nan)):  # no end, on a slope, no numbers
        monkeypatch.setattr(gamma_gamma._OrderValues, "by_lifetimes", lambda _, found=other: found)
        stood_in = gamma_gamma.fit_gamma_gamma(n, mean, np.ones(800))
        assert list(vars(stood_in).values()) == pytest.approx(list(vars(sound).values()), rel=1e-2)


def test_a_serial_returner_is_worth_less_than_a_keeper():
    # given thirty who came alike, of whom every other sends everything back, and two newcomers
    days = [START + pd.Timedelta(days=9 * k) for k in range(12)]
    rows = [
        (f"{kind}-{i:02d}", day) for kind in ("keeps", "sends") for i in range(15) for day in days
    ]
    rows += [("new-keeps", days[-1]), ("new-sends", days[-1])]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at"]).assign(net_amount=20.0)
    back = frame[frame["customer_id"].str.contains("sends")].assign(net_amount=-20.0)
    model = LifetimeValue().fit(pd.concat([frame, back]), as_of=days[-1])
    # then a keeper's value stays, the other's goes, and of a newcomer one return says less
    told = model.predict(within="30d").set_index("customer_id")["expected_value_amount"]
    assert told["sends-00"] < 0.1 * told["keeps-00"]
    whole = LifetimeValue().fit(frame, as_of=days[-1]).predict(within="30d")
    whole = whole.set_index("customer_id")["expected_value_amount"]
    assert told["keeps-00"] > 0.9 * whole["keeps-00"]
    assert 0.1 < told["new-sends"] / told["new-keeps"] < 0.9


def test_where_returns_fall_by_chance_all_are_drawn_to_the_shop(orders):
    early = orders[orders["ordered_at"] <= AS_OF].assign(net_amount=20.0)
    rng = np.random.default_rng(6)
    back = early[rng.random(len(early)) < 0.2].assign(net_amount=-20.0)
    rows = read_spending(pd.concat([early, back]), as_of=AS_OF)
    kept = return_rates.kept_shares(rows)
    assert kept.mean() == pytest.approx(0.8, abs=0.02)
    assert kept.std() < 0.06
