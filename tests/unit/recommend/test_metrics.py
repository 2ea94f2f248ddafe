"""Metrics worked out by hand, on lists and pages of a few cells."""

from __future__ import annotations

import json
import sys
from math import log2

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import BadInput, MissingPackage, UnknownName
from xenorec.modeling.bootstrap import mean_interval
from xenorec.recommend import evaluation_metrics as m

A, B, C, D = "abcd"


def page(*cells: tuple[str, str, int, int, str], score: float = 0.5) -> pd.DataFrame:
    """Cells as (customer, shelf, row, column, product)."""
    names = ["customer_id", "shelf", "shelf_rank", "item_rank", "product_id"]
    return pd.DataFrame(list(cells), columns=names).assign(score=score)


def pairs(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["customer_id", "product_id"])


def test_scores_of_a_list_by_hand():
    hits = np.array([[True, False, True, False]])
    recall, ndcg, phr, ap = m.rank_metrics(hits, np.array([3]))[0]
    assert m.METRICS == ("recall", "ndcg", "phr", "map")
    assert recall == pytest.approx(2 / 3)
    assert ndcg == pytest.approx((1 + 1 / 2) / (1 + 1 / log2(3) + 1 / 2))
    assert phr == 1.0
    assert ap == pytest.approx((1 + 2 / 3) / 3)


def test_average_precision_divides_by_what_the_list_can_hold():
    assert m.average_precision(np.array([[True, True]]), np.array([9])) == [1.0]


def test_nothing_to_find_is_no_score_at_all():
    scores = m.rank_metrics(np.array([[False], [False]]), np.array([0, 1]))
    assert np.isnan(scores[0]).all()
    assert scores[1].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_two_hits_on_a_page_of_two_by_two():
    shown = page(("ann", "x", 1, 2, A), ("ann", "y", 2, 2, B), ("ann", "y", 2, 1, D))
    found = m.ndcg2d(shown, pairs(("ann", A), ("ann", B), ("ann", C)), ["ann"], rows=2, columns=2)
    ideal = 1 / log2(2) + 2 / log2(3)
    assert found[0] == pytest.approx((1 / log2(3) + 1 / log2(4)) / ideal)


def test_a_product_twice_on_a_page_counts_once_in_its_best_cell():
    shown = page(("ann", "x", 1, 3, A), ("ann", "y", 2, 1, A))
    found = m.ndcg2d(shown, pairs(("ann", A)), ["ann"], rows=2, columns=3)
    assert found[0] == pytest.approx(1 / log2(3))


def test_what_lies_outside_the_page_is_not_seen():
    shown = page(("ann", "x", 1, 3, A), ("ann", "y", 3, 1, B))
    truth = pairs(("ann", A), ("ann", B))
    assert m.ndcg2d(shown, truth, ["ann"], rows=2, columns=2).tolist() == [0.0]


def test_the_ideal_page_holds_no_more_than_fits():
    truth = pairs(("ann", A), ("ann", B), ("ann", C))
    assert m.ndcg2d(page(("ann", "x", 1, 1, C)), truth, ["ann"], rows=1, columns=1) == [1.0]


def test_customers_come_as_asked_with_zero_for_an_empty_page_and_nan_for_no_purchase():
    shown = page(("ann", "x", 1, 1, A), ("cy", "x", 1, 1, A))
    truth = pairs(("ann", A), ("ann", A), ("bob", A))
    found = m.ndcg2d(shown, truth, ["bob", "ann", "cy"], rows=1, columns=2)
    assert found[:2].tolist() == [0.0, 1.0]
    assert np.isnan(found[2])


def test_ids_that_are_numbers_mean_the_same_as_text():
    shown = page(("7", "x", 1, 1, "1")).assign(customer_id=7, product_id=1)
    assert m.ndcg2d(shown, pairs(("7", "1")), ["7"], rows=1, columns=1) == [1.0]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"shelf_rank": 0}, "shelf_rank holds other values"),
        ({"item_rank": 1.5}, "item_rank holds other values"),
    ],
)
def test_ranks_that_do_not_begin_at_one_are_an_error(change, text):
    shown = page(("ann", "x", 1, 1, A)).assign(**change)
    with pytest.raises(BadInput, match=text):
        m.ndcg2d(shown, pairs(("ann", A)), ["ann"], rows=1, columns=1)


def test_a_customer_asked_twice_is_an_error():
    with pytest.raises(BadInput, match="only 1 different"):
        m.themes_per_page(page(("ann", "x", 1, 1, A)), ["ann", "ann"])


def test_themes_are_counted_once_each():
    shown = page(("ann", "x", 1, 1, A), ("ann", "x", 1, 2, B), ("ann", "y", 2, 1, C))
    assert m.themes_per_page(shown, ["bob", "ann"]).tolist() == [0, 2]


