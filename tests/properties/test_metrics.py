"""What must hold of metrics for every list and page."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from xenorec.recommend import evaluation_metrics as m

ROWS, COLUMNS = 3, 4
bools = st.lists(st.booleans(), min_size=1, max_size=8)
page_of = st.lists(st.sampled_from("abcdefgh"), min_size=ROWS * COLUMNS, max_size=ROWS * COLUMNS)
chances = st.lists(
    st.tuples(st.floats(0, 1, allow_subnormal=False), st.booleans()), min_size=1, max_size=40
)


def score(products: list[str], bought: set[str]) -> float:
    """NDCG2D of one page given row by row; a product named '-' is an empty cell."""
    cells = [
        ("ann", "x", i // COLUMNS + 1, i % COLUMNS + 1, product)
        for i, product in enumerate(products)
        if product != "-"
    ]
    names = ["customer_id", "shelf", "shelf_rank", "item_rank", "product_id"]
    page = pd.DataFrame(cells, columns=names).astype({"customer_id": object})
    truth = pd.DataFrame({"customer_id": "ann", "product_id": sorted(bought)})
    return float(m.ndcg2d(page, truth, ["ann"], rows=ROWS, columns=COLUMNS)[0])


@settings(max_examples=60, deadline=None)
@given(bools, st.integers(0, 5))
def test_ranks_stay_between_zero_and_one_and_a_worse_order_never_scores_higher(hits, more):
    listed, n = np.array([hits]), np.array([sum(hits) + more])
    found, best = m.rank_metrics(listed, n), m.rank_metrics(-np.sort(-listed.astype(int)) > 0, n)
    if n[0] == 0:
        assert np.isnan(found).all()
    else:
        assert ((found >= 0) & (found <= 1 + 1e-12)).all()
        assert (found <= best + 1e-12).all()


@settings(max_examples=60, deadline=None)
@given(page_of, st.sets(st.sampled_from("abcdefghij"), min_size=1))
def test_a_page_scores_between_zero_and_one(products, bought):
    assert 0 <= score(products, bought) <= 1


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from("abcdefghijklmnopq"), min_size=1))
def test_the_ideal_page_scores_one_and_any_other_laying_no_more(bought):
    ranked = np.arange(len(bought))[None, :]
    names = np.array(sorted(bought), dtype=object)
    truth = pd.DataFrame({"customer_id": "ann", "product_id": names})
    who = np.array(["ann"], dtype=object)
    ideal, plain = (
        m.ndcg2d(
            m.page_frame(m.lay_out(ranked, ROWS, COLUMNS, how), who, names, shelf="x"),
            truth,
            ["ann"],
            rows=ROWS,
            columns=COLUMNS,
        )[0]
        for how in ("diagonal", "row_by_row")
    )
    assert abs(ideal - 1) < 1e-12
    assert plain <= ideal


@settings(max_examples=60, deadline=None)
@given(page_of, st.integers(0, 11), st.integers(0, 11))
def test_moving_a_hit_to_a_farther_cell_never_raises_the_score(products, one, other):
    value = m.cell_values(ROWS, COLUMNS).ravel()
    near, far = (one, other) if value[one] >= value[other] else (other, one)
    plain = [product.upper() for product in products]  # no hit anywhere else
    good, bad = list(plain), list(plain)
    good[near], bad[far] = "hit", "hit"
    assert score(bad, {"hit", "b"}) <= score(good, {"hit", "b"}) + 1e-12


@settings(max_examples=60, deadline=None)
@given(chances, st.integers(1, 12))
def test_bins_hold_every_row_once_and_rates_lie_in_their_intervals(rows, n_bins):
    p, bought = zip(*rows, strict=True)
    bins = m.reliability(p, bought, n_bins=n_bins)
    assert bins["n"].sum() == len(rows)
    assert len(bins) <= n_bins
    assert (bins["ci_low"] <= bins["observed_rate"]).all()
    assert (bins["observed_rate"] <= bins["ci_high"]).all()
    assert 0 <= m.adaptive_calibration_error(p, bought, n_bins=n_bins) <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30))
def test_variety_keeps_its_bounds(shown):
    lists = pd.DataFrame({"customer_id": "ann", "product_id": shown})
    catalogue = list("abcdef")
    products = pd.DataFrame({"product_id": catalogue, "category": [*"xxyyz", None]})
    assert 0 < m.coverage(lists, catalogue) <= 1
    assert -1e-12 <= m.gini(lists, catalogue) <= 1 - 1 / 6 + 1e-12
    assert m.top_share(lists, catalogue) >= 1 / 6
    diversity = m.diversity(lists, products, ["ann"])[0]
    assert np.isnan(diversity) if len(shown) == 1 else 0 <= diversity <= 1


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.integers(0, 19), min_size=1), st.sets(st.integers(0, 19)), st.permutations(range(20))
)
def test_a_list_of_everything_finds_all_repeats_and_discoveries(bought, before, order):
    truth, past = np.array(sorted(bought)), np.array(sorted(before), dtype=np.int64)
    found = m.split_recall(np.array([order]), truth, past, width=20, k=20)[0]
    assert [None if np.isnan(x) else x for x in found] == [
        1.0 if bought & before else None,
        1.0 if bought - before else None,
    ]
