"""Each rule on a shop where only that rule keeps a product from being shown."""

from __future__ import annotations

import logging
from copy import copy
from datetime import UTC, datetime

import pandas as pd
import pytest

from tests.unit.recommend.shops import Past, lines, on
from xenorec.errors import BadInput, XenorecWarning
from xenorec.recommend import Rules, ShelfRecommender

AS_OF = datetime(2017, 3, 1, tzinfo=UTC)  # day 59
GOODS = {
    "milk": ("Milk", ["FOOD", "DAIRY"], "Meadow", 1.0),
    "curd": ("Curd", ["FOOD", "DAIRY"], "Meadow", 2.0),
    "whey": ("Whey", ["FOOD", "DAIRY"], "Alp", 2.5),
    "rice": ("Rice", ["FOOD", "GRAIN"], "Field", 3.0),
    "oats": ("Oats", ["FOOD", "GRAIN"], "Field", 4.0),
    "soap": ("Soap", ["HOME", "BATH"], "Foam", 5.0),
    "beer": ("Pale Ale Beer", ["FOOD", "BEERS"], "Hop", 6.0),
    "pill": ("Aspirin", ["HOME", "PHARMACY"], "Cure", 7.0),
}
SHOWN = {"milk", "curd", "whey", "rice", "oats", "soap"}


def shop() -> pd.DataFrame:
    """Five neighbours who buy everything in the north and, but for soap, in the south."""
    visits = []
    for c in range(5):
        for week in range(8):
            visits.append((f"n{c}", 7.0 * week + c / 10, " ".join(GOODS)))
            visits.append((f"s{c}", 7.0 * week + c / 10, " ".join(set(GOODS) - {"soap"})))
    visits += [("ann", 7.0 * week, "milk curd rice") for week in range(8)]
    visits += [("kid", 30.0, "milk beer"), ("ann", 57.0, "oats")]
    frame = lines(*visits)
    frame["store_id"] = frame["customer_id"].map(lambda c: "south" if c[0] in "sa" else "north")
    frame["quantity"], frame["refunded_quantity"] = 1, None
    frame["net_amount"] = frame["product_id"].map(lambda p: GOODS[p][3])
    return frame


def goods(**columns: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(name, *facts) for name, facts in GOODS.items()],
        columns=["product_id", "title", "category_path", "brand", "price_amount"],
    )
    frame["category"] = frame["category_path"].str[1]
    for name, values in columns.items():
        frame[name] = frame["product_id"].map(values.get)
    return frame


PEOPLE = pd.DataFrame(
    {"customer_id": ["ann", "kid", "new"], "is_minor": [None, True, False]}
).astype({"is_minor": object})


def fitted(rows: pd.DataFrame | None = None, products: pd.DataFrame | None = None, **settings):
    history = Past(
        shop() if rows is None else rows, goods() if products is None else products, PEOPLE, AS_OF
    )
    return ShelfRecommender(min_items=1, **settings).fit(history)


@pytest.fixture(scope="module")
def model():
    return fitted()


def under(model: ShelfRecommender, **rules) -> ShelfRecommender:
    changed = copy(model)
    changed.rules = Rules(**rules)
    return changed


def shown(model: ShelfRecommender, customer: str = "ann") -> set[str]:
    listed = set(model.recommend(customer, 20)["product_id"])
    assert set(model.shelves(customer)["product_id"]) <= listed
    return listed


def count(model: ShelfRecommender, rule: str, customer: str = "ann") -> int:
    table = model.removals([customer]).set_index("rule")
    return int(table.loc[rule, "n_cells"])


def why(model: ShelfRecommender, product: str, customer: str = "ann") -> tuple[str | None, str]:
    found = model.explain(customer, product)
    return found.rule, found.removed


def test_without_rules_all_but_what_is_sensitive_is_shown_to_a_known_adult(model):
    assert shown(model) == {*SHOWN, "beer"}
    assert why(model, "pill") == (
        "sensitive",
        "its topic (health) is sensitive and was not allowed.",
    )
    assert count(model, "sensitive") == 1