def test_a_list_is_laid_row_by_row_or_along_the_diagonals():
    ranked = np.array([[1, 2, 3, 4, 5, 6, 7]])
    assert m.lay_out(ranked, 2, 3, "row_by_row").tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert m.lay_out(ranked, 3, 2).tolist() == [[[1, 2], [3, 4], [5, 6]]]
    assert m.lay_out(ranked, 2, 3).tolist() == [[[1, 2, 4], [3, 5, 6]]]
    assert m.lay_out(np.array([[8, -1]]), 1, 3).tolist() == [[[8, -1, -1]]]
    with pytest.raises(BadInput, match="Did you mean 'diagonal'"):
        m.lay_out(ranked, 2, 3, "diagonals")


def test_a_laid_page_is_a_frame_of_shelves():
    laid = m.lay_out(np.array([[1, 0, -1]]), 2, 2)
    frame = m.page_frame(laid, np.array(["ann"]), np.array([A, B]), shelf="popular")
    assert frame[["shelf_rank", "item_rank", "product_id"]].values.tolist() == [
        [1, 1, B],
        [1, 2, A],
    ]
    assert m.themes_per_page(frame, ["ann"]).tolist() == [1]


def test_exposures_that_fall_on_one_product_of_four():
    lists = pairs(("ann", A), ("bob", A), ("bob", "not in the catalogue"))
    catalogue = [A, B, C, D]
    assert m.exposures(lists, catalogue).tolist() == [2, 0, 0, 0]
    assert m.coverage(lists, catalogue) == 0.25
    assert m.gini(lists, catalogue) == 0.75
    assert m.top_share(lists, catalogue) == 1.0


def test_exposures_that_fall_on_all_alike():
    lists = pairs(*[("ann", p) for p in "abcd"])
    assert m.coverage(lists, list("abcd")) == 1.0
    assert m.gini(lists, list("abcd")) == 0.0
    assert m.top_share(lists, list("abcd"), share=0.5) == 0.5


def test_novelty_in_bits():
    bought = pairs(("ann", A), ("bob", A), ("cy", A), ("dan", A), ("ann", B), ("ann", B))
    lists = pairs(("ann", A), ("ann", B), ("bob", "never bought"), ("cy", A))
    found = m.novelty(lists, bought, ["ann", "bob", "cy", "dan"])
    assert found[:3].tolist() == [1.0, 2.0, 0.0]
    assert np.isnan(found[3])


def test_diversity_is_the_share_of_pairs_of_two_categories():
    products = pd.DataFrame({"product_id": [A, B, C, D], "category": ["x", "x", "y", None]})
    lists = pairs(("ann", A), ("ann", B), ("ann", C), ("bob", D), ("bob", "unknown"), ("cy", A))
    found = m.diversity(lists, products, ["ann", "bob", "cy"])
    assert found[:2] == pytest.approx([2 / 3, 1.0])
    assert np.isnan(found[2])


def test_the_share_of_what_one_had_bought_before():
    bought = pairs(("ann", A), ("bob", B))
    lists = pairs(("ann", A), ("ann", B), ("bob", C), ("new", A))
    assert m.repeat_share(lists, bought, ["new", "bob", "ann"]).tolist() == [0.0, 0.0, 0.5]


def test_the_interval_of_wilson_is_the_published_one():
    low, high = m.wilson(np.array([0, 5, 1, 0]), np.array([10, 10, 1, 0]))
    assert (low[0], high[0]) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert (low[1], high[1]) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert high[2] == 1.0
    assert np.isnan(low[3])


def test_bins_of_predictions_beside_what_happened():
    p = [0.1] * 4 + [0.6] * 4
    bought = [True, False, False, False, True, True, False, False]
    bins = m.reliability(p, bought, n_bins=2)
    assert bins["n"].tolist() == [4, 4]
    assert bins["mean_predicted"].tolist() == pytest.approx([0.1, 0.6])
    assert bins["observed_rate"].tolist() == [0.25, 0.5]
    error = m.adaptive_calibration_error(p, bought, n_bins=2)
    assert error == pytest.approx((0.15 + 0.1) / 2)


def test_equal_predictions_share_a_bin():
    assert m.reliability([0.2] * 9, [False] * 9)["n"].tolist() == [9]


def test_an_old_name_warns_and_answers_as_before():
    with pytest.warns(DeprecationWarning, match="adaptive_calibration_error"):
        assert m.expected_calibration_error is m.adaptive_calibration_error


def test_a_score_that_is_no_chance_is_refused():
    with pytest.raises(BadInput, match=r"from 0\.5 to 3"):
        m.reliability([0.5, 3.0], [True, False])


