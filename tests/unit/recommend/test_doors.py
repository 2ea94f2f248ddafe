"""What comes in and goes out at the public calls, also of degenerate shops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.unit.recommend.shops import COLUMNS, checkerboard, lines, on
from xenorec.errors import BadInput, NotFitted, XenorecWarning
from xenorec.recommend import NextOrder, ShelfRecommender

LIST = ["customer_id", "product_id", "rank", "score", "shelf", "reason", "level"]
SHELVES = [
    *("customer_id", "shelf", "shelf_title", "shelf_rank", "product_id"),
    *("item_rank", "score", "reason", "level", "segment", "shelf_propensity"),
]


def test_recommend_gives_one_row_per_customer_and_item_best_first_in_the_order_asked():
    rows = ShelfRecommender().fit(checkerboard()).recommend(["c03", "new", "c00", "c03"], n=5)
    assert rows.columns.tolist() == LIST
    assert rows["customer_id"].tolist() == ["c03"] * 5 + ["new"] * 5 + ["c00"] * 5
    assert rows["rank"].tolist() == [1, 2, 3, 4, 5] * 3
    for _, own in rows.groupby("customer_id"):
        assert own["score"].is_monotonic_decreasing
        assert own["product_id"].is_unique


def test_shelves_give_one_row_per_item():
    rows = ShelfRecommender(n_items=2, min_items=1).fit(checkerboard()).shelves()
    assert rows.columns.tolist() == SHELVES
    assert not rows.duplicated(["customer_id", "product_id"]).any()
    assert not rows.duplicated(["customer_id", "shelf_rank", "item_rank"]).any()
    assert rows["customer_id"].nunique() == 20


def test_everybody_gets_n_items_or_all_there_are():
    model = ShelfRecommender().fit(checkerboard())
    assert (model.recommend(n=8).groupby("customer_id").size() == 8).all()
    assert (model.recommend(n=50).groupby("customer_id").size() == 8).all()


def test_nobody_asked_gives_an_empty_frame_with_the_columns():
    model = ShelfRecommender().fit(checkerboard())
    assert model.recommend([]).columns.tolist() == LIST
    assert model.shelves([]).columns.tolist() == SHELVES
    assert len(model.recommend([])) == 0


@pytest.mark.parametrize(
    "form", [pl.from_pandas, lambda f: pa.Table.from_pandas(f, preserve_index=False)]
)
def test_other_frames_are_read_as_well(form):
    shop = checkerboard()
    expected = ShelfRecommender().fit(shop).recommend()
    pd.testing.assert_frame_equal(ShelfRecommender().fit(form(shop)).recommend(), expected)


def test_numbers_as_ids_become_text():
    shop = lines(("ann", 1, "a"), ("bob", 2, "b"))
    shop["customer_id"], shop["order_id"], shop["product_id"] = [7, 12], [1, 2], [100.0, 200.0]
    rows = ShelfRecommender().fit(shop).recommend([7])
    assert rows["customer_id"].tolist() == ["7", "7"]
    assert rows["product_id"].tolist() == ["100", "200"]


def test_naive_times_and_days_are_utc():
    shop = lines(("ann", 1, "a"), ("bob", 2, "b"))
    naive = shop.assign(ordered_at=shop["ordered_at"].dt.tz_localize(None))
    days = shop.assign(ordered_at=shop["ordered_at"].dt.date)
    text = shop.assign(ordered_at=["2017-01-02", "2017-01-03"])
    expected = ShelfRecommender().fit(shop).recommend()
    for other in (naive, days, text):
        pd.testing.assert_frame_equal(ShelfRecommender().fit(other).recommend(), expected)


@pytest.mark.parametrize(
    "shop",
    [
        lines(("ann", 1, "tea")),
        lines(*[(f"c{i}", 1, "tea") for i in range(5)]),
        lines(*[("ann", 1, f"p{i}") for i in range(5)]),
        lines(*[(f"c{i}", 1, f"p{i} p{i + 1}") for i in range(5)]),
        lines(("ann", 1, "चाय شاي 茶"), ("bob", 1, "茶")),
        lines(*[("ann", d, "tea") for d in (1, 400)]),
        lines(("ann", 1, "a")).assign(store_id=[None], category=[None], quantity=[None]),
        lines(("ann", 1, " ".join(f"p{i}" for i in range(300)))),
    ],
    ids=[
        *("one line", "one product", "one customer", "one day", "unicode"),
        *("long gap", "empty columns", "one huge order"),
    ],
)
def test_a_degenerate_shop_still_gives_rows_to_known_and_unknown(shop):
    model = ShelfRecommender().fit(shop)
    n = min(10, shop["product_id"].nunique())
    rows = model.recommend([*shop["customer_id"].unique(), "nobody"])
    assert (rows.groupby("customer_id").size() == n).all()
    assert set(model.shelves()["customer_id"]) == set(shop["customer_id"])
    assert np.isfinite(rows["score"]).all()
    assert (rows["reason"].str.len() > 0).all()
    model.pairs()


def test_a_line_that_occurs_twice_counts_once():
    shop = lines(("ann", 1, "tea"), ("ann", 2, "tea rice"), ("bob", 2, "rice"))
    twice = pd.concat([shop, shop])
    expected = ShelfRecommender().fit(shop).shelves()
    pd.testing.assert_frame_equal(ShelfRecommender().fit(twice).shelves(), expected)


def test_lines_without_a_customer_are_left_out():
    shop = lines(("ann", 1, "tea"), ("bob", 1, "rice"))
    shop.loc[1, "customer_id"] = None
    assert set(ShelfRecommender().fit(shop).recommend()["product_id"]) == {"tea"}


def test_no_rows_is_an_error_that_says_so():
    with pytest.raises(BadInput, match="no purchase to learn from"):
        ShelfRecommender().fit(pd.DataFrame(columns=COLUMNS))


def test_as_of_before_all_rows_names_the_first_row():
    with pytest.raises(BadInput, match="first row is of 2017-01-02T00:00:00"):
        ShelfRecommender().fit(lines(("ann", 1, "tea")), as_of="2016-01-01")


def test_a_missing_column_is_named_with_its_nearest():
    shop = lines(("ann", 1, "tea")).rename(columns={"product_id": "productid"})
    with pytest.raises(BadInput, match=r"no column 'product_id'.*Did you mean 'productid'"):
        ShelfRecommender().fit(shop)


def test_a_product_listed_twice_is_an_error():
    twice = pd.DataFrame({"product_id": ["tea", "tea"], "title": ["Tea", "Chai"]})
    with pytest.raises(BadInput, match="'tea' occurs more than once"):
        ShelfRecommender().fit(lines(("ann", 1, "tea")), twice)


def test_an_order_without_an_id_is_an_error():
    shop = lines(("ann", 1, "tea"), ("ann", 2, "rice"))
    shop.loc[0, "order_id"] = None
    with pytest.raises(BadInput, match="order_id is empty in 1 of 2"):
        ShelfRecommender().fit(shop)


def test_asking_before_fit_is_an_error():
    with pytest.raises(NotFitted, match="fit"):
        ShelfRecommender().recommend(["ann"])


@pytest.mark.parametrize("name", ["n_shelves", "n_items", "min_items"])
def test_a_size_below_one_is_an_error(name):
    with pytest.raises(BadInput, match=f"{name} is 0"):
        ShelfRecommender(**{name: 0}).fit(lines(("ann", 1, "tea")))


def test_n_below_one_is_an_error():
    with pytest.raises(BadInput, match="n is 0"):
        ShelfRecommender().fit(lines(("ann", 1, "tea"))).recommend(n=0)


def test_a_second_fit_forgets_the_first():
    model = ShelfRecommender().fit(checkerboard())
    again = model.fit(lines(("ann", 1, "tea")))
    assert again is model
    assert model.recommend()["product_id"].tolist() == ["tea"]


def test_many_customers_are_worked_out_in_blocks(monkeypatch):
    model = ShelfRecommender().fit(checkerboard())
    closed = pd.DataFrame({"customer_id": ["c07"], "product_id": ["p1"]})
    expected = model.shelves(exclude=closed), model.recommend(exclude=closed)
    monkeypatch.setattr("xenorec.recommend.page.shelf_pages.AT_ONCE", 3)
    pd.testing.assert_frame_equal(model.shelves(exclude=closed), expected[0])
    pd.testing.assert_frame_equal(model.recommend(exclude=closed), expected[1])


def test_pairs_are_the_same_in_blocks_of_products(monkeypatch):
    expected = ShelfRecommender().fit(checkerboard()).pairs()
    monkeypatch.setattr("xenorec.recommend.co_purchases.PAIRS_AT_ONCE", 100)
    pd.testing.assert_frame_equal(ShelfRecommender().fit(checkerboard()).pairs(), expected)


def test_as_of_is_kept_as_a_utc_instant():
    model = ShelfRecommender().fit(lines(("ann", 1, "tea")), as_of="2017-02-01")
    assert model.as_of_ == on(31)
    assert model.as_of_.tzinfo is not None


@pytest.mark.parametrize("of", [ShelfRecommender, NextOrder])
def test_an_instant_long_after_the_last_order_is_warned_of_with_its_date(of):
    shop = lines(("ann", 0.0, "milk"), ("ann", 7.0, "milk"))
    with pytest.warns(
        XenorecWarning, match=r"^last-order-old: the last order is of 2017-01-08, 61"
    ):
        of().fit(shop, as_of="2017-03-10")
    of().fit(shop, as_of="2017-03-09")  # sixty days are no reason to warn: that would be an error


def test_a_missing_column_is_not_answered_with_another_that_is_wanted():
    shop = lines(("ann", 0.0, "milk"))
    with pytest.raises(BadInput) as caught:
        ShelfRecommender().fit(shop.drop(columns="product_id"))
    assert "Did you mean" not in str(caught.value)
    with pytest.raises(BadInput, match="Did you mean 'produkt_id'"):
        ShelfRecommender().fit(shop.rename(columns={"product_id": "produkt_id"}))