@pytest.mark.parametrize("customer", ["kid", "nobody"])
def test_alcohol_is_for_known_adults_only(model, customer):
    assert "beer" not in shown(model, customer)
    assert "beer" in shown(under(model, age_restricted=False), customer)
    assert why(model, "beer", customer) == (
        "age_restricted",
        "it is for adults only, and this person is a minor or not known.",
    )


def test_a_customer_who_never_bought_and_is_of_age_is_shown_alcohol(model):
    assert "beer" in shown(model, "new")


def test_till_lists_for_anybody_hold_nothing_for_adults_only(model):
    assert "beer" not in set(model.popular("north")["product_id"])
    pairs = model.pairs(20, min_count=1)
    assert "beer" not in {*pairs["product_id"], *pairs["other_product_id"]}
    assert "beer" in set(under(model, age_restricted=False).pairs(20, min_count=1)["product_id"])


def test_health_may_be_allowed_and_alcohol_stays_a_matter_of_age():
    model = fitted(allow=("health",))
    assert shown(model) == set(GOODS)
    assert "beer" not in shown(model, "kid")


def test_what_is_out_of_stock_is_not_shown_and_what_is_not_known_is():
    model = fitted(products=goods(stock={"milk": 0.0, "curd": 3.0, "rice": -2.0}))
    assert shown(model) == {*SHOWN, "beer"} - {"milk", "rice"}
    assert shown(under(model, out_of_stock=False)) == {*SHOWN, "beer"}
    assert why(model, "milk") == ("out_of_stock", "the catalog has 0 in stock.")


def test_what_is_not_on_sale_at_as_of_is_not_shown():
    model = fitted(
        products=goods(
            active_to={"milk": AS_OF, "curd": pd.Timestamp("2017-03-02", tz="UTC")},
            active_from={"rice": pd.Timestamp("2017-03-05", tz="UTC"), "oats": AS_OF},
        )
    )
    assert shown(model) == {*SHOWN, "beer"} - {"milk", "rice"}
    assert shown(under(model, discontinued=False)) == {*SHOWN, "beer"}
    assert why(model, "milk") == ("discontinued", "it was on sale until 1 March 2017 only.")
    assert why(model, "rice") == ("discontinued", "it is on sale from 5 March 2017 only.")


def test_what_the_store_never_sold_though_the_shop_does_is_not_shown(model):
    strict = under(model, not_in_store=True)
    assert shown(model) - shown(strict) == {"soap"}
    assert "soap" in shown(strict, "n0")
    assert "soap" in shown(strict, "nobody")
    assert why(strict, "soap") == (
        "not_in_store",
        "it was never sold in store south, and 35 times in the shop in the last 56 days.",
    )


def test_a_store_that_sells_too_little_to_tell_closes_nothing():
    rows = shop()
    kept = ~rows["customer_id"].str.startswith("s")
    model = fitted(rows[kept & ((rows["customer_id"] != "ann") | (rows["ordered_at"] > on(50)))])
    assert shown(under(model, not_in_store=True)) == shown(model)


def test_an_assortment_closes_what_the_store_does_not_have(model):
    frame = pd.DataFrame(
        {"store_id": ["south", "south", "east"], "product_id": ["milk", "soap", "x"]}
    )
    strict = under(model, assortment=frame)
    assert shown(strict) == {"milk", "soap"}
    assert shown(strict, "n0") == shown(model, "n0"), "a store that is not listed closes nothing"
    assert why(strict, "rice")[1] == "it is not in the assortment of store south."


def test_what_was_bought_of_late_is_not_shown(model):
    strict = under(model, bought_within="7d")
    assert shown(model) - shown(strict) == {"oats"}
    assert why(strict, "oats") == (
        "bought_recently",
        "bought on 27 February, and the rule is 7 days.",
    )
    assert shown(model) - shown(under(model, bought_within="14d")) == {
        *("oats", "milk", "curd", "rice"),
    }
    assert "oats" in shown(strict, "nobody")


