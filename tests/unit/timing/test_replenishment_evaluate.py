import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.modeling.metrics.ranking_metrics import ndcg_of_pairs, pooled_average_precision
from xenorec.timing import evaluate_replenishment

from .test_replenishment import START, every, regular_shop


@pytest.fixture(scope="module")
def told():
    origins = [START + pd.Timedelta(days=days) for days in (142, 156)]
    return evaluate_replenishment(regular_shop(), origins=origins)


def test_methods_stand_beside_each_other_and_the_learner_wins_in_a_regular_shop(told):
    table = told.table.set_index("method")
    assert list(table.index) == [
        "replenishment",
        "poisson_gamma",
        "modified_poisson_gamma",
        "own_frequency",
    ]
    ours, others = table.loc["replenishment"], table.drop(index="replenishment")
    assert ours["log_loss"] < others["log_loss"].min() - 0.02
    assert ours["auc"] > others["auc"].max()
    assert len(told.by_origin) == 8
    assert set(told.calibration["method"]) == set(table.index)


def test_the_due_date_is_close_in_a_regular_shop():
    lines = pd.concat(every(f"c{i}", "milk", days=10, first=i % 9, n=18) for i in range(30))
    told = evaluate_replenishment(lines, as_of=START + pd.Timedelta(days=100))
    assert told.due_error_days == 0


def test_as_text_and_json(told):
    assert "Bought again within 14 days, by product, 2 origin(s) from 2017-05-23" in str(told)
    kept = json.loads(told.to_json())
    assert kept["within_days"] == 14
    assert len(kept["by_origin"]) == 8


def test_a_due_date_that_could_not_be_checked_is_said_in_words(told):
    words = str(replace(told, due_error_days=float("nan")))
    assert "Due date: not known: no window of 56 days is over at these origins" in words
    assert "nan days" not in words


def test_a_window_that_is_not_over_is_refused():
    with pytest.raises(BadInput, match="the latest origin is"):
        evaluate_replenishment(regular_shop(20), as_of=START + pd.Timedelta(days=199))


def test_an_origin_without_pairs_is_refused():
    lines = every("a", "milk", days=30, n=4)
    with pytest.raises(BadInput, match="on two days by any origin"):
        evaluate_replenishment(lines, as_of=START + pd.Timedelta(days=10))


def test_ndcg_by_hand():
    # One hit in second place of two customers; the third bought nothing and does not count.
    p = np.array([0.9, 0.5, 0.8, 0.1, 0.7])
    bought = np.array([False, True, True, False, False])
    customer = np.array([0, 0, 1, 1, 2])
    assert ndcg_of_pairs(p, bought, customer) == pytest.approx((1 / np.log2(3) + 1) / 2)


def test_average_precision_by_hand():
    p = np.array([0.9, 0.8, 0.7, 0.6])
    bought = np.array([True, False, True, False])
    assert pooled_average_precision(p, bought) == pytest.approx((1 + 2 / 3) / 2)
    assert pooled_average_precision(np.full(4, 0.5), bought) == pytest.approx(0.5)
