"""The shelf of what runs out, fed by a model that says what is due."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.recommend.feedback_logs import log
from tests.unit.recommend.shops import catalogue, lines, on
from tests.unit.recommend.trained import boosted
from xenorec.errors import BadInput
from xenorec.recommend import Rules, ShelfRecommender
from xenorec.recommend.feedback import RowPriors
from xenorec.recommend.page.due_products import DueProducts
from xenorec.timing import Replenishment

RESTOCK = "time_to_restock"
AS_OF = on(100)
OWN = ["milk", "rice", "oil", "salt", "soap", "tea"]


def shop() -> pd.DataFrame:
    """Ann has bought each of her six products four times, milk last and tea first."""
    visits = [
        ("ann", 90.0 - 10 * k - 4 * at, product) for at, product in enumerate(OWN) for k in range(4)
    ]
    others = [(f"x{i}", 95.0, "bread jam") for i in range(6)]
    return lines(*visits, *others)


def due(**days: float) -> pd.DataFrame:
    """What is due to Ann, by the days from ``AS_OF``."""
    rows = [("ann", product, (AS_OF + pd.Timedelta(days=n)).date()) for product, n in days.items()]
    return pd.DataFrame(rows, columns=["customer_id", "product_id", "due_on"])


def fitted(frame: pd.DataFrame | None, **settings: object) -> ShelfRecommender:
    model = ShelfRecommender(due=frame, **{"min_items": 1, **settings})  # type: ignore[arg-type]
    return model.fit(shop(), as_of=AS_OF)


def on_shelf(rows: pd.DataFrame, customer: str = "ann") -> list[str]:
    mine = rows[(rows["customer_id"] == customer) & (rows["shelf"] == RESTOCK)]
    return list(mine["product_id"])


def test_the_shelf_holds_exactly_what_is_due_around_the_day():
    frame = due(milk=-28, rice=7, oil=0, salt=-29, soap=8)
    rows = fitted(frame).shelves("ann")
    assert set(on_shelf(rows)) == {"milk", "rice", "oil"}
    assert set(rows["product_id"]) >= set(OWN), "what is not due stands on other shelves"
    assert rows["product_id"].is_unique


def test_it_comes_first_the_likeliest_first_and_says_why():
    rows = fitted(due(tea=3, milk=0)).shelves("ann")
    first = rows[rows["shelf_rank"] == 1]
    assert set(first["shelf"]) == {RESTOCK}
    assert set(first["shelf_title"]) == {"Time to restock"}
    assert first["score"].is_monotonic_decreasing
    everything = fitted(None).recommend("ann").set_index("product_id")
    assert first["score"].tolist() == everything.loc[first["product_id"], "score"].tolist()
    assert first.set_index("product_id")["reason"].to_dict() == {
        "tea": "Last bought on 12 March, due about now",
        "milk": "Last bought on 1 April, due about now",
    }
    assert set(first["level"]) == {"personal"}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Last bought on 9 April, due about now"),
        ("es", "Lo compraste por última vez el 9 de abril, toca reponerlo por estas fechas"),
        ("hi", "आपने इसे पिछली बार 9 अप्रैल को खरीदा था, अब इसे फिर से लेने का समय है"),
        ("ar", "اشتريته آخر مرة في 9 أبريل، وحان وقت شرائه تقريبًا"),
    ],
)
@pytest.mark.parametrize("days", [-20, 0, 7])
def test_its_reason_names_no_gap_that_denies_it(locale: str, said: str, days: float):
    # Gaps of 70 and 14 days: every 42 days or so, and the model may call it due after 31.
    bought = lines(*[("ann", day, "milk") for day in (14.0, 84.0, 98.0)])
    model = ShelfRecommender(min_items=1, locale=locale).fit(bought, as_of=on(129))
    model.due = due(milk=29 + days)
    rows = model.shelves("ann")
    assert on_shelf(rows) == ["milk"]
    assert rows["reason"].tolist() == [said]
    assert "42" in model.recommend("ann")["reason"].item(), "elsewhere the gap is told"


def test_only_what_is_due_says_so():
    rows = fitted(due(soap=2)).shelves("ann")
    is_said = rows["reason"].str.endswith("due about now")
    assert rows.loc[is_said, "product_id"].tolist() == ["soap"]


def test_one_product_that_is_due_is_enough():
    model = ShelfRecommender(due=due(soap=2)).fit(shop(), as_of=AS_OF)
    assert model.min_items == 3
    assert on_shelf(model.shelves("ann")) == ["soap"]


def test_without_it_nothing_changes_and_who_needs_nothing_has_no_such_shelf():
    plain, told = fitted(None), fitted(due(soap=2))
    everybody = ["x0", "x1", "nobody"]
    pd.testing.assert_frame_equal(told.shelves(everybody), plain.shelves(everybody))
    assert on_shelf(fitted(due(salt=-60)).shelves("ann")) == []
    pd.testing.assert_frame_equal(told.recommend("ann"), plain.recommend("ann"))


def test_more_than_a_shelf_holds_stand_elsewhere_too():
    frame = due(**dict.fromkeys(OWN, 0.0))
    rows = fitted(frame, n_items=3).shelves("ann")
    best = fitted(None).recommend("ann", 3)["product_id"].tolist()
    assert on_shelf(rows) == best
    assert set(OWN) <= set(rows["product_id"])
    assert rows["product_id"].is_unique


@pytest.mark.parametrize("rules", [None, Rules(max_per_category=1)], ids=["free", "capped"])
def test_what_promises_little_is_shown_all_the_same(rules: Rules | None):
    # 130 products of late, more than are looked at; what is due was bought twice, long ago.
    many = " ".join(f"p{n:03d}" for n in range(130))
    visits = [("ann", float(day), "salt") for day in (1, 2)]
    visits += [("ann", 3.0, " ".join(f"q{n:02d}" for n in range(60)))]
    visits += [("ann", 80.0 + k, many) for k in range(5)]
    visits += [(f"x{n}", 90.0, many) for n in range(2)]
    bought = lines(*visits).assign(category="GROCERY")
    model = ShelfRecommender(rules=rules).fit(bought, as_of=AS_OF)
    assert "salt" not in set(model.shelves("ann")["product_id"])
    others = due(**{f"q{n:02d}": 1.0 for n in range(60)}).assign(customer_id="x0")
    model.due = pd.concat([due(salt=1), others])
    rows = model.shelves(["ann", "x0"])
    assert on_shelf(rows) == ["salt"]
    assert on_shelf(rows, "x0") == [], "what was never bought is not needed again"
    found = rows[rows["product_id"] == "salt"]
    assert found["reason"].item() == "Last bought on 3 January, due about now"
    assert 0 < found["score"].item() < 0.5


def test_what_is_not_looked_at_otherwise_gets_the_same_chance_from_the_trees():
    model = boosted(min_items=1)
    assert model.ranker_.repeat_ is not None
    customer = model.recommend(None, 1)["customer_id"].iloc[0]
    wide = model.recommend(customer, 400).set_index("product_id")
    own = wide.index[wide["shelf"] == "buy_again"].tolist()[3:6]
    never = wide.index[wide["shelf"] != "buy_again"].tolist()
    day = pd.Timestamp(model.as_of_).date()
    model.due = pd.DataFrame({"customer_id": customer, "product_id": own + never, "due_on": day})
    model.ranker_.depth = 1
    found = model.shelves(customer).set_index("product_id")
    assert on_shelf(found.reset_index(), customer) == own, "and nothing never bought"
    assert found.loc[own, "score"].tolist() == wide.loc[own, "score"].tolist()


def test_what_was_never_bought_or_may_not_be_shown_is_not():
    frame = pd.concat([due(milk=0, bread=0, rice=0, soap=0), due(milk=1).assign(customer_id="x0")])
    stock = catalogue(**{name: name for name in (*OWN, "bread", "jam")}).assign(stock=1)
    stock.loc[stock["product_id"] == "rice", "stock"] = 0
    model = ShelfRecommender(due=frame).fit(shop(), stock, as_of=AS_OF)
    exclude = pd.DataFrame({"customer_id": ["ann"], "product_id": ["soap"]})
    rows = model.shelves(["ann", "x0"], exclude=exclude)
    assert on_shelf(rows) == ["milk"]
    assert on_shelf(rows, "x0") == []
    read = DueProducts.of(frame, model._shop, model.as_of_)
    names = model._shop.purchases.products[read.key % read.n_products]
    assert sorted(names) == ["milk", "rice", "soap"]


def test_shelves_of_one_s_own_share_what_is_due(tmp_path):
    file = tmp_path / "shelves.toml"
    file.write_text(
        """
        extends = true
        drop = ["time_to_restock"]
        [[shelf]]
        name = "kitchen"
        source = "due"
        title = { en = "For the kitchen" }
        where = { products = ["milk", "rice"] }
        [[shelf]]
        name = "bath"
        source = "due"
        title = { en = "For the bath" }
        where = { products = ["soap"] }
        """
    )
    model = ShelfRecommender(due=due(soap=2, milk=2, rice=9), themes=file)
    rows = model.fit(shop(), as_of=AS_OF).shelves("ann")
    first = rows[rows["shelf_rank"] <= 2].set_index("shelf")["product_id"]
    assert first.to_dict() == {"kitchen": "milk", "bath": "soap"}


def test_a_cap_takes_from_the_other_shelves():
    kinds = shop().assign(category="GROCERY")
    least = fitted(None).recommend("ann")["product_id"].tolist()[2:6]
    rules = Rules(max_per_category=5)
    frame = due(**dict.fromkeys(least, 2.0))
    model = ShelfRecommender(due=frame, rules=rules, min_items=1)
    rows = model.fit(kinds, as_of=AS_OF).shelves("ann")
    assert on_shelf(rows) == least
    assert len(rows) == 5


def test_neither_priors_nor_a_single_shelf_hide_it():
    disliked = RowPriors().fit(
        *log(**{RESTOCK: (1, 5000, 1), "buy_again": (2, 5000, 4000)}), on(90)
    )
    assert disliked.factor(RESTOCK) < 0.5
    rows = fitted(due(soap=2), priors=disliked, n_shelves=1).shelves("ann")
    assert rows["product_id"].tolist() == ["soap"]


def test_no_answer_depends_on_who_else_is_asked_or_on_blocks(monkeypatch):
    other = due(bread=0).assign(customer_id="x3")
    model = fitted(pd.concat([other, due(soap=2, oil=-3)]))
    everybody = ["x0", "ann", "nobody", "x3", "x1"]
    whole = model.shelves(everybody)
    assert (on_shelf(whole), on_shelf(whole, "x3")) == (on_shelf(model.shelves("ann")), ["bread"])
    monkeypatch.setattr("xenorec.recommend.page.shelf_pages.AT_ONCE", 2)
    pd.testing.assert_frame_equal(model.shelves(everybody), whole)


def test_it_is_explained():
    told = fitted(due(soap=2)).explain("ann", "soap")
    assert told.spot is not None
    assert (told.spot.shelf, told.spot.place) == (RESTOCK, 1)
    assert RESTOCK in told.shelves
    assert told.facts["due"] == 2
    assert RESTOCK not in fitted(due(soap=2)).explain("ann", "milk").shelves


def test_what_a_model_says_goes_straight_in():
    weekly = lines(*[("ann", 7.0 * w, "milk") for w in range(14)], ("bob", 97, "jam"))
    larder = Replenishment().fit(weekly, as_of=AS_OF)
    for frame in (larder.predict(), larder.due(within="8d", overdue=True)):
        rows = ShelfRecommender(due=frame).fit(weekly, as_of=AS_OF).shelves()
        assert on_shelf(rows) == ["milk"]
        assert on_shelf(rows, "bob") == []


def test_a_saved_model_keeps_no_day(tmp_path):
    model = fitted(due(soap=2))
    again = ShelfRecommender.load(model.save(tmp_path / "model"))
    assert again.due is None
    pd.testing.assert_frame_equal(again.shelves(), fitted(None).shelves())
    again.due = due(soap=2)
    pd.testing.assert_frame_equal(again.shelves(), model.shelves())
    assert on_shelf(model.shelves("ann")) == ["soap"], "saving takes nothing from the model"


def test_a_frame_that_cannot_be_used_is_told():
    with pytest.raises(BadInput, match="no column 'due_on'"):
        fitted(due(milk=1).drop(columns="due_on"))
    with pytest.raises(BadInput, match=r"none of which was sold here .*'DAIRY'"):
        fitted(due(DAIRY=1)).shelves("ann")
