from __future__ import annotations

import pytest

from xenorec.recommend.words import bought_by, listed, readable, times


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("FLUID MILK PRODUCTS", "Fluid Milk Products"),
        ("BAKED BREAD/BUNS/ROLLS", "Baked Bread / Buns / Rolls"),
        ("CHILDREN'S FOOD", "Children's Food"),
        ("PREPAID WIRELESS&ACCESSORIES", "Prepaid Wireless&Accessories"),
        ("yogurt", "Yogurt"),
        ("BBQ Sauces", "BBQ Sauces"),
        ("ألبان", "ألبان"),
    ],
)
def test_a_category_reads_like_a_title(name, told):
    assert readable(name) == told


def test_fewer_than_five_shoppers_are_not_counted():
    assert "4" not in bought_by(4, "in your store")
    assert bought_by(5, "in your store").startswith("Bought by 5 shoppers in your store")


def test_counts_and_lists_in_words():
    assert [times(n) for n in (1, 2, 12)] == ["once", "twice", "12 times"]
    assert listed(["Tea", "Rice", "Soap"]) == "Tea, Rice and more"
    assert listed(["Tea", "Rice"]) == "Tea and Rice"