def given_back(rows: pd.DataFrame, quantity: float | None) -> pd.DataFrame:
    last = (rows["customer_id"] == "ann") & (rows["product_id"] == "oats")
    return rows.assign(refunded_quantity=[quantity if is_last else None for is_last in last])


def test_what_was_given_back_wholly_is_not_shown():
    model = fitted(given_back(shop(), 1.0))
    strict = under(model, returned_within="30d")
    assert shown(model) - shown(strict) == {"oats"}
    assert why(strict, "oats") == (
        "returned",
        "given back (27 February), and the rule is 30 days.",
    )
    assert shown(under(model, returned_within="1d")) == shown(model)
    assert "oats" in shown(strict, "n0")


def test_half_given_back_is_kept_and_bought_again_counts():
    half = given_back(shop().assign(quantity=2.0), 1.0)
    assert "oats" in shown(under(fitted(half), returned_within="30d"))
    again = lines(("ann", 58.0, "oats")).assign(store_id="south", quantity=1, net_amount=4.0)
    both = pd.concat([given_back(shop(), 1.0), again])
    assert "oats" in shown(under(fitted(both), returned_within="30d"))


def test_a_return_as_a_line_of_its_own_counts_and_one_after_as_of_does_not():
    back = lines(("ann", 58.0, "oats")).assign(store_id="south", quantity=-1, net_amount=-4.0)
    model = fitted(pd.concat([shop(), back]))
    assert "oats" not in shown(under(model, returned_within="30d"))
    later = back.assign(ordered_at=on(59.5))
    frame = pd.concat([shop(), later])
    cut = ShelfRecommender(min_items=1, rules=Rules(returned_within="30d")).fit(
        frame, goods(), as_of=AS_OF
    )
    assert "oats" in shown(cut)


def test_categories_are_blocked_for_everybody_or_for_one_and_by_purpose(model):
    frame = pd.DataFrame(
        {
            "customer_id": ["ann", None, None],
            "category": ["DAIRY", "BATH", "GRAIN"],
            "purpose": [None, None, "service"],
        }
    )
    strict = under(model, blocked=frame)
    assert shown(model) - shown(strict) == {"milk", "curd", "whey", "soap"}
    assert shown(model, "n0") - shown(strict, "n0") == {"soap"}
    service = under(model, blocked=frame, purpose="service")
    assert shown(model, "n0") - shown(service, "n0") == {"soap", "rice", "oats"}
    assert why(strict, "soap") == ("blocked_category", "its category BATH is blocked.")
    assert why(strict, "milk")[0] == "blocked_category"


def test_a_category_is_any_level_of_the_path_and_an_unknown_one_warns(model):
    assert shown(under(model, block_categories=("FOOD",))) == {"soap"}
    with pytest.warns(XenorecWarning, match=r"category-unknown: .*'DIARY'.* mean 'DAIRY'"):
        assert shown(under(model, block_categories=("DIARY",))) == shown(model)


def test_prices_stay_in_the_band_and_an_unknown_price_is_open():
    model = fitted(
        shop().drop(columns="net_amount"), goods(price_amount={"milk": 1, "oats": 4, "soap": 5})
    )
    assert shown(under(model, min_price=2)) == {*SHOWN, "beer"} - {"milk"}
    strict = under(model, max_price=4)
    assert shown(strict) == {*SHOWN, "beer"} - {"soap"}
    assert why(strict, "soap") == (
        "price_band",
        "it costs 5.00, and the highest price is 4.00.",
    )


def test_what_is_far_above_the_customers_usual_price_is_not_shown(model):
    # Ann paid 1, 2 and 3 eight times each and 4 once: of ten purchases nine cost 3 or less.
    strict = under(model, max_usual_price=1.5)
    assert shown(model) - shown(strict) == {"soap", "beer"}
    assert shown(model) - shown(under(model, max_usual_price=2.0)) == set()
    assert shown(model) - shown(under(model, max_usual_price=1.5, usual_quantile=0.3)) >= {"oats"}
    assert shown(strict, "new") == shown(model, "new"), "without purchases there is no usual price"
    assert why(strict, "soap") == (
        "price_band",
        "it costs 5.00, more than 1.5 times the 3.00 that 90% of this customer's purchases did "
        "not exceed.",
    )


