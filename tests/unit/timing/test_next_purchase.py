import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from xenorec.errors import BadInput, NotFitted
from xenorec.timing import MODEL_COLUMNS, NextPurchase
from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.hazard_intervals import EDGES
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns
from xenorec.timing.next_purchase.survival_curve import SurvivalCurve

from .shops import START, FakeHistory, bgnbd_shop

AS_OF = START + pd.Timedelta(days=180)
COLUMNS = [
    "customer_id",
    "p_order",
    "n_expected_orders",
    "next_order_on",
    "next_order_from",
    "next_order_to",
    "p_alive",
    "level",
]


@pytest.fixture(scope="module")
def orders():
    return bgnbd_shop(600, 300)


@pytest.fixture(scope="module")
def model(orders):
    return NextPurchase().fit(orders, as_of=AS_OF)


def test_one_row_per_known_customer_in_text_order(model, orders):
    told = model.predict()
    known = orders.loc[orders["ordered_at"] <= AS_OF, "customer_id"]
    assert list(told.columns) == COLUMNS
    assert told["customer_id"].tolist() == sorted(set(known))
    early = orders[orders["ordered_at"] <= AS_OF]
    n_days = early["ordered_at"].dt.floor("D").groupby(early["customer_id"]).nunique()
    once = n_days.index[n_days == 1]
    assert set(told.loc[told["customer_id"].isin(once), "level"]) == {"segment"}
    assert set(told.loc[~told["customer_id"].isin(once), "level"]) == {"personal"}


def test_the_parameters_of_the_shop_are_found_again():
    # Daily grain rounds a little off, so the tolerance is wide.
    as_of = START + pd.Timedelta(days=365)
    model = NextPurchase(member="bg_nbd", use_learner=False)
    model.fit(bgnbd_shop(4000, 365), as_of=as_of)
    p = model.parameters_
    assert p.r / p.alpha == pytest.approx(1 / 20, rel=0.25)
    assert p.a / (p.a + p.b) == pytest.approx(1.5 / 7.5, rel=0.25)


def test_predicted_share_agrees_with_what_happened(model, orders):
    told = model.predict(within="28d")
    end = AS_OF + pd.Timedelta(days=28)
    later = orders[(orders["ordered_at"] > AS_OF) & (orders["ordered_at"] <= end)]
    happened = told["customer_id"].isin(later["customer_id"]).mean()
    assert told["p_order"].mean() == pytest.approx(happened, abs=0.04)


def test_rows_come_in_the_order_asked_each_customer_once(model):
    told = model.predict(["c00003", "nobody", "c00001", "c00003"])
    assert told["customer_id"].tolist() == ["c00003", "nobody", "c00001"]
    assert told["level"].tolist() == ["personal", "shop", "personal"]


def test_an_unknown_customer_gets_the_mean_of_the_shop(model):
    everybody, stranger = model.predict(), model.predict(["nobody"]).iloc[0]
    assert stranger["p_order"] == pytest.approx(everybody["p_order"].mean())
    assert stranger["n_expected_orders"] == pytest.approx(everybody["n_expected_orders"].mean())


def test_dates_agree_with_probabilities(model):
    # By the median day an order is as likely as not; a day earlier it is less likely than that.
    told = model.predict().dropna(subset=["next_order_on"]).iloc[:20]
    for row in told.itertuples():
        days = (row.next_order_on - AS_OF).days
        assert model.predict([row.customer_id], within=f"{days + 1}d")["p_order"].item() >= 0.5
        if days > 0:
            assert model.predict([row.customer_id], within=f"{days}d")["p_order"].item() <= 0.5


def test_the_median_is_missing_exactly_where_it_is_not_reached(model):
    told = model.predict(within="3650d")
    assert (told["next_order_on"].isna() == (told["p_order"] < 0.5)).all()
    assert told["next_order_on"].isna().any()


def test_later_rows_are_never_seen(orders, model):
    early = orders[orders["ordered_at"] <= AS_OF]
    pd.testing.assert_frame_equal(NextPurchase().fit(early, as_of=AS_OF).predict(), model.predict())


def test_a_second_fit_forgets_the_first(orders, model):
    again = NextPurchase().fit(bgnbd_shop(80, 100, seed=1), as_of="2017-04-01")
    again.fit(orders, as_of=AS_OF)
    pd.testing.assert_frame_equal(again.predict(), model.predict())


def test_polars_arrow_and_history_give_the_same_as_pandas(orders, model):
    table = pa.Table.from_pandas(orders, preserve_index=False)
    early = table.filter(
        pa.compute.field("ordered_at") <= pa.scalar(AS_OF, table["ordered_at"].type)
    )
    history = FakeHistory(AS_OF.to_pydatetime(), early, None)
    for source, as_of in ((table, AS_OF), (pl.from_arrow(table), AS_OF), (history, None)):
        pd.testing.assert_frame_equal(NextPurchase().fit(source, as_of).predict(), model.predict())


