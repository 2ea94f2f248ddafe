"""Which products are found to be sensitive, and which only look so."""

from __future__ import annotations

import pytest

from xenorec.errors import BadInput, ConfigError
from xenorec.recommend.themes import SensitiveProducts


def topics(text):
    return set(SensitiveProducts.load().topics([text], [None])[0])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("COLD AND FLU - DXM", "health"),
        ("Cold & Flu Tablets", "health"),
        ("ANTACIDS", "health"),
        ("FIRST AID PRODUCTS", "health"),
        ("DIETARY AID PRODUCTS", "health"),
        ("VITAMINS", "health"),
        ("Athlete's Foot Cream", "health"),
        ("FAMILY PLANNING", "intimate"),
        ("FEM. HYGN. TAMPONS", "intimate"),
        ("ADULT INCONTINENCE", "intimate"),
        ("Adult diapers", "intimate"),
        ("DIAPERS & DISPOSABLES", "baby"),
        ("BABY FOODS", "baby"),
        ("Baby food carrots and peas", "baby"),
        ("BABYFOOD", "baby"),
        ("INFANT FORMULA", "baby"),
        ("BEERS/ALES", "alcohol"),
        ("VODKAS(42 UNDER PROOF)", "alcohol"),
        ("Red Wine", "alcohol"),
        ("CIGARETTES", "tobacco"),
        ("CHEWING TOBACCO", "tobacco"),
    ],
)
def test_what_tells_something_private_is_found(text, found):
    assert topics(text) == {found}


@pytest.mark.parametrize(
    "text",
    [
        "BABY CARROTS",
        "Baby Peeled Carrots",
        "SPINACH, BABY",
        "Baby Back Ribs",
        "HEALTHY CHOICE DINNERS",
        "COLD CEREAL",
        "COLD CUTS",
        "GINGER ALE",
        "Root Beer 2 l",
        "RED WINE VINEGAR",
        "VINEGAR ALL-EXCEPT WINE",
        "RUM RAISIN ICE CREAM",
        "FRUIT COCKTAIL",
        "APPLE JUICE & CIDER",
        "LUBRICANTS/CLEANERS",
        "ORIGINAL CHIPS",
        "DRUMSTICKS",
        "SMOKED HAM",
        "CHARCOAL AND LIGHTER FLUID",
        "DIET COLA",
        "",
        None,
    ],
)
def test_what_only_looks_alike_is_left_alone(text):
    assert topics(text) == set()


def test_a_product_has_the_topics_of_its_title_and_of_its_category():
    found = SensitiveProducts.load().topics(
        ["MEDICATED POWDER", None, "Bread"], ["BABY HBC", "CIGARS", "BAKERY"]
    )
    assert found == [frozenset({"baby", "health"}), frozenset({"tobacco"}), frozenset()]


def test_giving_up_smoking_tells_of_both():
    assert topics("SMOKING CESSATIONS") == {"health", "tobacco"}


def test_alcohol_and_tobacco_are_for_adults():
    assert SensitiveProducts.load().age_restricted == {"alcohol", "tobacco"}


def test_titles_and_categories_of_different_length_are_refused():
    with pytest.raises(BadInput, match="2 titles came with 1 categories"):
        SensitiveProducts.load().topics(["a", "b"], ["c"])


def test_a_file_of_ones_own_stands_alone_or_adds(tmp_path):
    path = tmp_path / "sensitive.toml"
    path.write_text('[topic.faith]\nwords = ["Prayer Mat"]\n', "utf-8")
    assert SensitiveProducts.load(path).names == ("faith",)
    path.write_text('extends = true\n[topic.health]\nwords = ["Botica"]\n', "utf-8")
    assert (
        SensitiveProducts.load(path).topics(["botica", "ANTACIDS"], [None] * 2) == [{"health"}] * 2
    )


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    path = tmp_path / "sensitive.toml"
    path.write_text(
        '[topic.a]\nword = ["x"]\n[topic.b]\nwords = ["x * y", "!"]\nexcept = ["* z"]\n', "utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        SensitiveProducts.load(path)
    assert [problem.where for problem in caught.value.problems] == [
        *("topic.a.word", "topic.a.words", "topic.b.words", "topic.b.words", "topic.b.except"),
    ]
