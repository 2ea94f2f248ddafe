import json

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.timing import evaluate_value
from xenorec.timing.evaluation.value_metrics import bias, calibration, mae, rmse, scores, top_decile

from .shops import START, bgnbd_shop
from .test_lifetime_value import priced


@pytest.fixture(scope="module")
def orders():
    return priced(bgnbd_shop(500, 330))


@pytest.fixture(scope="module")
def told(orders):
    origins = [START + pd.Timedelta(days=d) for d in (180, 210)]
    return evaluate_value(orders, origins=origins, within="90d")


def test_the_model_beats_the_last_window_on_a_shop_of_its_own_kind(told):
    table = told.table.set_index(["target", "method"])
    for target in ("orders", "spend"):
        ours, rule = table.loc[(target, "lifetime_value")], table.loc[(target, "last_window")]
        assert ours["mae"] < rule["mae"]
        assert ours["rmse"] < rule["rmse"]
        assert abs(ours["bias"]) < 0.15
        assert 0.72 <= ours["coverage"] <= 0.95
        assert np.isnan(rule["coverage"])


def test_tables_have_their_grain(told):
    assert len(told.table) == 6
    assert len(told.by_origin) == 12
    assert told.by_origin.groupby(["target", "method"])["n"].sum().nunique() == 1
    per_method = told.calibration.groupby(["target", "method"])["n"].sum()
    assert set(per_method) == {told.table["n"].iloc[0]}


def test_it_reads_well_and_as_json(told):
    assert "90 days, 2 origin(s)" in str(told)
    assert "within their range; 80 % is promised" in str(told)
    read = json.loads(told.to_json())
    assert read["table"][0]["method"] == "lifetime_value"
    assert len(read["origins"]) == 2


def test_the_rule_is_the_window_before_and_the_truth_the_one_after():
    # Given 2 orders of 10 in the 14 days before, then 1 order of 8 and a return of 2.
    frame = pd.DataFrame(
        {
            "customer_id": "a",
            "ordered_at": pd.to_datetime(
                ["2017-01-01", "2017-01-15", "2017-01-20", "2017-02-02", "2017-02-05", "2017-03-01"]
            ),
            "net_amount": [10.0, 10.0, 10.0, 8.0, -2.0, 99.0],
        }
    )
    table = evaluate_value(frame, as_of="2017-01-25", within="14d").table
    rule = table[table["method"] == "last_window"].set_index("target")
    assert rule.loc["orders", ["observed", "mae"]].tolist() == [1.0, 1.0]
    assert rule.loc["spend", ["observed", "mae"]].tolist() == [6.0, 14.0]


def test_what_comes_after_the_window_changes_nothing(orders):
    as_of = START + pd.Timedelta(days=180)
    end = as_of + pd.Timedelta(days=60)
    last = orders.iloc[:1].assign(customer_id="new", ordered_at=end + pd.Timedelta(hours=1))
    short = pd.concat([orders[orders["ordered_at"] <= end], last])
    told = evaluate_value(short, as_of=as_of, within="60d").table
    pd.testing.assert_frame_equal(told, evaluate_value(orders, as_of=as_of, within="60d").table)


def test_origins_that_cannot_be_scored_are_refused(orders):
    with pytest.raises(BadInput, match="the latest origin is"):
        evaluate_value(orders, as_of=START + pd.Timedelta(days=320), within="90d")
    with pytest.raises(BadInput, match="Nobody had ordered"):
        evaluate_value(orders, as_of="2016-01-01", within="90d")
    with pytest.raises(BadInput, match="no origin"):
        evaluate_value(orders, within="90d")


def test_scores_by_hand():
    told, truth = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 0.0, 3.0, 10.0])
    assert mae(told, truth) == 1.5
    assert rmse(told, truth) == pytest.approx(np.sqrt(5))
    assert bias(told, truth) == pytest.approx(-2 / 14)
    assert scores(told, truth, told - 1, told + 1)["coverage"] == 0.5
    assert np.isnan(bias(told, np.zeros(4)))


def test_the_top_tenth_is_shared_by_ties():
    truth = np.zeros(20)
    truth[:2] = 5.0
    assert top_decile(np.arange(20.0)[::-1], truth) == 1.0
    assert top_decile(np.ones(20), truth) == pytest.approx(0.1)


def test_calibration_by_tenths_of_the_customers():
    told = np.arange(20.0)
    table = calibration(told, told * 2)
    assert table["decile"].tolist() == list(range(1, 11))
    assert table["n"].tolist() == [2] * 10
    assert (table["observed"] == 2 * table["predicted"]).all()