def test_rates_by_cell_and_by_shelf():
    shown = page(
        ("ann", "x", 1, 1, A), ("ann", "y", 2, 1, B), ("bob", "x", 1, 1, A), ("cy", "x", 1, 1, A)
    )
    truth = pairs(("ann", A), ("cy", A))
    cells = m.cell_rates(shown, truth, ["ann", "bob"])
    assert cells[["shelf_rank", "item_rank", "n"]].values.tolist() == [[1, 1, 2], [2, 1, 1]]
    assert cells["observed_rate"].tolist() == [0.5, 0.0]
    assert cells["mean_predicted"].tolist() == [0.5, 0.5]
    shelves = m.shelf_rates(shown, truth, ["ann", "bob"], predicted=None).set_index("shelf")
    assert shelves.loc["x"].tolist()[:3] == [2, 2, 0.5]
    assert shelves["predicted_rate"].isna().all()


def test_repeats_and_discoveries_are_scored_apart():
    width = 10
    before = np.array([1, 2, 11])  # customer 0 bought 1 and 2, customer 1 bought 1
    lists = np.array([[3, 1, 2, 4], [11, 15, -1, -1]])
    truth = np.array([2, 3, 9, 15])
    repeat, discovery = m.split(lists, before)
    assert repeat.tolist() == [[False, True, True, False], [True, False, False, False]]
    assert discovery.tolist() == [[True, False, False, True], [False, True, False, False]]
    found = m.split_recall(lists, truth, before, width=width, k=1)
    assert found[0].tolist() == [0.0, 0.5]  # 1 stands before 2; of 3 and 9 the list has 3
    assert np.isnan(found[1, 0])
    assert found[1, 1] == 1.0
    assert m.split_recall(lists, truth, before, width=width, k=2)[0, 0] == 1.0


def test_a_difference_is_that_of_the_same_customers():
    rng = np.random.default_rng(1)
    base = rng.random((300, 2))
    scores = {"ours": base + np.array([0.1, 0.0]), "rule": base, "noise": rng.random((300, 2))}
    found = m.differences(scores, "rule", ["recall@10", "ndcg@10"]).set_index(["method", "metric"])
    assert found.loc[("ours", "recall@10")].tolist() == pytest.approx([0.1, 0.1, 0.1, 300])
    low, high = mean_interval(scores["noise"] - base, seed="compare")
    noise = found.loc["noise"]
    assert noise[["ci_low", "ci_high"]].values == pytest.approx(np.column_stack([low, high]))


def test_customers_without_a_value_are_left_out_of_that_metric_only():
    ours = np.array([[1.0, 1.0], [np.nan, 0.0], [0.0, 1.0]])
    found = m.summarize({"ours": ours, "none": ours * np.nan}, ["a", "b"])
    assert found["n_customers"].tolist() == [2, 3, 0, 0]
    assert found["estimate"].tolist()[:2] == pytest.approx([0.5, 2 / 3])


def test_a_reference_or_shape_that_does_not_fit_is_an_error():
    with pytest.raises(UnknownName, match="Did you mean 'rule'"):
        m.differences({"rule": np.zeros(3)}, "rul", ["a"])
    with pytest.raises(BadInput, match="same customers"):
        m.summarize({"x": np.zeros(3), "y": np.zeros(4)}, ["a"])


def test_every_public_name_is_there_and_sorted():
    kinds = [(not name.isupper(), name) for name in m.__all__]
    assert kinds == sorted(kinds)
    assert all(callable(getattr(m, name)) for name in m.__all__ if not name.isupper())


def test_figures_say_which_extra_they_need(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingPackage, match=r"xenorec\[notebooks\]"):
        m.draw_reliability(m.reliability([0.1, 0.9], [False, True]))


def test_figures_hold_the_rows_they_were_given():
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    means = m.summarize({"x": np.array([0.0, 1.0]), "y": np.array([1.0, 1.0])}, ["recall@10"])
    bought = pd.DataFrame(
        {"product_id": [A, A, B], "ordered_at": ["2017-01-01", "2017-01-08", "2017-01-08"]}
    )
    due = pd.DataFrame({"product_id": [A, C], "due_at": ["2017-01-15", "2017-01-16"]})
    cells = m.cell_rates(page(("ann", "x", 1, 1, A)), pairs(("ann", A)), ["ann"])
    made = {
        "methods": m.draw_methods(means),
        "reliability": m.draw_reliability(m.reliability([0.1, 0.9], [False, True])),
        "cells": m.draw_cells(cells),
        "history": m.draw_history(bought, due=due),
    }
    rows = {
        name: [row for data in json.loads(chart.to_json())["datasets"].values() for row in data]
        for name, chart in made.items()
    }
    assert {row["method"] for row in rows["methods"]} == {"x", "y"}
    assert [row["observed_rate"] for row in rows["cells"]] == [1.0]
    days = [(row["name"], row["day"], row["kind"]) for row in rows["history"]]
    assert ("a  ×2", "2017-01-15", "due next") in days
    assert len(days) == 4  # c is due, yet was never bought
    alike = bought.assign(title="tea", ordered_at="2017-01-01")
    text = m.draw_history(alike).to_json()
    assert "(a)" in text  # two products of one title stay two lines
    assert "(b)" in text
    assert 0.9 in [row["mean_predicted"] for row in rows["reliability"]]
