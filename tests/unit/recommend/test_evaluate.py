"""The back-test, on shops where the figures can be worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.unit.recommend.shops import checkerboard, lines, on
from xenorec.errors import BadInput
from xenorec.modeling.bootstrap import mean_interval
from xenorec.recommend import evaluate_shelves
from xenorec.recommend.evaluation_metrics import rank_metrics

DAY = 60


def shop():
    """Ann buys milk weekly and again; bob buys bread as everybody, then something never seen."""
    return lines(
        *[("ann", 7.0 * w, "milk") for w in range(8)],
        *[(f"x{i}", 50.0, "bread") for i in range(5)],
        ("bob", 50, "bread"),
        ("ann", 62, "milk"),
        ("bob", 63, "marker"),
        ("newcomer", 64, "bread"),
        ("x0", 90, "bread"),
    )


def figures(evaluation, method):
    return evaluation.table.set_index("method").loc[method]


def test_the_figures_are_those_worked_out_by_hand():
    found = evaluate_shelves(shop(), as_of=on(DAY), k=1)
    assert found.n_customers == 2
    assert figures(found, "xenorec").tolist() == [0.5, 0.5, 0.5, 0.5, 2]
    assert figures(found, "own_frequency").tolist() == [0.5, 0.5, 0.5, 0.5, 2]
    assert figures(found, "popular_28d").tolist() == [0.0, 0.0, 0.0, 0.0, 2]


def test_scores_of_one_list_by_hand():
    hits = np.array([[True, False, True]])
    recall, ndcg, phr, _ = rank_metrics(hits, np.array([2]))[0]
    assert (recall, phr) == (1.0, 1.0)
    assert ndcg == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))


def test_a_product_first_sold_in_the_span_counts_as_missed():
    found = evaluate_shelves(shop(), as_of=on(DAY), k=5)
    assert figures(found, "xenorec")["recall@5"] == 0.5


def test_newcomers_are_noted_and_scored_only_when_named():
    found = evaluate_shelves(shop(), as_of=on(DAY))
    assert "1 newcomers bought" in str(found)
    named = evaluate_shelves(shop(), as_of=on(DAY), customers=["newcomer", "x3"], k=1)
    assert named.n_customers == 1
    assert figures(named, "popular_28d")["recall@1"] == 1.0


def test_the_rate_per_shelf_counts_the_items_that_hit():
    found = evaluate_shelves(shop(), as_of=on(DAY), k=1)
    row = found.by_shelf.set_index("shelf").loc["time_to_restock"]
    assert row[["n_cells", "n_customers", "hit_rate"]].tolist() == [1, 1, 1.0]  # ann's milk


def test_the_same_seed_gives_the_same_interval_and_it_holds_the_estimate():
    values = np.random.default_rng(1).normal(size=(200, 3))
    low, high = mean_interval(values, seed="a")
    assert np.array_equal(low, mean_interval(values, seed="a")[0])
    assert not np.array_equal(low, mean_interval(values, seed="b")[0])
    assert ((low < values.mean(axis=0)) & (values.mean(axis=0) < high)).all()
    assert np.abs((high - low) / (2 * 1.96 * values.std(axis=0) / np.sqrt(200)) - 1).max() < 0.1


def test_it_can_be_read_by_people_and_machines():
    found = evaluate_shelves(checkerboard(), as_of=on(50), within="14d")
    told = json.loads(found.to_json())
    assert [row["method"] for row in told["table"]] == [
        *("popular_28d", "own_frequency", "own_half_life_112d", "tifuknn", "up_cf_25", "xenorec")
    ]
    assert told["as_of"].startswith("2017-02-20")
    assert "not promotable are kept" in str(found)
    assert "recall@10" in str(found)


def test_a_span_that_ends_after_the_rows_is_noted():
    assert "The rows end at" in str(evaluate_shelves(shop(), as_of=on(61), within="90d"))


def test_a_span_without_buyers_is_an_error():
    with pytest.raises(BadInput, match="Nobody to score"):
        evaluate_shelves(shop(), as_of=on(95))


def test_as_of_must_be_given():
    with pytest.raises(BadInput, match="as_of is missing"):
        evaluate_shelves(shop(), as_of=None)
