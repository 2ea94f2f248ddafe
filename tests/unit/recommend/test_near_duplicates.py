"""Products that look alike: one of them stands on a page, and none of them is new to its buyer."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.recommend.shops import catalogue, lines
from xenorec.recommend import Rules, ShelfRecommender, read_themes, show_page
from xenorec.recommend.near_duplicates import looks, without_size

SHOPPERS = [(f"x{n}", 7.0 * week + n / 20, "tea rice oil") for n in range(8) for week in range(8)]
OFTEN = [("ann", 7.0 * week, "small") for week in range(8)]
SELDOM = [("ann", 20.0 + 14 * n, "large") for n in range(2)]
TITLES = {
    "small": "Sour cream, 8 oz",
    "large": "sour cream, 16 oz",
    "tea": "Tea",
    "rice": "Rice",
    "oil": "Oil",
}
NEW = [theme for theme in read_themes() if theme.source == "discovery"]


def shop(**rules: bool) -> ShelfRecommender:
    products = catalogue(**TITLES).assign(category=["DAIRY", "DAIRY", "DRINKS", "GRAIN", "OIL"])
    model = ShelfRecommender(n_items=4, min_items=1, rules=Rules(**rules))
    return model.fit(lines(*SHOPPERS, *OFTEN, *SELDOM), products)


def page(model: ShelfRecommender, customer: str) -> set[str]:
    return set(model.shelves([customer])["product_id"])


def test_titles_look_alike_when_only_the_size_differs() -> None:
    listed = ["Sour cream, 8 oz", None, "sour CREAM, 16 oz", "Sour cream"]
    titles = np.array(listed, dtype=object)
    assert looks(titles).tolist() == [0, -1, 0, 0]
    assert without_size("Beans, red, 2 lb") == "beans, red"


def test_a_page_holds_the_better_of_two_that_look_alike() -> None:
    model = shop()
    assert "small" in page(model, "ann")
    assert "large" not in page(model, "ann")
    assert "16 oz" not in str(show_page(model, "ann"))
    assert {"small", "large"} <= page(shop(same_title=False), "ann")
    assert {"small", "large"} <= set(model.recommend("ann")["product_id"])  # a list keeps both


def test_a_double_leaves_no_gap_on_the_page() -> None:
    assert page(shop(), "nobody") == {"large", "tea", "rice", "oil"}


def test_the_rule_is_told_and_counted() -> None:
    model = shop()
    found = model.explain("ann", "large")
    assert found.rule == "same_title"
    assert found.removed == (
        "it looks the same as Sour cream, 8 oz (small), and a page shows only the better one of "
        "the two."
    )
    counts = model.removals(["ann"]).set_index("rule")["n_cells"]
    assert counts["same_title"] == 1
    assert counts["left"] == 4
    assert shop(same_title=False).removals(["ann"]).set_index("rule")["n_cells"]["same_title"] == 0


@pytest.mark.parametrize("category", ["DAIRY", "FROZEN"])
def test_another_pack_of_what_is_bought_is_nothing_new(category: str) -> None:
    titles = {**TITLES, "dip": "Dip", "brie": "Brie"}
    products = catalogue(**titles).assign(
        category=["DAIRY", category, "DRINKS", "GRAIN", "OIL", category, category]
    )
    others = [
        (f"x{n}", 7.0 * week + n / 20, "large dip brie") for n in range(8) for week in range(8)
    ]
    own = [("ann", 7.0 * week, "small") for week in range(8)]
    own += [("ann", 55.0, "brie")]  # something of the category, so that dip may be discovered
    model = ShelfRecommender(n_items=6, min_items=1, themes=NEW, rules=Rules(same_title=False)).fit(
        lines(*SHOPPERS, *others, *own), products
    )
    found = page(model, "ann")
    assert "dip" in found
    assert ("large" in found) == (category == "FROZEN")


def test_nothing_goes_well_with_another_pack_of_itself() -> None:
    titles = {**TITLES, "dip": "Dip"}
    together = [
        (f"x{n}", 7.0 * week + n / 20, "small large dip") for n in range(8) for week in range(8)
    ]
    fillers = [(f"y{n}", float(n), "tea rice oil") for n in range(40)]
    last = [theme for theme in read_themes() if theme.source == "last_basket"]
    own = [("ann", 50.0, "small")]
    model = ShelfRecommender(n_items=6, min_items=1, themes=last, rules=Rules(same_title=False))
    model.fit(lines(*together, *fillers, *own), catalogue(**titles))
    found = page(model, "ann")
    assert "dip" in found
    assert "large" not in found
