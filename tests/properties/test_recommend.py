"""What must hold of recommendations for every shop."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xenorec.recommend import ShelfRecommender

START = pd.Timestamp("2017-01-01", tz="UTC")
COLUMNS = ["customer_id", "order_id", "ordered_at", "product_id", "store_id", "category"]
MARKER = "marker"

rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(8)]),
        st.integers(0, 120).map(lambda day: START + pd.Timedelta(days=day)),
        st.sampled_from([f"p{i}" for i in range(14)]),
        st.sampled_from(["s1", "s2", None]),
    ),
    min_size=1,
    max_size=120,
)


def shop_of(drawn) -> pd.DataFrame:
    listed = [
        (customer, f"{customer}/{at.date()}", at, product, store, f"k{int(product[1:]) % 3}")
        for customer, at, product, store in drawn
    ]
    return pd.DataFrame(listed, columns=COLUMNS)


def told(shop: pd.DataFrame, **fit) -> tuple[pd.DataFrame, pd.DataFrame]:
    model = ShelfRecommender(n_items=3, min_items=2).fit(shop, **fit)
    asked = [*sorted(shop["customer_id"].unique()), "nobody"]
    return model.recommend(asked, 6), model.shelves(asked)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_no_product_twice_and_everybody_gets_what_there_is(drawn):
    shop = shop_of(drawn)
    ranked, shelves = told(shop)
    n = min(6, shop["product_id"].nunique())
    assert (ranked.groupby("customer_id").size() == n).all()
    assert ranked["customer_id"].nunique() == shop["customer_id"].nunique() + 1
    assert not ranked.duplicated(["customer_id", "product_id"]).any()
    assert not shelves.duplicated(["customer_id", "product_id"]).any()
    assert (shelves.groupby(["customer_id", "shelf"]).size() <= 3).all()
    assert (shelves.groupby("customer_id")["shelf"].nunique() <= 4).all()
    assert (shelves.groupby("customer_id")["shelf_rank"].max() <= 4).all()


@settings(max_examples=60, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_row_order_and_repetition_change_nothing(drawn, random):
    again = [*drawn, *drawn[:3]]
    random.shuffle(again)
    for before, after in zip(told(shop_of(drawn)), told(shop_of(again)), strict=True):
        pd.testing.assert_frame_equal(before, after)


@pytest.mark.filterwarnings("ignore:last-order-old")
@settings(max_examples=60, deadline=None)
@given(rows, st.integers(0, 119))
def test_the_future_changes_nothing(drawn, day):
    as_of = START + pd.Timedelta(days=day)
    shop = shop_of(drawn)
    past = shop[shop["ordered_at"] <= as_of]
    if past.empty:
        return
    later = past.assign(
        order_id="later", ordered_at=as_of + pd.Timedelta(seconds=1), product_id=MARKER
    )
    asked = [*shop["customer_id"].unique(), "nobody"]
    with_future = ShelfRecommender(min_items=1).fit(pd.concat([shop, later]), as_of=as_of)
    without = ShelfRecommender(min_items=1).fit(past, as_of=as_of)
    for name in ("recommend", "shelves"):
        found = getattr(with_future, name)(asked)
        assert MARKER not in set(found["product_id"])
        pd.testing.assert_frame_equal(found, getattr(without, name)(asked))
    pd.testing.assert_frame_equal(with_future.pairs(min_count=2), without.pairs(min_count=2))
