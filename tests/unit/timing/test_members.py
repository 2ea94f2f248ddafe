"""The probability members: who may be doubted, whose fitter fits, and models handed over."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput, NotSupported
from xenorec.timing import Lapse, NextPurchase
from xenorec.timing.event_log import read_orders
from xenorec.timing.next_purchase import lifetimes_fitters, member_fitting, one_time_buyers
from xenorec.timing.next_purchase.bgnbd import BgNbd, MbgNbd
from xenorec.timing.next_purchase.member_fitting import fit_member, is_sound, shop_of
from xenorec.timing.next_purchase.members import MEMBERS
from xenorec.timing.next_purchase.pareto_nbd import ParetoNbd
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns, compress, count_purchases

from .shops import START, bgnbd_shop

AS_OF = START + pd.Timedelta(days=300)
SEEN = RfmPatterns(
    *(np.array(v, float) for v in ([0, 0, 1, 2, 7, 100], [0, 0, 5, 100, 206, 360])),
    np.array([3.0, 272, 200, 272, 272, 365]),
    np.ones(6),
)


@pytest.fixture(scope="module")
def lifetimes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes
    return lifetimes


@pytest.fixture(scope="module")
def orders():
    return bgnbd_shop(400, 300)


@pytest.fixture(scope="module")
def few():
    return bgnbd_shop(120, 300)


def fitter_of(lifetimes, model):
    kind = getattr(lifetimes, lifetimes_fitters.FITTERS[type(model)])
    fitter = kind()
    fitter.params_ = pd.Series(vars(model))
    return fitter


EXAMPLES = [
    MbgNbd(0.6, 50.0, 0.8, 1.2),
    MbgNbd(1.4, 9.5, 0.07, 80.0),
    BgNbd(0.24, 31.0, 0.79, 2.4),
    ParetoNbd(0.6, 80.0, 0.5, 60.0),
    ParetoNbd(0.6, 80.0, 0.5, 1.0),
    ParetoNbd(2.0, 10.0, 3.0, 500.0),
]


@pytest.mark.parametrize("model", EXAMPLES, ids=str)
def test_closed_forms_agree_with_lifetimes(lifetimes, model):
    theirs, seen = fitter_of(lifetimes, model), (SEEN.frequency, SEEN.recency, SEEN.age)
    alive = theirs.conditional_probability_alive(*seen)
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(90.0, *seen)
    assert model.p_alive(SEEN) == pytest.approx(np.ravel(alive), abs=1e-8)
    assert model.n_expected(SEEN, 90.0) == pytest.approx(np.asarray(expected), rel=1e-6)
    ages = np.array([10.0, 200.0])
    first = theirs.expected_number_of_purchases_up_to_time(ages)
    assert model.n_since_first(ages) == pytest.approx(np.asarray(first), rel=1e-8)


@pytest.mark.parametrize("model", EXAMPLES, ids=str)
def test_the_slopes_lead_where_the_likelihood_falls(model):
    shop, logs = shop_of(SEEN, type(model)), np.log(list(vars(model).values()))
    loss, slopes = shop.loss(logs)
    steps = np.eye(4) * 1e-5
    by_hand = [(shop.loss(logs + d)[0] - shop.loss(logs - d)[0]) / 2e-5 for d in steps]
    assert loss * -6 == pytest.approx(model.log_likelihood(SEEN))
    assert slopes == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_fit_of_lifetimes_is_taken_where_it_is_sound(orders, member):
    past = compress(count_purchases(read_orders(orders, as_of=AS_OF)))
    fitted = fit_member(past, MEMBERS[member])
    theirs = lifetimes_fitters.fit_by_lifetimes(past, MEMBERS[member])
    assert fitted.by == "lifetimes"
    assert fitted.model == theirs
    ours = member_fitting.search(shop_of(past, MEMBERS[member]), MEMBERS[member])
    assert list(vars(ours).values()) == pytest.approx(list(vars(theirs).values()), rel=0.02)


@pytest.mark.parametrize("found", [None, MbgNbd(0.9, 2.0, 0.5, 0.5), MbgNbd(float("nan"), 1, 1, 1)])
def test_our_own_likelihood_stands_in_where_it_is_not(monkeypatch, orders, found):
    # it did not converge, it stopped on a slope, it gave no numbers
    past = compress(count_purchases(read_orders(orders, as_of=AS_OF)))
    sound = fit_member(past, MbgNbd).model
    monkeypatch.setattr(lifetimes_fitters, "fit_by_lifetimes", lambda *_: found)
    fitted = fit_member(past, MbgNbd)
    assert fitted.by == "xenorec"
    assert is_sound(fitted.model, shop_of(past, MbgNbd))
    assert list(vars(fitted.model).values()) == pytest.approx(list(vars(sound).values()), rel=0.01)


def test_a_shop_that_lifetimes_cannot_fit_prints_nothing_and_is_fitted(capsys):
    # everybody comes every week: the rates have no width, and nobody ever stops
    days = [START + pd.Timedelta(days=7 * k + i % 7) for i in range(80) for k in range(20)]
    orders = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(80) for _ in range(20)], "ordered_at": days}
    )
    model = NextPurchase().fit(orders)
    assert set(model.predict()["level"]) == {"shop"}
    assert "weak prior" in " ".join(model.notes_)
    assert capsys.readouterr().out == ""


def test_asking_lifetimes_leaves_the_filters_of_warnings_alone(orders):
    before = list(warnings.filters)
    NextPurchase().fit(orders, as_of=AS_OF)
    assert warnings.filters == before


def test_lifetimes_is_loaded_by_the_first_fit_and_not_before():
    import subprocess

    code = (
        "import xenorec.timing.next_purchase.model, sys; print('lifetimes' in sys.modules, "
        "'autograd' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def cycle_shop(n, gap):
    """Return ``n`` customers who came once, ``n`` twice, ``gap`` days apart, and 200 others."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(n):
        last = int(rng.integers(0, 280))
        rows.append((f"once-{i:03d}", 300 - last))
        rows += [(f"twice-{i:03d}", 300 - last), (f"twice-{i:03d}", 300 - last - gap)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    some = frame.assign(ordered_at=START + pd.to_timedelta(frame["day"], unit="D"))
    return pd.concat([some, bgnbd_shop(200, 300)])[["customer_id", "ordered_at"]]


@pytest.mark.parametrize("gap", [1, 30])
@pytest.mark.parametrize("member", MEMBERS)
def test_who_came_once_is_never_above_who_came_twice_and_as_lately(gap, member):
    shop = cycle_shop(40, gap)
    model = NextPurchase(member=member).fit(shop, as_of=AS_OF)
    column = model.profile_columns().to_pandas().set_index("customer_id")["p_alive"]
    for i in range(40):
        assert column[f"once-{i:03d}"] <= column[f"twice-{i:03d}"]
    once = column[[f"once-{i:03d}" for i in range(40)]]
    last = shop.groupby("customer_id")["ordered_at"].max()[once.index]
    by_silence = once.iloc[np.argsort(-last.to_numpy().astype(np.int64), kind="stable")]
    assert (np.diff(by_silence) <= 1e-9).all()
    assert by_silence.iloc[-1] < by_silence.iloc[0] - 0.2
    assert by_silence.iloc[0] < 1


def test_bg_nbd_alone_takes_everybody_who_came_once_for_alive(orders):
    told = NextPurchase(member="bg_nbd", use_learner=False).fit(orders, as_of=AS_OF).predict()
    doubting = NextPurchase(use_learner=False).fit(orders, as_of=AS_OF).predict()
    once = orders.groupby("customer_id")["ordered_at"].transform("nunique") == 1
    rows = told["customer_id"].isin(orders.loc[once, "customer_id"])
    assert (told.loc[rows, "p_alive"] == 1).all()
    assert (doubting.loc[rows, "p_alive"] < 1).all()


def test_a_member_that_there_is_not_is_answered_with_the_nearest(orders):
    with pytest.raises(BadInput, match="mbg_nbd"):
        NextPurchase(member="mbgnbd").fit(orders)


@pytest.mark.parametrize("n", [12, 60, 300])
@pytest.mark.filterwarnings("ignore:orders-stopped")
def test_a_small_shop_where_nobody_leaves_is_not_called_personal(n):
    rng = np.random.default_rng(n)
    rows = [
        (f"c{i:03d}", START + pd.Timedelta(days=float(at)))
        for i in range(n)
        for at in np.cumsum(rng.exponential(18, 30))
        if at < 200
    ]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    model = NextPurchase().fit(orders, as_of=START + pd.Timedelta(days=200))
    assert set(model.predict()["level"]) == {"shop"}
    assert any("weak prior" in note for note in model.notes_)
    low, high = np.array(member_fitting.BOUNDS[MbgNbd]).T
    values = np.array(list(vars(model.parameters_).values()))
    assert ((values > low * 1.1) & (values < high / 1.1)).all()


# -- handed over -----------------------------------------------------------------------------------


@pytest.mark.parametrize("member", MEMBERS)
def test_a_fitter_of_lifetimes_answers_the_same_here(lifetimes, few, member):
    counted = count_purchases(read_orders(few, as_of=AS_OF))
    kind = getattr(lifetimes, lifetimes_fitters.FITTERS[MEMBERS[member]])
    start = {"initial_params": np.ones(4)} if member == "pareto_nbd" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = kind().fit(
            counted.frequency, counted.recency, counted.age, index=counted.ids, **start
        )
    told = NextPurchase.from_lifetimes(fitter).predict(within="30d")
    seen = (fitter.data["frequency"], fitter.data["recency"], fitter.data["T"])
    alive = fitter.conditional_probability_alive(*seen)
    expected = fitter.conditional_expected_number_of_purchases_up_to_time(30, *seen)
    assert told["customer_id"].tolist() == counted.ids.tolist()
    assert told["p_alive"].to_numpy() == pytest.approx(np.asarray(alive), abs=1e-6)
    assert told["n_expected_orders"].to_numpy() == pytest.approx(np.asarray(expected), abs=1e-6)
    assert told["next_order_on"].isna().all()  # nobody has said what day it is

    dated = NextPurchase.from_lifetimes(fitter, few, as_of=AS_OF)
    pd.testing.assert_frame_equal(
        dated.predict(within="30d").drop(columns=["next_order_on", "next_order_from"]),
        NextPurchase.from_lifetimes(fitter, as_of=AS_OF)
        .predict(within="30d")
        .drop(columns=["next_order_on", "next_order_from"]),
    )
    assert dated.to_lifetimes().params_.to_dict() == pytest.approx(fitter.params_.to_dict())
    assert set(Lapse().fit(dated).predict()["state"]) <= {"active", "at_risk", "lapsed"}


def test_a_fitter_of_weeks_is_read_in_days(lifetimes):
    fitter = lifetimes.ModifiedBetaGeoFitter()
    fitter.params_ = pd.Series({"r": 0.6, "alpha": 8.0, "a": 0.8, "b": 1.2})
    columns = {"frequency": [2], "recency": [10.0], "T": [20.0], "weights": [1]}
    fitter.data = pd.DataFrame(columns, index=["ana"])
    told = NextPurchase.from_lifetimes(fitter, period="7d").predict(["ana"], within="28d")
    weeks = fitter.conditional_expected_number_of_purchases_up_to_time(4, 2, 10.0, 20.0)
    assert told["n_expected_orders"].item() == pytest.approx(float(weeks), abs=1e-6)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_model_answers_the_same_in_lifetimes(lifetimes, orders, member):
    model = NextPurchase(member=member, use_learner=False).fit(orders, as_of=AS_OF)
    fitter = model.to_lifetimes()
    told = model.predict(within="30d").set_index("customer_id")
    seen = (fitter.data["frequency"], fitter.data["recency"], fitter.data["T"])
    assert isinstance(fitter, getattr(lifetimes, lifetimes_fitters.FITTERS[MEMBERS[member]]))
    assert fitter.data.index.tolist() == told.index.tolist()
    alive = np.asarray(fitter.conditional_probability_alive(*seen))
    assert alive == pytest.approx(told["p_alive"].to_numpy(), abs=1e-6)
    expected = np.asarray(fitter.predict(30, *seen))
    assert expected == pytest.approx(told["n_expected_orders"].to_numpy(), abs=1e-6)
    if member != "pareto_nbd":
        assert np.isfinite(fitter.summary.to_numpy()).all()
    back = NextPurchase.from_lifetimes(fitter, as_of=AS_OF).predict(within="30d")
    assert back["p_alive"].to_numpy() == pytest.approx(told["p_alive"].to_numpy(), abs=1e-9)


def test_what_is_no_fitter_is_refused(lifetimes, orders):
    with pytest.raises(BadInput, match="BetaGeoFitter"):
        NextPurchase.from_lifetimes(object())
    with pytest.raises(BadInput, match="not fitted"):
        NextPurchase.from_lifetimes(lifetimes.BetaGeoFitter())
    with pytest.raises(BadInput, match="GammaGamma"):
        NextPurchase.from_lifetimes(lifetimes.GammaGammaFitter())


def test_patterns_are_no_customers(lifetimes):
    fitter = lifetimes.BetaGeoFitter()
    fitter.params_ = pd.Series({"r": 0.6, "alpha": 8.0, "a": 0.8, "b": 1.2})
    fitter.data = pd.DataFrame({"frequency": [2], "recency": [10], "T": [20], "weights": [7]})
    with pytest.raises(BadInput, match="weighted patterns"):
        NextPurchase.from_lifetimes(fitter)


def test_a_plain_rate_has_no_fitter():
    orders = pd.DataFrame({"customer_id": ["a"], "ordered_at": [START]})
    with pytest.raises(NotSupported, match="plain rate"):
        NextPurchase().fit(orders, as_of=START).to_lifetimes()


def test_the_chance_of_who_came_once_never_rises_whatever_a_learner_says():
    # given a learner that says nonsense: more after a longer silence, less for who came twice
    def alive(visits):
        silence = 400 - visits.at[visits.bounds[1:] - 1]
        twice = np.diff(visits.bounds) > 1
        ever = np.where(twice, 0.3, 0.2 + 0.5 * (np.floor(silence) % 7) / 7)
        return ever, ever / 4

    table = one_time_buyers.table_of(400.0, 120, alive)
    assert len(table) == 121
    assert (np.diff(table) <= 0).all()
    assert table.max() <= 0.3
    assert one_time_buyers.looked_up(table, np.array([0.2, 500.0])).tolist() == [
        table[0],
        table[-1],
    ]