def test_number_ids_are_read_as_text():
    orders = pd.DataFrame({"customer_id": [2, 2, 10], "ordered_at": ["2017-01-01"] * 3})
    told = NextPurchase().fit(orders, as_of="2017-02-01").predict([10, 2])
    assert told["customer_id"].tolist() == ["10", "2"]
    gaps = orders.assign(customer_id=[2.0, None, 10.0])
    assert NextPurchase().fit(gaps, as_of="2017-02-01").predict()["customer_id"].tolist() == [
        "10",
        "2",
    ]


def test_orders_of_one_day_count_once(orders, model):
    early = orders[orders["ordered_at"] <= AS_OF]
    doubled = pd.concat([early, early.assign(ordered_at=early["ordered_at"].dt.floor("D"))])
    pd.testing.assert_frame_equal(
        NextPurchase().fit(doubled, as_of=AS_OF).predict(), model.predict()
    )


def test_the_day_is_the_local_day_of_the_store_ordered_at_last():
    zone = "Pacific/Auckland"
    rows = [(f"c{i}", f"2017-01-{d:02d}T02:00", zone) for i in range(3) for d in range(1, 29)]
    orders = pa.table(
        dict(zip(("customer_id", "ordered_at", "time_zone"), zip(*rows, strict=True), strict=True))
    )
    as_of = pd.Timestamp("2017-01-28T23:00", tz="UTC").to_pydatetime()
    history = FakeHistory(as_of, orders, None)
    told = NextPurchase().fit(history).predict(["c0", "nobody"])
    assert told["next_order_from"].tolist() == [
        pd.Timestamp("2017-01-29"),  # 12:00 there and 2 hours on
        pd.Timestamp("2017-01-29"),
    ]
    utc = NextPurchase().fit(orders.select(["customer_id", "ordered_at"]), as_of=as_of)
    assert (told["next_order_on"] >= utc.predict(["c0"])["next_order_on"].item()).all()


def test_profile_columns_are_the_declared_ones_rounded(model):
    table = model.profile_columns(["c00001", "nobody"])
    assert table.column_names == ["customer_id", *(column.name for column in MODEL_COLUMNS)]
    assert [str(field.type) for field in table.schema][1:] == [c.type for c in MODEL_COLUMNS]
    assert model.columns == MODEL_COLUMNS
    for column in MODEL_COLUMNS:
        for value in table[column.name].to_pylist():
            assert value == float(f"{value:.6g}")
    near = model.predict(["c00001", "nobody"], within="14d")["p_order"]
    assert table["p_order_14d"].to_pylist() == pytest.approx(near.tolist(), rel=1e-5)


def test_asking_before_fit_is_an_error():
    with pytest.raises(NotFitted, match="fit"):
        NextPurchase().predict(["a"])


def test_a_missing_column_is_answered_with_the_nearest(orders):
    with pytest.raises(BadInput, match="'order_at'"):
        NextPurchase().fit(orders.rename(columns={"ordered_at": "order_at"}))


def test_an_empty_time_is_refused_with_its_count(orders):
    broken = orders.copy()
    broken.loc[:1, "ordered_at"] = pd.NaT
    with pytest.raises(BadInput, match="2 of"):
        NextPurchase().fit(broken)


def test_as_of_past_the_end_of_a_history_is_refused(orders):
    history = FakeHistory(AS_OF.to_pydatetime(), pa.table({}), None)
    with pytest.raises(BadInput, match="column"):
        NextPurchase().fit(history)
    full = FakeHistory(AS_OF.to_pydatetime(), pa.Table.from_pandas(orders), None)
    with pytest.raises(BadInput, match="history ends"):
        NextPurchase().fit(full, as_of="2018-01-01")


def single_orders(n):
    days = pd.date_range("2017-01-01", periods=60)
    return [(f"c{i}", days[i % 60]) for i in range(n)]


