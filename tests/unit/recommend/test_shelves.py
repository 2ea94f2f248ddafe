"""Each shelf on a shop whose right answer is known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from tests.unit.recommend.shops import Past, catalogue, checkerboard, lines, on
from xenorec.recommend import ShelfRecommender

EVERYBODY = [(f"x{i}", 40.0, "bread") for i in range(6)]


def shelf(frame: pd.DataFrame, name: str, customer: str) -> pd.DataFrame:
    found = frame[(frame["shelf"] == name) & (frame["customer_id"] == customer)]
    return found.reset_index(drop=True)


def test_buy_again_puts_the_weekly_milk_before_what_was_bought_once_and_says_so():
    shop = lines(*[("ann", 7.0 * w, "milk") for w in range(12)], ("ann", 80, "lamp"), *EVERYBODY)
    rows = ShelfRecommender(min_items=1).fit(shop).shelves("ann")
    found = shelf(rows, "buy_again", "ann")
    assert found["product_id"].tolist() == ["milk", "lamp"]
    assert found["reason"].tolist() == [
        "You buy this about every 7 days, last on Sunday",
        "You bought this once, today",
    ]
    assert set(found["shelf_title"]) == {"Buy again"}
    assert set(found["level"]) == {"personal"}


def test_the_score_is_the_chance_that_orders_as_often_as_before_bring_the_product():
    shop = lines(("ann", 0, "tea"), ("ann", 112, "tea"))
    found = ShelfRecommender(within="14d").fit(shop).shelves("ann")
    rate = (1 + 0.5) / (112 / np.log(2) * (1 - 0.5))  # faded orders by faded days
    assert found["score"].iloc[0] == pytest.approx(1 - np.exp(-14 * rate), rel=1e-5)


def test_what_was_bought_of_late_comes_before_what_was_bought_as_often_long_ago():
    shop = lines(*[("ann", d, "old") for d in (0, 1)], *[("ann", d, "new") for d in (99, 100)])
    found = shelf(ShelfRecommender(min_items=1).fit(shop).shelves("ann"), "buy_again", "ann")
    assert found["product_id"].tolist() == ["new", "old"]


def test_an_equal_score_goes_to_what_more_customers_buy_and_then_to_the_lower_id():
    shop = lines(("ann", 50, "zeta alpha bread"), *EVERYBODY)
    found = ShelfRecommender(min_items=1).fit(shop).shelves("ann")
    assert found["product_id"].tolist()[:3] == ["bread", "alpha", "zeta"]


def test_biscuits_go_with_the_tea_of_the_last_basket():
    shop = lines(
        *[(f"t{i}", float(i), "tea biscuits") for i in range(10)],
        *[(f"s{i}", float(i), "soap") for i in range(10)],
        ("ann", 30, "tea rice"),
    )
    titles = catalogue(tea="Assam Tea", biscuits="Biscuits", soap="Soap", rice="Rice")
    rows = ShelfRecommender(min_items=1).fit(shop, titles).shelves("ann")
    found = shelf(rows, "goes_with_last_basket", "ann")
    assert found["product_id"].tolist() == ["biscuits"]
    assert found["reason"].tolist() == ["Often bought with Assam Tea, which you took today"]


def test_the_reason_names_the_product_of_the_basket_that_gives_most():
    shop = lines(
        *[(f"a{i}", float(i), "tea biscuits") for i in range(10)],
        *[(f"b{i}", float(i), "rice biscuits") for i in range(2)],
        *[(f"c{i}", float(i), "rice") for i in range(20)],
        ("ann", 30, "rice tea"),
    )
    titles = catalogue(tea="Tea", biscuits="Biscuits", rice="Rice")
    rows = ShelfRecommender(min_items=1).fit(shop, titles).shelves("ann")
    assert shelf(rows, "goes_with_last_basket", "ann")["reason"].tolist() == [
        "Often bought with Tea, which you took today"
    ]


def test_the_checkerboard_never_crosses_tastes():
    found = ShelfRecommender().fit(checkerboard()).shelves()
    personal = found[found["shelf"].isin(["buy_again", "goes_with_last_basket"])]
    even = personal["customer_id"].str[-1].astype(int) % 2
    assert len(personal) > 50
    assert (even == personal["product_id"].str[-1].astype(int) % 2).all()


def stores() -> pd.DataFrame:
    north = [(f"n{i}", 60.0, "snow") for i in range(6)] + [("n0", 60.5, "ice")]
    south = [(f"s{i}", 60.0, "sun sand") for i in range(8)]
    shop = lines(*north, *south, ("ann", 61, "milk"), ("old", 1, "coal"))
    shop["store_id"] = shop["customer_id"].map(lambda c: "south" if c[0] == "s" else "north")
    return shop


def test_popular_in_store_is_of_the_home_store_and_of_the_last_four_weeks():
    rows = ShelfRecommender(min_items=1).fit(stores()).shelves("ann")
    found = shelf(rows, "popular_in_store", "ann")
    assert found["product_id"].tolist() == ["snow", "ice"]
    assert found["reason"].tolist() == [
        "Bought by 6 shoppers in your store in the last four weeks",
        "Popular in your store in the last four weeks",
    ]
    assert set(found["level"]) == {"segment"}


def test_a_customer_of_no_store_gets_what_is_popular_in_the_shop_and_the_long_sold_last():
    rows = ShelfRecommender(min_items=1).fit(stores()).shelves("nobody")
    assert rows["product_id"].tolist() == ["sand", "sun", "snow", "ice", "milk", "coal"]
    assert rows["level"].tolist() == ["shop"] * 5 + ["default"]
    assert set(rows["shelf"]) == {"popular_in_shop"}
    assert rows["score"].is_monotonic_decreasing


def novelties() -> pd.DataFrame:
    shop = lines(
        *[("ann", 7.0 * w, "plain") for w in range(20)],
        *[("bob", 7.0 * w, "soap") for w in range(20)],
        *[(f"x{i}", 120.0, "mango") for i in range(3)],
        ("x0", 121, "vanilla"),
        ("ann", 122, "vanilla"),
        ("x1", 123, "brush"),
    )
    kinds = {"soap": "SOAP/BATH", "brush": "SOAP/BATH"}
    return shop.assign(category=shop["product_id"].map(lambda p: kinds.get(p, "YOGURT")))


def test_new_in_category_is_new_where_one_shops_and_not_bought_yet():
    rows = ShelfRecommender(min_items=1).fit(novelties()).shelves(["ann", "bob"])
    found = shelf(rows, "new_in_category", "ann")
    assert found["product_id"].tolist() == ["mango"]
    assert found["shelf_title"].tolist() == ["New in Yogurt"]
    assert found["reason"].tolist() == ["New in Yogurt, where you often shop"]
    assert shelf(rows, "new_in_category", "bob")["shelf_title"].tolist() == ["New in Soap / Bath"]


def test_nothing_is_new_in_the_first_four_weeks_of_the_data():
    shop = lines(("ann", 0, "plain"), ("x", 10, "mango"), ("ann", 20, "plain")).assign(category="Y")
    rows = ShelfRecommender(min_items=1).fit(shop).shelves("ann")
    assert "new_in_category" not in set(rows["shelf"])


def test_a_short_shelf_makes_room_for_the_next_that_qualifies():
    rows = ShelfRecommender(n_shelves=1, min_items=2).fit(stores()).shelves("ann")
    assert rows["shelf"].tolist() == ["popular_in_store"] * 2  # milk, bought once, is too few
    assert rows["shelf_rank"].tolist() == [1] * 2


def test_dates_are_of_the_customers_zone():
    late = lines(("ann", 30.9, "milk"))  # 31 January 21:36 in UTC
    people = pd.DataFrame({"customer_id": ["ann"], "time_zone": ["Asia/Kolkata"]})
    past = Past(late, catalogue(milk="Milk"), people)
    rows = ShelfRecommender().fit(past).recommend("ann")
    assert rows["reason"].tolist() == ["You bought this once, on 1 February"]


def test_a_date_of_another_year_names_it():
    shop = lines(("ann", 360, "milk"))
    rows = ShelfRecommender().fit(shop, as_of="2018-02-01").recommend("ann")
    assert rows["reason"].tolist() == ["You bought this once, on 27 December 2017"]


def test_what_the_catalog_keeps_back_is_offered_to_nobody_unless_asked_for():
    shop = lines(*[(f"c{i}", float(i), "milk bag ghost stray") for i in range(9)])
    products = catalogue(milk="Milk", bag="Bag", ghost=None)
    products["is_promotable"] = [True, False, True]
    guarded = ShelfRecommender(min_items=1).fit(shop, products)
    assert set(guarded.shelves()["product_id"]) == {"milk"}
    assert set(guarded.recommend()["product_id"]) == {"milk"}
    assert guarded.pairs().empty
    open_ = ShelfRecommender(promotable_only=False).fit(shop, products)
    assert set(open_.recommend("c1")["product_id"]) == {"milk", "bag", "ghost", "stray"}


def test_excluded_products_are_left_out_for_one_or_for_all():
    model = ShelfRecommender(min_items=1).fit(checkerboard())
    closed = pd.DataFrame({"customer_id": ["c00", None], "product_id": ["p0", "p2"]})
    for rows in (model.shelves(exclude=closed), model.recommend(n=6, exclude=closed)):
        assert "p2" not in set(rows["product_id"])
        of_product = rows[rows["product_id"] == "p0"]
        assert "c00" not in set(of_product["customer_id"])
        assert "c02" in set(of_product["customer_id"])
    assert (model.recommend(n=6, exclude=closed).groupby("customer_id").size() == 6).all()


def test_a_history_brings_its_products_and_the_store_of_who_has_not_bought():
    people = pd.DataFrame({"customer_id": ["zoe"], "home_store_id": ["south"]})
    titles = catalogue(**{p: p.title() for p in ("snow", "ice", "sun", "sand", "milk", "coal")})
    past = Past(stores(), titles, people, datetime(2017, 3, 4, tzinfo=UTC))
    model = ShelfRecommender().fit(past)
    rows = model.recommend("zoe", n=3)
    assert rows["product_id"].tolist() == ["sand", "sun", "snow"]
    assert rows["level"].tolist() == ["segment", "segment", "shop"]
    assert "zoe" in set(model.recommend()["customer_id"])
    assert model.as_of_ == past.as_of


def test_returns_are_not_purchases():
    shop = lines(("ann", 1, "milk"), ("ann", 2, "lamp")).assign(quantity=[1, -1])
    assert set(ShelfRecommender().fit(shop).recommend("ann")["product_id"]) == {"milk"}


def test_rows_after_as_of_are_not_seen():
    shop = lines(("ann", 1, "milk"), ("ann", 5, "lamp"), ("bob", 5, "milk"))
    model = ShelfRecommender().fit(shop, as_of=on(3))
    assert model.recommend()[["customer_id", "product_id"]].to_numpy().tolist() == [["ann", "milk"]]


@pytest.mark.parametrize("n", [1, 3])
def test_pairs_list_what_a_till_can_offer_beside_a_product(n):
    shop = lines(*[(f"c{i}", float(i), "tea biscuits" + " milk" * (i > 4)) for i in range(12)])
    found = ShelfRecommender().fit(shop).pairs(n, min_count=6)
    assert found.columns.tolist() == [
        "product_id",
        "other_product_id",
        "rank",
        "score",
        "n_orders",
    ]
    best = found[found["rank"] == 1].set_index("product_id")["other_product_id"]
    assert best["tea"] == "biscuits"
    assert (found.groupby("product_id").size() == min(n, 2)).all()
    assert (found["n_orders"] >= 6).all()


def test_popular_lists_what_somebody_of_a_store_is_offered():
    model = ShelfRecommender().fit(stores())
    assert model.popular("north", 2)["product_id"].tolist() == ["snow", "ice"]
    assert model.popular(n=2)["product_id"].tolist() == ["sand", "sun"]
    elsewhere = model.popular("elsewhere", 2)
    assert elsewhere["level"].tolist() == ["shop", "shop"]
    assert elsewhere["store_id"].tolist() == ["elsewhere", "elsewhere"]


class Praise:
    """Says that one shelf earns eight times what was promised."""

    def __init__(self, name: str) -> None:
        self.name = name

    def believed(self, shelf: str, segment: str | None = None) -> float:
        return 8.0 if shelf == self.name else 1.0


def test_a_shelf_that_earned_more_than_promised_moves_up():
    shop = lines(*[("ann", 7.0 * w, "milk tea rice") for w in range(12)], *EVERYBODY)
    plain = ShelfRecommender(min_items=1).fit(shop)
    assert plain.shelves("ann")["shelf"].iloc[0] == "buy_again"
    praised = ShelfRecommender(min_items=1, priors=Praise("from_recent_visits")).fit(shop)
    assert praised.shelves("ann")["shelf"].iloc[0] == "from_recent_visits"
