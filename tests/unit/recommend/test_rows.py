"""The order of a page's rows: what feedback says for a segment, and rows that change places."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.recommend.feedback_logs import came, shown
from tests.unit.recommend.shops import lines, on
from xenorec.recommend import ShelfRecommender
from xenorec.recommend.feedback import RowPriors, ShelfExploration

N = 400
PLACE = ["customer_id", "shelf", "product_id", "item_rank", "score", "reason", "level", "segment"]


def shop() -> pd.DataFrame:
    """A weekly shopper, and many who came once, in a shop with enough products for three rows."""
    weekly = [("ann", 7.0 * week, "milk tea rice") for week in range(12)]
    once = [(f"x{n:03}", 78.0, f"milk bread{n % 9} jam{n % 7}") for n in range(N)]
    return lines(*weekly, *once)


@pytest.fixture(scope="module")
def plain() -> ShelfRecommender:
    return ShelfRecommender(n_shelves=4, n_items=2, min_items=1).fit(shop())


def like(model: ShelfRecommender, **changes: object) -> ShelfRecommender:
    from copy import copy

    made = copy(model)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def praised(shelf: str, segment: str) -> RowPriors:
    """Learned where everybody of a segment buys from one shelf and nobody from the other."""
    rows = [
        (f"{name}{n}", name, place, 1, 0.2, f"{name}{n}", on(0))
        for place, name in enumerate((shelf, "another"), 1)
        for n in range(2000)
    ]
    hits = [(f"{shelf}{n}", f"{shelf}{n}", on(1), "bought") for n in range(2000)]
    return RowPriors().fit(shown(*rows).assign(segment=segment), came(*hits), on(60))


def test_a_row_moves_up_for_the_segment_that_it_earns_with(plain: ShelfRecommender) -> None:
    before = plain.shelves(["ann"])
    last = before["shelf"].iloc[-1]
    log = praised(last, "frequent")
    assert log.factor(last, "frequent") > log.factor(last, "newcomer") > 1
    after = like(plain, priors=log).shelves(["ann"])
    rank = [
        f.set_index("shelf")["shelf_rank"].groupby(level=0).first()[last] for f in (before, after)
    ]
    assert rank[1] < rank[0]


def test_factors_are_those_of_each_customers_own_segment(plain: ShelfRecommender) -> None:
    class Table:
        def believed(self, shelf: str, segment: str | None = None) -> float:
            return 50.0 if (shelf, segment) == ("popular_in_shop", "newcomer") else 1.0

    tops = [
        model.shelves(["ann", "x001"]).groupby("customer_id")["shelf"].first().to_dict()
        for model in (plain, like(plain, priors=Table()))
    ]
    assert tops[1] == {**tops[0], "x001": "popular_in_shop"}
    assert tops[0]["x001"] != "popular_in_shop"


def test_scores_are_what_was_predicted_before_any_factor(plain: ShelfRecommender) -> None:
    log = praised("popular_in_shop", "newcomer")
    found = like(plain, priors=log).shelves(["ann", "x001", "x002"])
    ranked = plain.recommend(["ann", "x001", "x002"], n=50)
    both = found.merge(ranked, on=["customer_id", "product_id"], suffixes=("", "_plain"))
    assert len(both) == len(found)
    assert (both["score"] == both["score_plain"]).all()


def test_without_exploring_every_row_stands_where_it_stands_for_certain(
    plain: ShelfRecommender,
) -> None:
    rows = plain.shelves()
    assert (rows["shelf_propensity"] == 1.0).all()
    never = like(plain, explore=ShelfExploration(share=0.0)).shelves()
    pd.testing.assert_frame_equal(rows, never)


def test_exploring_moves_whole_rows_and_changes_nothing_else(plain: ShelfRecommender) -> None:
    before = plain.shelves()
    after = like(plain, explore=ShelfExploration(share=1.0, seed="s")).shelves(occasion="may")
    order = ["customer_id", "shelf", "item_rank"]
    pd.testing.assert_frame_equal(
        before.sort_values(order)[PLACE].reset_index(drop=True),
        after.sort_values(order)[PLACE].reset_index(drop=True),
    )
    page = ["customer_id", "shelf_rank", "item_rank"]
    assert (
        after["customer_id"].drop_duplicates().tolist() == before["customer_id"].unique().tolist()
    )
    assert not after.duplicated(page).any()
    for _, own in after.groupby("customer_id"):
        assert own[page[1:]].apply(tuple, axis=1).is_monotonic_increasing


def test_the_share_of_pages_and_the_logged_propensities_are_right(plain: ShelfRecommender) -> None:
    share, key = 0.4, ["customer_id", "shelf"]
    believed = plain.shelves().drop_duplicates(key)
    stood = (
        like(plain, explore=ShelfExploration(share=share, seed="s")).shelves().drop_duplicates(key)
    )
    pages = believed.merge(stood, on=key, suffixes=("_by_belief", ""))
    sizes = pages.groupby("customer_id")["shelf"].transform("size")
    moved = pages["shelf_rank"] != pages["shelf_rank_by_belief"]
    swapped = moved.groupby(pages["customer_id"]).sum()
    assert set(swapped) == {0, 2}
    assert_binomial((swapped > 0).sum(), len(swapped), share)
    for n in sorted(set(sizes)):
        table = ShelfExploration(share=share).table(int(n))
        rows = pages[sizes == n]
        logged = rows["shelf_propensity"].to_numpy()
        at = rows["shelf_rank_by_belief"] - 1, rows["shelf_rank"] - 1
        assert np.allclose(logged, table[at])


def assert_binomial(n_hits: int, n: int, p: float) -> None:
    assert abs(n_hits - n * p) < 4 * np.sqrt(n * p * (1 - p))


def test_the_draw_depends_on_seed_customer_and_occasion_alone(plain: ShelfRecommender) -> None:
    model = like(plain, explore=ShelfExploration(share=0.5, seed="s"))
    may = model.shelves(occasion="may")
    some = model.shelves(["x007", "ann", "x001"], occasion="may")
    for customer, rows in some.groupby("customer_id"):
        same = may[may["customer_id"] == customer]
        pd.testing.assert_frame_equal(
            rows.reset_index(drop=True), same.reset_index(drop=True), check_like=False
        )
    assert not may["shelf"].equals(model.shelves(occasion="june")["shelf"])


def test_priors_tell_what_they_learned_in_words() -> None:
    assert str(RowPriors()) == "RowPriors(not fitted)"
    empty = RowPriors().fit(shown(), as_of=on(1))
    assert "nothing was shown yet, so every shelf counts as predicted" in str(empty)
    assert empty.factor("buy_again", "regular") == 1.0
    assert empty.table().empty
    text = str(praised("buy_again", "frequent"))
    assert text.splitlines()[1].split()[:3] == ["buy_again", "2,000", "shown,"]