def test_products_that_earn_too_little_are_not_shown(model):
    own = fitted(products=goods(margin_share={"milk": 0.05, "curd": 0.4}))
    assert shown(own) - shown(under(own, min_margin=0.1)) == {"milk"}
    frame = pd.DataFrame({"product_id": ["rice", "curd"], "margin_share": [0.02, 0.01]})
    strict = under(own, min_margin=0.1, margins=frame)
    assert shown(own) - shown(strict) == {"milk", "rice", "curd"}
    assert why(strict, "rice") == ("margin", "its margin is 2%, and the least is 10%.")
    with pytest.warns(XenorecWarning, match="margin-unknown"):
        assert shown(under(model, min_margin=0.1)) == shown(model)


EXPOSURES = pd.DataFrame(
    [
        ("ann", "m1", "soap", on(40)),
        ("ann", "m2", "milk", on(45)),  # bought since, on day 49
        ("ann", "m2", "whey", on(45)),
        ("ann", "m3", "curd", on(58)),
        ("ann", "m4", "rice", on(60)),  # after as_of
        ("n0", "m9", "oats", on(58)),
    ],
    columns=["customer_id", "message_key", "product_id", "exposed_at"],
)


def test_what_the_last_messages_showed_is_not_shown_until_it_was_bought(model):
    def closed(n: int) -> set[str]:
        return shown(model) - shown(under(model, shown_last=n, exposures=EXPOSURES))

    assert closed(1) == {"curd"}
    assert closed(2) == {"curd", "whey"}
    assert closed(3) == {"curd", "whey", "soap"}
    strict = under(model, shown_last=2, exposures=EXPOSURES)
    assert why(strict, "whey") == (
        "shown_recently",
        "shown on 15 February, not bought since, and the rule is the last 2 messages.",
    )


def test_a_person_without_purchases_remembers_messages_too(model):
    frame = EXPOSURES.assign(customer_id="new", exposed_at=on(50))
    strict = under(model, shown_last=9, exposures=frame)
    assert shown(model, "new") - shown(strict, "new") == {
        *("soap", "milk", "whey", "curd", "rice", "oats"),
    }


def test_excluded_products_have_their_rule(model):
    closed = pd.DataFrame({"customer_id": ["ann", None], "product_id": ["milk", "soap"]})
    table = model.removals(["ann", "n0"], exclude=closed).set_index("rule")
    assert table.loc["excluded", "n_cells"] == 3
    found = model.explain("ann", "milk", exclude=closed)
    assert (found.rule, found.reason) == ("excluded", None)


def test_counts_add_up_and_a_pair_counts_under_the_first_rule():
    stock = goods(stock={"milk": 0.0, "pill": 0.0})
    model = fitted(products=stock, rules=Rules(bought_within="7d", block_categories=("DAIRY",)))
    table = model.removals(["ann", "kid", "nobody"]).set_index("rule")
    assert table["n_cells"].sum() == 3 * len(GOODS), "this shop is small: all are candidates"
    assert table.loc["sensitive"].tolist() == [1, 3, 3], "pill is also out of stock"
    assert table.loc["out_of_stock"].tolist() == [1, 3, 3], "milk is also of a blocked category"
    assert table.loc["blocked_category"].tolist() == [2, 3, 6]
    assert table.loc["age_restricted"].tolist() == [1, 2, 2]
    assert table.loc["bought_recently"].tolist() == [1, 1, 1]
    n_left = sum(len(shown(model, customer)) for customer in ("ann", "kid", "nobody"))
    assert table.loc["left", "n_cells"] == n_left


