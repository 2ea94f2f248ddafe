"""Every model that takes a plain frame reads it alike: the same rows, whoever reads them."""

import warnings
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from xenorec.errors import BadInput
from xenorec.recommend import NextOrder, ShelfRecommender
from xenorec.timing import Lapse, LifetimeValue, NextPurchase, Replenishment, SendTime

AS_OF = "2017-04-24"
START = pd.Timestamp("2017-01-02 09:00", tz="UTC")


def shop(n_customers=24, n_weeks=16):
    """Return lines of orders: everybody comes every week or two for two of four products."""
    rng = np.random.default_rng(3)
    rows = []
    for c in range(n_customers):
        for week in range(0, n_weeks, 1 + c % 2):
            at = START + pd.Timedelta(days=7 * week + c % 5, minutes=int(rng.integers(600)))
            for product in (c % 4, (c + week) % 4):
                paid = round(float(rng.uniform(1, 9)), 2)
                rows.append((f"{c + 1}", f"o{c}-{week}", at, f"p{product}", "drinks", 1.0, paid))
    names = ["customer_id", "order_id", "ordered_at", "product_id", "category", "quantity"]
    frame = pd.DataFrame(rows, columns=[*names, "net_amount"])
    return frame.drop_duplicates(["order_id", "product_id"]).assign(time_zone="Europe/Rome")


LINES = shop()


def orders(lines):
    keys = ["customer_id", "order_id", "ordered_at", "time_zone"]
    return lines.groupby(keys, as_index=False, dropna=False)["net_amount"].sum()


def events(lines):
    return orders(lines).rename(columns={"ordered_at": "at"})[["customer_id", "at", "time_zone"]]


MODELS = {
    "shelves": (ShelfRecommender, lambda rows: rows, "recommend"),
    "next order": (NextOrder, lambda rows: rows, "recommend"),
    "restock": (Replenishment, lambda rows: rows, "predict"),
    "next purchase": (NextPurchase, orders, "predict"),
    "lapse": (Lapse, orders, "predict"),
    "value": (LifetimeValue, orders, "predict"),
    "hours": (SendTime, events, "predict"),
}
every_model = pytest.mark.parametrize("name", MODELS)


def fitted(name, rows=LINES, reshape=None):
    make, of, _ = MODELS[name]
    frame = of(rows)
    frame = frame if reshape is None else reshape(frame)
    model = make()
    return model.fit(frame, as_of=AS_OF)


def ask(name, model, *asked):
    told = getattr(model, MODELS[name][2])(*asked)
    return told.reset_index(drop=True)


@pytest.fixture(scope="module")
def usual():
    return {name: fitted(name) for name in MODELS}


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@every_model
def test_the_order_of_rows_changes_nothing(usual, name):
    mixed = LINES.assign(net_amount=LINES["net_amount"] / 3).sample(frac=1, random_state=5)
    plain = fitted(name, LINES.assign(net_amount=LINES["net_amount"] / 3))
    again = fitted(name, mixed, lambda frame: frame.sample(frac=1, random_state=6))
    same(ask(name, again), ask(name, plain))


@every_model
@pytest.mark.parametrize("nobody", ["", "  ", "nan", "NaN", "None", "null", None, float("nan")])
def test_who_has_no_id_is_no_customer(usual, name, nobody):
    other = LINES[LINES["customer_id"] == "1"].assign(customer_id=nobody)
    other["order_id"] = other["order_id"] + "?"
    model = fitted(name, pd.concat([LINES, other], ignore_index=True))
    same(ask(name, model), ask(name, usual[name]))


@every_model
def test_rows_after_as_of_change_nothing_whatever_they_say(usual, name):
    later = LINES.head(9).assign(ordered_at=pd.Timestamp("2017-04-24 00:00:01", tz="UTC"))
    model = fitted(name, pd.concat([LINES, later], ignore_index=True))
    same(ask(name, model), ask(name, usual[name]))


NUMERIC = [name for name in MODELS if name != "hours"]


@pytest.mark.parametrize("name", NUMERIC)
def test_numbers_may_come_as_text(usual, name):
    def as_text(frame):
        columns = [c for c in ("quantity", "net_amount") if c in frame]
        return frame.assign(**{c: [f" {v:.2f} " for v in frame[c]] for c in columns})

    same(ask(name, fitted(name, LINES, as_text)), ask(name, usual[name]))


@pytest.mark.parametrize("text", ["1,5", "two", "$2", "1.234,50", "0x10"])
@pytest.mark.parametrize("name", NUMERIC)
def test_a_text_that_is_no_number_is_shown(name, text):
    with pytest.raises(BadInput, match="which is no number"):
        fitted(name, LINES, lambda frame: frame.assign(net_amount=text, quantity=text))


