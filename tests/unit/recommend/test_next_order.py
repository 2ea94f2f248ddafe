"""What the order that is being made right now will hold, on shops whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.recommend.shops import Past, checkerboard, lines, on
from tests.unit.recommend.trained import AS_OF, grocery
from xenorec.errors import BadInput, NotFitted
from xenorec.recommend import NextOrder
from xenorec.recommend.line_log import read_lines
from xenorec.recommend.next_order.order_ranker import PER_CUSTOMER, SPAN, order_landmarks
from xenorec.recommend.next_order.recent_orders import with_recent
from xenorec.recommend.purchase_matrix import count_purchases
from xenorec.timestamps import as_instant, microseconds

COLUMNS = ["customer_id", "product_id", "rank", "score", "level"]


def alternating(n_customers: int = 40, n_visits: int = 40) -> pd.DataFrame:
    """Everybody comes every four days with milk and, turn by turn, with bread or with soap."""
    visits = [
        (f"c{c:02d}", 4.0 * v + c / 100, f"milk {('bread', 'soap')[(v + c) % 2]}")
        for c in range(n_customers)
        for v in range(n_visits)
    ]
    return lines(*visits)


def best(rows: pd.DataFrame, customer: str) -> list[str]:
    return rows.loc[rows["customer_id"] == customer, "product_id"].tolist()


def test_one_row_per_customer_and_product_best_first_in_the_order_asked():
    rows = NextOrder().fit(checkerboard()).recommend(["c03", "new", "c00", "c03"], n=5)
    assert rows.columns.tolist() == COLUMNS
    assert rows["customer_id"].tolist() == ["c03"] * 5 + ["new"] * 5 + ["c00"] * 5
    assert rows["rank"].tolist() == [1, 2, 3, 4, 5] * 3
    for _, own in rows.groupby("customer_id"):
        assert own["score"].is_monotonic_decreasing
        assert own["product_id"].is_unique
    assert rows["score"].between(0, 1).all()


def test_whose_turn_it_is_is_learned_from_past_orders():
    shop = alternating()
    model = NextOrder().fit(shop)
    assert model.ranker_.repeat_ is not None
    rows = model.recommend(n=3, at=on(160.5))
    for c in range(40):
        due = ("bread", "soap")[c % 2]  # the 41st visit is an even one, as the first
        assert set(best(rows, f"c{c:02d}")[:2]) == {"milk", due}
    frame = rows.set_index(["customer_id", "product_id"])["score"]
    assert frame["c00", "milk"] > 0.9
    assert frame["c00", "soap"] < 0.1


def test_plain_rules_give_the_share_of_a_small_shops_orders():
    shop = lines(
        *[("ann", 7.0 * w, "milk") for w in range(8)],
        ("ann", 14.0, "tea"),
        ("bob", 40.0, "bread"),
    )
    model = NextOrder().fit(shop)
    assert model.ranker_.repeat_ is None
    rows = model.recommend(["ann"], n=3)
    assert rows["product_id"].tolist() == ["milk", "tea", "bread"]
    assert rows["level"].tolist() == ["personal", "personal", "shop"]
    assert 0.5 < rows["score"].iloc[0] < 1
    assert rows["score"].iloc[1] < 0.2


def test_somebody_unknown_gets_what_the_shop_sells_most():
    shop = lines(*[(f"c{i}", 50 + i / 10, "bread milk") for i in range(5)], ("c0", 52, "bread tea"))
    rows = NextOrder().fit(shop).recommend(["nobody"], n=2)
    assert rows["product_id"].tolist() == ["bread", "milk"]
    assert set(rows["level"]) == {"shop"}
    assert rows["score"].gt(0).all()


def test_everybody_with_one_order_gets_finite_answers():
    shop = lines(*[(f"c{i}", float(i), f"p{i % 3}") for i in range(9)])
    rows = NextOrder().fit(shop).recommend(n=3)
    assert len(rows) == 27
    assert rows["score"].between(0, 1).all()
    first = rows[rows["rank"] == 1].set_index("customer_id")["product_id"]
    assert all(first[f"c{i}"] == f"p{i % 3}" for i in range(9))


def test_lines_since_the_fit_are_past_of_their_own_customer_alone():
    model = NextOrder().fit(checkerboard(), as_of=on(66))
    before = model.recommend(["c00", "c02"], n=8, at=on(68))
    recent = lines(*[("c00", 66 + i / 10, "p7") for i in range(1, 9)])
    after = model.recommend(["c00", "c02"], n=8, at=on(68), recent=recent)
    assert best(before, "c00")[0] != "p7"
    assert best(after, "c00")[0] == "p7"
    assert best(after, "c02") == best(before, "c02")


def test_lines_at_or_after_the_order_or_known_already_change_nothing():
    model = NextOrder().fit(checkerboard(), as_of=on(66))
    plain = model.recommend(["c00"], n=8, at=on(67))
    late = lines(("c00", 67, "p7"), ("c00", 69, "p7"), ("c00", 60, "p7"))
    pd.testing.assert_frame_equal(model.recommend(["c00"], n=8, at=on(67), recent=late), plain)


def test_a_customer_of_today_is_known_by_their_earlier_order_of_today():
    model = NextOrder().fit(checkerboard())
    rows = model.recommend(["new"], n=3, recent=lines(("new", 70, "p3"), ("new", 71, "p3 unheard")))
    assert rows["product_id"].iloc[0] == "p3"
    assert rows["level"].iloc[0] == "personal"
    assert "unheard" not in set(rows["product_id"])


def test_a_journal_without_orders_yet_changes_nothing():
    model = NextOrder().fit(checkerboard())
    plain = model.recommend(["c00"], n=3)
    one = lines(("c00", 70, "p7"))
    for journal in (one.iloc[:0], one.assign(customer_id=pd.Series([None], dtype=object))):
        pd.testing.assert_frame_equal(model.recommend(["c00"], n=3, recent=journal), plain)


def test_an_instant_long_after_lets_habits_fade():
    shop = lines(*[("ann", 7.0 * w, "milk") for w in range(8)], ("ann", 50, "tea"))
    rows = NextOrder().fit(shop).recommend(["ann"], n=2, at=on(400))
    assert rows["product_id"].tolist() == ["milk", "tea"]


def test_an_update_keeps_what_was_learned_and_sees_what_is_new():
    shop = alternating()
    model = NextOrder().fit(shop, as_of=on(120))
    learned = model.ranker_.repeat_
    model.update(shop)
    assert model.ranker_.repeat_ is learned
    assert set(model.recommend(["c00"], n=2, at=on(160.5))["product_id"]) == {"milk", "bread"}
    with pytest.raises(BadInput, match="would know what came later"):
        model.update(shop, as_of=on(100))


def test_what_may_not_be_shown_is_not_named():
    history = Past(
        lines(*[("ann", float(w), "beer milk soap gone") for w in range(8)]),
        pd.DataFrame(
            {
                "product_id": ["beer", "milk", "soap", "gone"],
                "title": ["Lager", "Milk", "Soap", "Oats"],
                "category": ["BEER", "DAIRY", "SOAP", "CEREAL"],
                "stock": [5, 5, 5, 0],
            }
        ),
        pd.DataFrame({"customer_id": ["ann"], "is_minor": [True]}),
    )
    rows = NextOrder().fit(history).recommend(["ann"], n=4)
    assert set(rows["product_id"]) == {"milk", "soap"}
    closed = pd.DataFrame({"product_id": ["soap"]})
    rows = NextOrder().fit(history).recommend(["ann"], n=4, exclude=closed)
    assert rows["product_id"].tolist() == ["milk"]


def test_a_cap_on_categories_holds():
    history = Past(
        lines(*[("ann", float(w), "a b c") for w in range(8)], ("bob", 3, "d")),
        pd.DataFrame(
            {
                "product_id": list("abcd"),
                "title": list("abcd"),
                "category": ["TEA", "TEA", "TEA", "JAM"],
            }
        ),
        pd.DataFrame({"customer_id": ["ann", "bob"]}),
    )
    rows = NextOrder(rules=xr.Rules(max_per_category=1)).fit(history).recommend(["ann"], n=3)
    assert rows["product_id"].tolist() == ["a", "d"]
    assert rows["rank"].tolist() == [1, 2]


def test_rows_later_than_as_of_change_nothing():
    shop = alternating()
    early = shop[shop["ordered_at"] <= on(120)]
    one = NextOrder().fit(shop, as_of=on(120)).recommend(n=3)
    two = NextOrder().fit(early, as_of=on(120)).recommend(n=3)
    pd.testing.assert_frame_equal(one, two)


def test_the_order_of_rows_changes_nothing():
    shop = alternating()
    one = NextOrder().fit(shop).recommend(n=3)
    two = NextOrder().fit(shop.sample(frac=1, random_state=1)).recommend(n=3)
    pd.testing.assert_frame_equal(one, two)


def test_a_history_is_read_with_its_products():
    model = xr.NextOrder().fit(grocery().history(AS_OF))
    rows = model.recommend(n=2)
    assert len(rows) == 2 * rows["customer_id"].nunique()
    assert model.as_of_ == as_instant(AS_OF)


def test_landmarks_are_orders_after_another_of_spans_that_begin_before_them():
    purchases = count_purchases(read_lines(alternating(3)), as_instant(on(160)))
    shop = NextOrder().fit(alternating(3)).shop
    found = list(order_landmarks(shop, 100))
    assert len(found) == 7  # 156 days: of the spans' starts the earliest is on day 58 or later
    for landmark in found:
        begin = microseconds(landmark.shop.purchases.as_of)
        assert (landmark.before > begin).all()
        assert (landmark.before <= begin + microseconds(SPAN)).all()
        assert (landmark.shop.purchases.orders.at <= begin).all()
        assert pd.Series(landmark.customer).value_counts().max() <= PER_CUSTOMER
        assert (landmark.n_held == 2).all()
    assert len(purchases.customers) == 3


def test_with_recent_orders_the_new_among_the_known():
    known = count_purchases(read_lines(lines(("ann", 1, "a b"), ("bob", 2, "b"))), on(3))
    recent = lines(("bob", 5, "a"), ("ann", 4, "b zzz"), ("eve", 6, "a"), ("ann", 2, "b"))
    both = with_recent(known, read_lines(recent))
    assert both.customers.tolist() == ["ann", "bob", "eve"]
    assert both.products.tolist() == ["a", "b"]
    assert both.orders.customer.tolist() == [0, 0, 1, 1, 2]
    assert [both.products[p] for p in both.product] == ["a", "b", "b", "b", "a", "a"]
    assert both.order.tolist() == [0, 0, 1, 2, 3, 4]
    assert both.bought.n_orders.tolist() == [1, 2, 1, 1, 1]


def test_it_says_what_is_wrong():
    with pytest.raises(NotFitted, match="call fit"):
        NextOrder().recommend()
    with pytest.raises(NotFitted, match="call fit"):
        NextOrder().update(checkerboard())
    model = NextOrder().fit(checkerboard())
    with pytest.raises(BadInput, match="at is 2017-01-11"):
        model.recommend(at=on(10))
    with pytest.raises(BadInput, match="n is 0"):
        model.recommend(n=0)
    with pytest.raises(BadInput, match="product_id"):
        NextOrder().fit(checkerboard().drop(columns="product_id"))
    assert model.recommend([]).columns.tolist() == COLUMNS
    assert "c00" not in repr(model)
