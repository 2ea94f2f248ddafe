"""What is asked is a request of its own; what was learned stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tests.unit.recommend.trained import grocer, of_grocer
from xenorec.recommend import Rules, ShelfRecommender, read_themes, with_locale, with_themes

OWN = read_themes(None)[:2]


@pytest.fixture(scope="module")
def model() -> ShelfRecommender:
    return of_grocer()


def test_the_usual_request_is_what_the_recommender_was_made_with(model: ShelfRecommender) -> None:
    asked = model.request
    assert (asked.layout.n_shelves, asked.layout.n_items) == (model.n_shelves, model.n_items)
    assert asked.themes == model.themes_
    pd.testing.assert_frame_equal(model.shelves(request=asked), model.shelves())


def test_another_page_is_asked_of_the_same_model(model: ShelfRecommender) -> None:
    before, layout = model.shelves(), replace(model.request.layout, n_shelves=1, n_items=2)
    page = model.shelves(request=replace(model.request, layout=layout))
    assert page["shelf_rank"].max() == 1
    assert page["item_rank"].max() <= 2
    pd.testing.assert_frame_equal(model.shelves(), before)


def test_the_helpers_answer_as_the_request_does(model: ShelfRecommender) -> None:
    asked = model.request
    spanish = model.shelves(request=replace(asked, locale="es"))
    pd.testing.assert_frame_equal(with_locale(model, "es").shelves(), spanish)
    assert not spanish["reason"].equals(model.shelves()["reason"])
    few = model.shelves(request=replace(asked, themes=OWN))
    pd.testing.assert_frame_equal(with_themes(model, OWN).shelves(), few)
    assert set(few["shelf"]) <= {theme.name for theme in OWN}


def test_an_editorial_list_holds_for_the_request_that_names_it(model: ShelfRecommender) -> None:
    listed = tuple(grocer().frames["products"]["product_id"][:2])
    pages = model.pages(replace(model.request, editorial=listed))
    assert pages.knowledge.editorial is not None
    assert model.pages().knowledge.editorial is None
    other = model.with_editorial(list(listed))
    pd.testing.assert_frame_equal(other.shelves(["nobody"]), pages.shelves(["nobody"]))


def test_rules_of_a_request_close_what_they_name(model: ShelfRecommender) -> None:
    asked = replace(model.request, rules=Rules(bought_within="365d"))
    found = model.removals(request=asked).set_index("rule")["n_cells"]
    assert found["bought_recently"] > 0
    assert model.rules is None