@pytest.mark.parametrize("name", NUMERIC)
def test_what_floats_leave_behind_is_no_money_and_no_return(usual, name):
    dust = np.where(np.arange(len(LINES)) % 2, 8e-14, -8e-14)
    gift = LINES.assign(net_amount=0.0)
    one = fitted(name, gift)
    other = fitted(name, gift.assign(net_amount=dust, quantity=LINES["quantity"] + dust))
    same(ask(name, other), ask(name, one))


@every_model
@pytest.mark.parametrize("asked", [3, np.int64(3), 3.0, "3", ["3"], pd.Series([3]), pd.Index([3])])
def test_one_id_may_be_asked_for_in_any_form(usual, name, asked):
    model = usual[name]
    same(ask(name, model, asked), ask(name, model, ["3"]))


@every_model
@pytest.mark.parametrize("asked", [True, {"3": 1}, object(), [["3"]], b"3", pd.Timestamp(0)])
def test_what_is_no_id_is_refused_in_words(usual, name, asked):
    with pytest.raises(BadInput, match=r"expected|empty"):
        ask(name, usual[name], asked)


def test_ids_of_other_kinds_are_their_text():
    from xenorec.dataset.data_frames import ids

    number = UUID(int=7)
    assert ids(number, "customer_ids").tolist() == [str(number)]
    assert ids(Decimal(3), "customer_ids").tolist() == ["3"]
    assert ids([3, "3", 3.0, np.int32(4)], "customer_ids").tolist() == ["3", "4"]
    assert ids(pa.array([3, 4]), "customer_ids").tolist() == ["3", "4"]
    assert ids(pd.Categorical(["b", "a"]), "customer_ids").tolist() == ["b", "a"]


def test_one_id_is_asked_for_by_explain_and_popular_too(usual):
    model = usual["shelves"]
    assert str(model.explain(3, "p1")) == str(model.explain("3", "p1"))
    with pytest.raises(BadInput, match="expected one"):
        model.explain(["1", "2"], "p1")
    assert len(model.popular(n=2)) == 2


# -- one id, several orders -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shelves", "next order", "value"])
def test_an_id_that_comes_again_is_another_order(name):
    number = LINES.groupby("customer_id")["order_id"].rank("dense").astype(int).astype(str)
    again = LINES.assign(order_id=number)  # every customer's orders are 1, 2, 3 ...
    with pytest.warns(UserWarning, match="^order-id-reused: "):
        model = fitted(name, again)
    told = fitted(name)
    columns = [c for c in ask(name, told).columns if c != "reason"]
    same(ask(name, model)[columns], ask(name, told)[columns])


def test_years_apart_is_another_order():
    days = pd.to_datetime(["2015-03-01", "2015-03-01", "2017-03-01"])
    rows = pd.DataFrame({"customer_id": "a", "order_id": "17", "ordered_at": days})
    lines = rows.assign(product_id=["tea", "milk", "tea"])
    with pytest.warns(UserWarning, match="^order-id-reused: 1 order ids, such as '17'"):
        reason = ShelfRecommender().fit(lines).recommend(["a"]).set_index("product_id")["reason"]
    assert "2" in reason["tea"] or "twice" in reason["tea"]
    with pytest.warns(UserWarning, match="^order-id-reused: "):
        value = LifetimeValue().fit(rows.iloc[1:].assign(net_amount=3.0))
    assert value.worths_[""].base.frequency.tolist() == [1.0]


def test_the_same_row_twice_is_one_order():
    frame = orders(LINES)
    twice = LifetimeValue().fit(pd.concat([frame, frame.head(5)]), as_of=AS_OF)
    same(twice.predict(), LifetimeValue().fit(frame, as_of=AS_OF).predict())
    assert "5 rows repeat another and are left out." in twice.notes_
    changed = frame.head(5).assign(net_amount=99.0)
    with pytest.raises(BadInput, match="stands in 2 rows"):
        LifetimeValue().fit(pd.concat([frame, changed]), as_of=AS_OF)


def test_an_ordinary_shop_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in MODELS:
            fitted(name)


# -- one class ------------------------------------------------------------------------------------


def test_a_coffee_cart_where_all_buy_all_is_no_error():
    rows = [
        (f"c{c}", f"{c}-{day}", START + pd.Timedelta(days=day, minutes=c), product)
        for c in range(60)
        for day in range(0, 120, 2)
        for product in ("espresso", "cappuccino", "cornetto")
    ]
    names = ["customer_id", "order_id", "ordered_at", "product_id"]
    cart = pd.DataFrame(rows, columns=names)
    told = ShelfRecommender().fit(cart).recommend(n=3)
    assert told.groupby("customer_id").size().eq(3).all()
    assert told["score"].between(0.9, 1).all()
    order = NextOrder().fit(cart).recommend(["c1", "nobody"], n=3)
    assert order.loc[order["customer_id"] == "c1", "score"].between(0.9, 1).all()
    assert np.isfinite(Replenishment().fit(cart).predict()["p_buy"]).all()
