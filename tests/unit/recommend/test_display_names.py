from __future__ import annotations

import pytest

from xenorec.recommend.display_names import readable


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