def test_caps_count_what_the_list_leaves_out(model):
    strict = under(model, max_per_category=2, max_per_brand=1)
    assert len(shown(strict)) == 5, "curd or milk, whey, one of Field, soap and beer"
    table = strict.removals(["ann"]).set_index("rule")
    assert table["n_cells"].sum() == len(GOODS)
    assert table.loc["left", "n_cells"] == 5
    rule, removed = why(strict, "oats")
    assert rule == "per_brand"
    assert removed == (
        "at most 1 of the brand Field may stand in one list or page, and 1 that promise more "
        "come first."
    )


@pytest.fixture(scope="module")
def wide():
    """A hundred and fifty products of one kind that all buy, then thirty of a kind each."""
    many = [f"a{i:03d}" for i in range(150)]
    few = [f"z{i:02d}" for i in range(30)]
    rows = lines(
        *[(f"x{c}", 50.0 + c / 10, " ".join(many)) for c in range(5)], ("y", 50.0, " ".join(few))
    )
    products = pd.DataFrame({"product_id": [*many, *few], "title": [*many, *few]})
    products["category"] = ["COMMON"] * 150 + few
    return ShelfRecommender(n_shelves=1, n_items=10, min_items=1).fit(rows, products)


def test_who_does_not_want_what_is_popular_gets_what_is_less_so(wide):
    blocked = pd.DataFrame({"customer_id": ["new"], "category": ["COMMON"]})
    found = under(wide, blocked=blocked).recommend("new", 10)["product_id"]
    assert found.tolist() == [f"z{i:02d}" for i in range(10)]


def test_a_capped_page_is_filled_from_what_is_less_popular(wide):
    capped = under(wide, max_per_category=1)
    listed = ["a000", *(f"z{i:02d}" for i in range(9))]
    assert capped.recommend("new", 10)["product_id"].tolist() == listed
    assert capped.shelves("new")["product_id"].tolist() == listed


def test_removals_are_logged_once_with_counts_and_no_name(model, caplog):
    with caplog.at_level(logging.INFO, logger="xenorec"):
        under(model, bought_within="7d").removals(["ann"])
    assert [record.getMessage() for record in caplog.records] == [
        "action=guard candidates=8 left=6 sensitive=1 bought_recently=1"
    ]


def test_removals_are_the_same_in_blocks_of_customers(model, monkeypatch):
    strict = under(
        model,
        bought_within="7d",
        not_in_store=True,
        max_usual_price=1.5,
        shown_last=2,
        exposures=EXPOSURES,
        blocked=pd.DataFrame({"customer_id": ["s1"], "category": ["GRAIN"]}),
        max_per_brand=1,
    )
    asked = ["kid", "ann", "n1", "nobody", "s1", "n0"]
    expected = strict.removals(asked), strict.recommend(asked), strict.shelves(asked)
    monkeypatch.setattr("xenorec.recommend.page.shelf_pages.AT_ONCE", 2)
    pd.testing.assert_frame_equal(strict.removals(asked), expected[0])
    pd.testing.assert_frame_equal(strict.recommend(asked), expected[1])
    pd.testing.assert_frame_equal(strict.shelves(asked), expected[2])


def test_all_wrong_rules_are_told_at_once():
    with pytest.raises(BadInput) as caught:
        ShelfRecommender(
            rules=Rules(
                bought_within="7",
                max_per_brand=0,
                max_price=-1,
                min_margin=15,
                shown_last=3,
                block_categories="FOOD",  # type: ignore[arg-type]
            )
        ).fit(shop())
    for told in (
        *("bought_within", "max_per_brand is 0", "max_price is -1", "min_margin is 15"),
        *("shown_last needs exposures", "block_categories is 'FOOD'"),
    ):
        assert told in str(caught.value)


def test_rules_with_frames_are_saved_and_loaded(tmp_path, model):
    frame = pd.DataFrame({"store_id": ["south"] * 2, "product_id": ["milk", "soap"]})
    strict = under(model, assortment=frame, shown_last=2, exposures=EXPOSURES, min_price=0.5)
    strict.save(tmp_path / "model")
    again = ShelfRecommender.load(tmp_path / "model")
    pd.testing.assert_frame_equal(again.shelves(), strict.shelves())
    pd.testing.assert_frame_equal(again.removals(), strict.removals())
