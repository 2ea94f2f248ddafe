"""The shipped pictures: there, small, described, and picked by the category's words."""

from __future__ import annotations

import pytest

from xenorec.creative import pictures


def test_every_picture_is_small_and_described() -> None:
    shelf = pictures()
    every = {picture.path: picture for picture in (*shelf.by_word.values(), shelf.default)}
    assert len(every) >= 14
    for path, picture in every.items():
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size < 12_000
        assert picture.alt


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (["GROCERY", "FLUID MILK PRODUCTS"], "dairy.png"),
        (["GROCERY", "EGGS"], "eggs.png"),
        (["PRODUCE", "APPLES"], "fruit.png"),
        (["PRODUCE", "TOMATOES"], "produce.png"),
        (["MEAT", "BEEF"], "meat.png"),
        (["DRUG GM", "HAIR CARE PRODUCTS", "SHAMPOO"], "beauty.png"),
        (["GROCERY", "BATH TISSUES", "TOILET TISSUE"], "household.png"),
        (["GROCERY", "ICE CREAM/MILK/SHERBTS"], "frozen.png"),
        (["GROCERY", "BAKED BREAD/BUNS/ROLLS", "HOT DOG BUNS"], "bakery.png"),
        (["GROCERY", "DOG FOODS"], "pets.png"),
        (["GROCERY", "TEAS"], "coffee.png"),
        (["GROCERY", "SOUP"], "pantry.png"),
        (["Zubehör"], "default.png"),
        ([], "default.png"),
    ],
)
def test_a_category_finds_its_picture(path: list[str], file: str) -> None:
    assert pictures().pick(path).image == f"cid:{file}"
