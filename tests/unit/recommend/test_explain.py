"""Explaining one product for one customer."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.recommend.shops import catalogue, lines
from xenorec.errors import UnknownName
from xenorec.recommend import ShelfRecommender

EVERYBODY = [(f"x{i}", 40.0, "bread") for i in range(6)]


@pytest.fixture(scope="module")
def model():
    shop = lines(*[("ann", 7.0 * w, "milk syrup") for w in range(12)], ("bob", 70, "milk"))
    products = catalogue(milk="Milk", syrup="Cough syrup").assign(
        category=["DAIRY", "COLD AND FLU"]
    )
    return ShelfRecommender().fit(shop, products)


def test_it_says_the_chance_the_place_the_shelves_and_the_facts(model):
    found = model.explain("ann", "milk")
    assert (found.rank, found.level, found.is_own) == (1, "personal", True)
    assert set(found.shelves) == {"buy_again", "from_recent_visits"}
    assert found.facts["product_n"] == 12
    assert found.reason == "You buy this about every 7 days, last today"
    assert found.p_buy == pytest.approx(model.recommend("ann")["score"].iloc[0], rel=1e-5)


def test_it_is_told_in_plain_words(model):
    assert str(model.explain("ann", "milk")) == (
        "Milk (milk). Shown in 'Buy again', place 1. Chance of buying within 14 days: 89 %. "
        "You buy this about every 7 days, last today."
    )
    assert str(model.explain("ann", "syrup")) == (
        "Cough syrup (syrup). Not shown: its topic (health) is sensitive and was not allowed."
    )


def test_what_found_no_room_on_the_page_says_so():
    shop = lines(*[("ann", 7.0 * w, "milk tea rice") for w in range(8)], ("ann", 1.0, "soap"))
    told = str(
        ShelfRecommender(n_shelves=1, n_items=2, min_items=1).fit(shop).explain("ann", "soap")
    )
    assert told.startswith(
        "soap. Not on the page: other products promise more. In this customer's list of all "
        "products it is number 4. Chance of buying within 14 days: "
    )
    assert told.endswith("You bought this once, on 2 January.")


def test_a_sensitive_product_is_removed_with_the_topic(model):
    found = model.explain("ann", "syrup")
    assert found.removed == "its topic (health) is sensitive and was not allowed."


def test_an_excluded_product_is_removed(model):
    closed = pd.DataFrame({"customer_id": ["ann"], "product_id": ["milk"]})
    assert (
        model.explain("ann", "milk", exclude=closed).removed == "it is among the excluded products."
    )
    assert model.explain("bob", "milk", exclude=closed).removed is None


def test_a_product_never_sold_is_an_error_that_names_the_nearest(model):
    with pytest.raises(UnknownName, match="milk"):
        model.explain("ann", "milc")
