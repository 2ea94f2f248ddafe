import json

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.modeling.metrics.probability_metrics import (
    auc,
    brier,
    calibration,
    expected_calibration_error,
    log_loss,
)
from xenorec.timing import evaluate_timing
from xenorec.timing.evaluation.date_metrics import CAP, PredictedDates, date_scores
from xenorec.timing.evaluation.order_baselines import base_rate, ordered_within, recency_rule
from xenorec.timing.event_log import read_orders

from .shops import START, bgnbd_shop


@pytest.fixture(scope="module")
def orders():
    return bgnbd_shop(800, 300)


@pytest.fixture(scope="module")
def told(orders):
    origins = [START + pd.Timedelta(days=d) for d in (150, 164, 178)]
    return evaluate_timing(orders, origins=origins, within="14d")


def test_the_model_beats_both_rules_on_a_shop_of_its_own_kind(told):
    loss = told.table.set_index("model")["log_loss"]
    assert loss["next_purchase"] < loss["recency"] < loss["base_rate"]
    assert told.table.set_index("model").loc["next_purchase", "ece"] < 0.03


def test_tables_have_their_grain(told):
    assert list(told.table["model"]) == ["next_purchase", "bg_nbd", "base_rate", "recency"]
    assert len(told.by_origin) == 12
    assert told.by_origin.groupby("model")["n"].sum().tolist() == told.table["n"].tolist()
    assert list(told.calibration.columns) == ["model", "bin", "predicted", "observed", "n"]
    assert told.calibration.groupby("model")["n"].sum().tolist() == told.table["n"].tolist()


def test_it_reads_well_and_as_json(told):
    assert "14 days" in str(told)
    told_json = json.loads(told.to_json())
    assert told_json["table"][0]["model"] == "next_purchase"
    assert len(told_json["origins"]) == 3


def test_what_comes_after_the_window_changes_nothing(orders):
    as_of = START + pd.Timedelta(days=150)
    end = as_of + pd.Timedelta(days=14)
    cut = orders[orders["ordered_at"] <= end]
    last = pd.DataFrame({"customer_id": ["new"], "ordered_at": [end + pd.Timedelta(hours=1)]})
    short = evaluate_timing(pd.concat([cut, last]), as_of=as_of)
    pd.testing.assert_frame_equal(short.table, evaluate_timing(orders, as_of=as_of).table)


def test_a_window_past_the_data_is_refused_with_the_latest_origin(orders):
    with pytest.raises(BadInput, match="latest origin"):
        evaluate_timing(orders, as_of=START + pd.Timedelta(days=299))


def test_an_origin_before_the_first_order_or_none_at_all_is_refused(orders):
    with pytest.raises(BadInput, match="first order"):
        evaluate_timing(orders, as_of="2016-01-01")
    with pytest.raises(BadInput, match="no origin"):
        evaluate_timing(orders)


def test_the_target_is_open_at_the_origin_and_closed_at_the_end():
    orders = pd.DataFrame(
        {
            "customer_id": ["at", "in", "end", "out", "new"],
            "ordered_at": ["2017-01-10", "2017-01-11", "2017-01-20", "2017-01-21", "2017-01-15"],
        }
    )
    first = pd.DataFrame({"customer_id": ["at", "in", "end", "out"], "ordered_at": "2017-01-01"})
    everything = read_orders(pd.concat([first, orders]))
    seen = read_orders(pd.concat([first, orders]), as_of="2017-01-10")
    ordered = ordered_within(seen, everything, pd.Timedelta(days=10).to_pytimedelta())
    assert dict(zip(seen.ids, ordered, strict=True)) == {"at": 0, "in": 1, "end": 1, "out": 0}


def test_the_rules_learn_on_the_window_before(orders):
    within = pd.Timedelta(days=14).to_pytimedelta()
    seen = read_orders(orders, as_of=START + pd.Timedelta(days=150))
    before = seen.until(seen.as_of - within)
    share = ordered_within(before, seen, within).mean()
    assert base_rate(seen, within)[0] == pytest.approx(share, abs=0.005)
    assert recency_rule(seen, within).std() > 0.05


P = np.array([0.1, 0.4, 0.4, 0.9])
Y = np.array([0.0, 0.0, 1.0, 1.0])


def test_scores_by_hand():
    assert log_loss(P, Y) == pytest.approx(-np.mean(np.log([0.9, 0.6, 0.4, 0.9])))
    assert brier(P, Y) == pytest.approx((0.01 + 0.16 + 0.36 + 0.01) / 4)
    assert auc(P, Y) == pytest.approx(3.5 / 4)
    assert expected_calibration_error(P, Y) == pytest.approx((0.1 + 2 * 0.1 + 0.1) / 4)
    assert calibration(P, Y)["n"].tolist() == [1, 2, 1]


def test_auc_needs_both_outcomes():
    assert np.isnan(auc(P, np.ones(4)))


def test_intervals_of_rare_customers_hold_four_in_five_where_what_is_cut_off_counts_in_part():
    # given true rates, a third so slow that a fifth of the chance lies beyond the cap
    rng = np.random.default_rng(8)
    pace = np.repeat([6.0, 40.0, 500.0], 20_000)
    came = np.minimum(rng.exponential(pace), CAP)
    soon, middle, late = (-pace * np.log(1 - q) for q in (0.1, 0.5, 0.9))
    soon = np.where(late > CAP, -pace * np.log(0.8), soon)
    wait = np.stack([soon, middle, np.where(late > CAP, np.inf, late)], axis=1)
    # when the intervals are held against what came
    told = date_scores(PredictedDates(wait, 1 - np.exp(-CAP / pace)).rows("true", came)).iloc[0]
    # then the open share is right, and the plain one too high
    assert told["coverage_open"] == pytest.approx(0.8, abs=0.005)
    assert told["coverage"] > 0.82