DEGENERATE = {
    "single orders only": (single_orders(300), "shop"),
    "one customer": ([("a", START + pd.Timedelta(days=d)) for d in range(0, 90, 7)], "shop"),
    "forty customers": (
        [(f"c{i}", START + pd.Timedelta(days=d)) for i in range(40) for d in (0, 9)],
        "shop",
    ),
    "one day, the day of as_of": (
        [(f"c{i}", pd.Timestamp("2017-04-10")) for i in range(200)],
        "default",
    ),
    "one day, long ago": ([(f"c{i}", START) for i in range(200)], "shop"),
    "nobody yet": ([], "default"),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.filterwarnings("ignore:orders-stopped")
def test_a_degenerate_shop_gets_a_finite_answer_and_a_reason(name):
    rows, level = DEGENERATE[name]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"])
    model = NextPurchase().fit(orders, as_of="2017-04-10")
    told = model.predict([*orders["customer_id"].head(3), "nobody"])
    assert np.isfinite(told[["p_order", "n_expected_orders", "p_alive"]].to_numpy()).all()
    assert told["p_order"].between(0, 1, inclusive="neither").all()
    assert set(told["level"]) == {level}
    assert model.notes_
    assert (model.parameters_ is None) == (level == "default")
    assert model.notes_[0] in str(model)
    assert model.profile_columns(["nobody"]).num_rows == 1


def test_one_weekly_customer_is_told_the_weekly_rate():
    rows = [("a", START + pd.Timedelta(days=7 * k)) for k in range(52)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    told = NextPurchase().fit(orders).predict(["a"], within="70d")
    assert told["n_expected_orders"].item() == pytest.approx(10, rel=0.4)


@pytest.mark.parametrize("gap", [1, 7, 30])
def test_a_shop_without_any_variety_still_gets_its_rate(gap):
    # Everybody comes every `gap` days: the rate's Gamma has no width, so r and alpha run away.
    rows = [
        (f"c{i}", START + pd.Timedelta(days=i % 7 + k))
        for i in range(120)
        for k in range(0, 180, gap)
    ]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    told = NextPurchase().fit(orders).predict(within="60d")
    assert told["n_expected_orders"].mean() == pytest.approx(60 / gap, rel=0.25)


def test_without_rows_and_as_of_nothing_can_be_told():
    empty = pd.DataFrame({"customer_id": [], "ordered_at": []})
    with pytest.raises(BadInput, match="as_of"):
        NextPurchase().fit(empty)


def test_a_shop_where_nobody_stops_is_held_by_a_weak_prior():
    # The best a is 0, the edge of what the optimiser may reach: so many leave is not told by it.
    rng = np.random.default_rng(2)
    rows = [
        (f"c{i:04d}", START + pd.Timedelta(days=float(at)))
        for i, rate in enumerate(rng.gamma(0.85, 1 / 60, 1500))
        for at in [0.0, *np.cumsum(rng.exponential(1 / rate, 100))]
        if at < 150
    ]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    told = NextPurchase().fit(orders, as_of=START + pd.Timedelta(days=150)).predict()
    assert set(told["level"]) == {"shop"}
    assert told["p_alive"].mean() > 0.9


def test_a_failed_optimiser_falls_back_and_prints_nothing(monkeypatch, orders, capsys):
    from xenorec.timing.next_purchase import model_selection
    from xenorec.timing.next_purchase.member_fitting import NoMaximum

    def fail(past, kind):
        raise NoMaximum("after 7 steps: no optimum")

    monkeypatch.setattr(model_selection, "fit_member", fail)
    model = NextPurchase().fit(orders, as_of=AS_OF)
    assert set(model.predict()["level"]) == {"shop"}
    assert "could not be put into one model" in model.notes_[0]
    assert capsys.readouterr().out == ""


def test_absurd_parameters_are_refused(monkeypatch, orders):
    from xenorec.timing.next_purchase import model_selection
    from xenorec.timing.next_purchase.member_fitting import FittedMember

    def fitting(*values):
        return lambda past, kind: FittedMember(BgNbd(*values), "lifetimes", True)

    monkeypatch.setattr(model_selection, "fit_member", fitting(50.0, 0.1, 1.0, 1.0))
    model = NextPurchase().fit(orders, as_of=AS_OF)
    assert "repeat orders" in model.notes_[0]
    monkeypatch.setattr(model_selection, "fit_member", fitting(float("nan"), 1.0, 1.0, 1.0))
    assert "absurd" in model.fit(orders, as_of=AS_OF).notes_[0]


def test_returns_are_no_orders_and_rows_left_out_are_counted(orders):
    bought = orders.assign(net_amount=5.0)
    back = bought.iloc[::7].assign(net_amount=-5.0, ordered_at=AS_OF)
    nameless = bought.head(11).assign(customer_id=None)
    model = NextPurchase().fit(pd.concat([bought, back, nameless]), as_of=AS_OF)
    plain = NextPurchase().fit(orders, as_of=AS_OF)
    pd.testing.assert_frame_equal(model.predict(), plain.predict())
    assert "11 rows name no customer and are left out." in model.notes_
    assert f"{len(back):,} rows are returns" in " ".join(model.notes_)


def test_no_more_days_with_an_order_than_days(model):
    for days in (1, 14, 90, 365):
        told = model.predict(within=f"{days}d")
        assert (told["n_expected_orders"] <= days).all()
        assert (told["n_expected_orders"] >= told["p_order"] - 1e-12).all()


def test_a_faster_learner_speeds_up_only_the_days_it_was_taught():
    # given a learner for whom the first order comes four times as fast as the plain model says
    plain = BgNbd(r=2.0, alpha=60.0, a=0.5, b=8.0)
    seen = RfmPatterns(*(np.array([value]) for value in (6.0, 150.0, 160.0, 1.0)))
    staying = np.stack([(1 - plain.p_order(seen, float(edge))) ** 4 for edge in EDGES], axis=1)
    curve = SurvivalCurve(staying, seen, plain)
    # then it expects at most twice as many orders in its 90 days, and later the plain model's
    end, year = (float(plain.n_expected(seen, days)[0]) for days in (90.0, 365.0))
    assert curve.n_expected(90.0)[0] == pytest.approx(2 * end)
    assert curve.n_expected(365.0)[0] == pytest.approx(2 * end + year - end)
