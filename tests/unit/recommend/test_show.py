"""Pages and pictures that a person looks at: what they hold, and that no text runs as HTML."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from tests.unit.recommend.shops import Past, catalogue, lines
from xenorec.errors import BadInput, ConfigError, MissingPackage, UnknownName
from xenorec.recommend import (
    ShelfRecommender,
    draw_places,
    draw_rhythm,
    in_words,
    read_themes,
    show_page,
    show_reason,
)
from xenorec.recommend.baselines import EASE, HALF_LIFE, ITEMS, NEIGHBOURS, OWN, POPULAR, USERS
from xenorec.recommend.customer_charts import METHODS

WEEKLY = [("ann", 7.0 * week, "milk") for week in range(8)]
UNSTEADY = [("ann", day, "tea") for day in (1.0, 2.0, 20.0, 23.0, 50.0)]
SELDOM = [("ann", day, "jam") for day in (3.0, 9.0)]
OTHERS = [(f"c{n}", 7.0 * n, "bread rice") for n in range(8)]
TITLES = {"milk": "Whole <b>milk</b>", "tea": "Tea", "jam": "Pregnancy test", "bread": "Bread"}
NEW_ROW = """[[shelf]]
name = "nights_in"
source = "own"
title = { en = "For <i>nights</i> in" }
where = { products = ["tea", "milk"] }
min_items = 1
"""


@pytest.fixture(scope="module")
def past() -> Past:
    products = catalogue(**TITLES, rice=None).assign(
        brand=["Farm & Sons", None, None, None, None],
        category=["DAIRY", "HOT DRINKS", "HEALTH", "BAKERY", "RICE"],
    )
    people = pd.DataFrame(
        {
            "customer_id": ["ann", "kid"],
            "time_zone": ["America/New_York", None],
            "is_minor": [False, True],
        }
    )
    rows = lines(*WEEKLY, *UNSTEADY, *SELDOM, *OTHERS)
    return Past(rows, products, people, as_of=datetime(2017, 3, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def shelves(past: Past) -> ShelfRecommender:
    return ShelfRecommender(n_items=3, min_items=1).fit(past)


def rows_of(chart: Any) -> list[dict[str, Any]]:
    return [row for data in json.loads(chart.to_json())["datasets"].values() for row in data]


def test_a_page_shows_what_the_shelves_hold(shelves: ShelfRecommender) -> None:
    page, rows = show_page(shelves, "ann"), shelves.shelves(["ann"])
    assert len(rows) > 0
    for title in rows["shelf_title"].unique():
        assert f"<h4>{title}</h4>" in page.html
        assert title in str(page)
    assert page.html.count("<td>") == len(rows)
    assert "personal (worked out for this customer)" in page.html
    assert "1 March 2017" in page.html
    assert "within 14 days" in page.html
    assert page._repr_html_() == page.html


def test_a_repr_says_nothing_of_the_customer(shelves: ShelfRecommender) -> None:
    assert "ann" not in repr(show_page(shelves, "ann"))
    assert "milk" not in repr(show_page(shelves, "ann"))


def test_texts_of_the_shop_are_escaped(shelves: ShelfRecommender) -> None:
    html = show_page(shelves, "ann").html
    assert "Whole &lt;b&gt;milk&lt;/b&gt;" in html
    assert "<b>milk" not in html
    assert "Farm &amp; Sons" in html
    assert "<script>" not in show_page(shelves, "<script>").html
    assert "&lt;script&gt;" in show_reason(shelves, "<script>", "milk").html


def test_an_unknown_person_is_told_as_one(shelves: ShelfRecommender) -> None:
    text = str(show_page(shelves, "nobody"))
    assert "unknown (has not bought yet, or is not known)" in text
    assert "shop (from the sales of the whole shop)" in text


def test_a_page_of_nothing_says_so(shelves: ShelfRecommender) -> None:
    everything = pd.DataFrame({"customer_id": [None] * 4, "product_id": [*TITLES]})
    page = show_page(shelves, "ann", exclude=everything)
    assert "nothing that may be shown" in page.html
    assert "<td>" not in page.html


def test_other_themes_are_looked_at_without_changing_the_recommender(
    shelves: ShelfRecommender, tmp_path: Any
) -> None:
    (tmp_path / "mine.toml").write_text(NEW_ROW)
    before = shelves.themes_
    page = show_page(shelves, "ann", themes=tmp_path / "mine.toml")
    assert "<h4>For &lt;i&gt;nights&lt;/i&gt; in</h4>" in page.html
    only = [theme for theme in read_themes() if theme.name == "buy_again"]
    assert show_page(shelves, "ann", themes=only).html.count("<h4>") == 1
    assert shelves.themes_ is before
    assert "nights" not in show_page(shelves, "ann").html


def test_a_wrong_file_is_refused_with_its_mistakes(
    shelves: ShelfRecommender, tmp_path: Any
) -> None:
    (tmp_path / "wrong.toml").write_text(NEW_ROW.replace('"own"', '"owned"'))
    with pytest.raises(ConfigError, match="Did you mean 'own'"):
        show_page(shelves, "ann", themes=tmp_path / "wrong.toml")


def test_a_reason_says_chance_place_and_shelves(shelves: ShelfRecommender) -> None:
    text, found = str(show_reason(shelves, "ann", "milk")), shelves.explain("ann", "milk")
    assert f"{found.reason}." in text
    assert f"number {found.rank} of this customer's list" in text
    assert "Buy again" in text


def test_a_reason_says_which_rule_keeps_a_product_away(shelves: ShelfRecommender) -> None:
    assert "Rule: sensitive" in str(show_reason(shelves, "ann", "jam"))
    assert "no title" in str(show_reason(shelves, "ann", "rice"))
    with pytest.raises(UnknownName, match="never sold"):
        show_reason(shelves, "ann", "caviar")


def test_what_nothing_points_to_is_no_candidate() -> None:
    wide = lines(*((f"c{n}", n / 9, f"p{n} p{n + 1}") for n in range(400)))
    model = ShelfRecommender().fit(wide)
    strange = next(p for p in ("p9", "p200", "p300") if model.explain("c390", p).p_buy is None)
    assert "nothing that this customer did" in str(show_reason(model, "c390", strange))


def test_the_most_regular_line_stands_on_top(past: Past) -> None:
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    chart = draw_rhythm(past, "ann")
    rows = rows_of(chart)
    milk = [row for row in rows if row.get("label") == "Whole <b>milk</b> · every 7 days"]
    assert [row["day"][:10] for row in milk if row["kind"] == "bought"][:2] == [
        "2016-12-31",  # midnight UTC is the evening before in New York
        "2017-01-07",
    ]
    assert [row["day"][:10] for row in milk if row["kind"] == "next expected"] == ["2017-02-25"]
    assert not any("Pregnancy" in str(row.get("label")) for row in rows)  # bought twice only
    order = json.loads(chart.to_json())["layer"][0]["encoding"]["y"]["sort"]
    assert [label.split(" · ")[0] for label in order] == ["Whole <b>milk</b>", "Tea"]
    assert any(row.get("told") == "as of 1 March" for row in rows)
    assert len(json.loads(draw_rhythm(past, "ann", n_lines=1).to_json())["layer"]) == 3


def test_lines_may_be_categories(past: Past) -> None:
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    labels = {row.get("label", "") for row in rows_of(draw_rhythm(past, "ann", by="category"))}
    assert "Hot Drinks · every 10 days" in labels


@pytest.mark.parametrize(
    ("who", "by", "error", "text"),
    [
        ("nobody", "title", UnknownName, "no purchase"),
        ("c1", "title", BadInput, "5 days or more"),
        ("ann", "titel", BadInput, "Did you mean 'title'"),
    ],
)
def test_what_has_no_rhythm_is_refused(
    past: Past, who: str, by: str, error: type[Exception], text: str
) -> None:
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    with pytest.raises(error, match=text):
        draw_rhythm(past, who, by=by)


def test_places_are_drawn_by_day_with_readable_names() -> None:
    pytest.importorskip("altair", reason="the extra notebooks is not installed")
    played = pd.DataFrame(
        {"day": [1, 1, 2, 2], "shelf": ["buy_again", "new"] * 2, "place": [1, 2, 2, 1]}
    )
    rows = rows_of(draw_places(played, shelf="new", day=2))
    found = [row for row in rows if row.get("day") == 1 and row.get("name") == "buy again"]
    assert found
    assert all(row["place"] == 1 and not row["is_it"] for row in found)
    assert {"day": 2} in rows
    with pytest.raises(BadInput, match="no rows"):
        draw_places(played.head(0))


def test_an_evaluation_is_said_in_words() -> None:
    codes = pd.DataFrame(
        {
            "against": ["own_frequency", "my_method"],
            "metric": ["recall@10", "phr@5"],
            "shelf": ["new_in_category", "lunch_box"],
            "estimate": [0.1, 0.2],
        }
    )
    said = in_words(codes)
    assert said["against"].tolist() == ["what they bought most often", "my method"]
    assert said["metric"].tolist() == [
        "share of the purchases found",
        "share of customers with a hit",
    ]
    assert said["shelf"].tolist() == ["New in your store", "lunch box"]
    assert said["estimate"].tolist() == [0.1, 0.2]
    assert codes["metric"].tolist() == ["recall@10", "phr@5"]  # what was given stays


def test_every_method_that_is_compared_has_its_words() -> None:
    assert {POPULAR, OWN, HALF_LIFE, NEIGHBOURS, USERS, ITEMS, EASE} <= METHODS.keys()


def test_pictures_say_which_extra_they_need(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingPackage, match=r"xenorec\[notebooks\]"):
        draw_rhythm(past, "ann")
