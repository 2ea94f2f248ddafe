from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from xenorec.errors import BadInput, NotFitted
from xenorec.timing import Replenishment
from xenorec.timing.replenishment import replenishment_learner

START = pd.Timestamp("2017-01-01")
COLUMNS = [
    "customer_id",
    "product_id",
    "p_buy",
    "due_on",
    "last_bought_at",
    "n_bought",
    "is_overdue",
    "level",
]


def every(customer, product, *, days, first=0, n=10, quantity=1):
    """``n`` lines, one each ``days`` days from day ``first``."""
    at = [START + pd.Timedelta(days=first + days * k, hours=10) for k in range(n)]
    return pd.DataFrame(
        {
            "customer_id": customer,
            "order_id": [f"{customer}-{product}-{k}" for k in range(n)],
            "ordered_at": at,
            "product_id": product,
            "category": f"kind of {product}",
            "quantity": quantity,
        }
    )


def regular_shop(n=150, days=200, seed=3):
    """Everybody buys three of nine products, each about every so many days of its own."""
    rng = np.random.default_rng(seed)
    parts = []
    for i in range(n):
        for product in rng.choice(9, 3, replace=False):
            gap = (7, 14, 28)[product % 3]
            at = rng.uniform(0, gap) + np.cumsum(gap + rng.uniform(-0.15, 0.15, 60) * gap)
            at = at[at < days]
            stamps = START + pd.to_timedelta(at, unit="D")
            frame = pd.DataFrame({"ordered_at": stamps.astype("datetime64[us]")})
            frame["customer_id"], frame["product_id"] = f"c{i:03d}", f"p{product}"
            frame["order_id"] = [f"{i}-{product}-{k}" for k in range(len(at))]
            parts.append(frame)
    lines = pd.concat(parts, ignore_index=True)
    return lines.assign(category=lines["product_id"].str.replace("p", "k"), quantity=1)


AS_OF = START + pd.Timedelta(days=170)


@pytest.fixture(scope="module")
def lines():
    return regular_shop()


@pytest.fixture(scope="module")
def model(lines):
    return Replenishment().fit(lines, as_of=AS_OF)


def test_one_row_per_customer_and_product_bought_twice_the_likeliest_first(model, lines):
    told = model.predict()
    past = lines[lines["ordered_at"] <= AS_OF]
    day = past["ordered_at"].dt.normalize()
    n = past.assign(day=day).groupby(["customer_id", "product_id"])["day"].nunique()
    assert list(told.columns) == COLUMNS
    assert set(zip(told["customer_id"], told["product_id"], told["n_bought"], strict=True)) == {
        (*key, count) for key, count in n.items() if count >= 2
    }
    assert told["customer_id"].is_monotonic_increasing
    assert (told.groupby("customer_id")["p_buy"].diff().dropna() <= 0).all()


def test_a_regular_buyer_is_told_from_an_early_one_where_the_gap_model_is_blind(model, lines):
    # Every 28 days, give or take four: who bought three weeks ago buys now, who did last week
    # does not.
    assert model.gain_ > 0.05
    told = model.predict()
    told = told[told["product_id"].isin(["p2", "p5", "p8"])]
    silence = (AS_OF.tz_localize("UTC") - told["last_bought_at"]).dt.days
    soon, late = told[silence.between(18, 24)], told[silence.between(0, 8)]
    assert soon["p_buy"].mean() > 0.8
    assert late["p_buy"].mean() < 0.25


def test_the_mean_chance_agrees_with_what_happened(model, lines):
    told = model.predict()
    later = lines[(lines["ordered_at"] > AS_OF)]
    later = later[later["ordered_at"] <= AS_OF + pd.Timedelta(days=14)]
    got = set(zip(later["customer_id"], later["product_id"], strict=True))
    happened = [pair in got for pair in zip(told["customer_id"], told["product_id"], strict=True)]
    assert told["p_buy"].mean() == pytest.approx(np.mean(happened), abs=0.06)


def test_a_longer_horizon_is_never_less_likely(model):
    keys = ["customer_id", "product_id"]
    spans = ("1d", "7d", "14d", "28d", "400d")
    p = [model.predict(within=span).set_index(keys)["p_buy"].sort_index() for span in spans]
    for near, far in pairwise(p):
        assert (far >= near).all()
    assert p[0].between(0, 1).all()
    assert p[-1].between(0, 1).all()


def test_due_is_the_usual_gap_after_the_last_purchase():
    lines = pd.concat(every(f"c{i}", "milk", days=10, first=i % 5) for i in range(20))
    told = Replenishment().fit(lines, as_of=START + pd.Timedelta(days=94.5)).predict()
    last = told["last_bought_at"].dt.tz_convert(None).dt.normalize()
    assert ((told["due_on"] - last).dt.days == 10).all()
    assert not told["is_overdue"].any()


def test_overdue_says_that_the_due_day_has_passed():
    lines = pd.concat([every("late", "milk", days=10, n=5), every("new", "milk", days=10, n=9)])
    told = Replenishment().fit(lines, as_of=START + pd.Timedelta(days=85)).predict()
    assert told.set_index("customer_id")["is_overdue"].to_dict() == {"late": True, "new": False}


def test_a_larger_pack_is_due_later_where_the_shop_shows_it():
    # Packs of one and four by turns; the gap after four is four times that after one.
    def buyer(customer, last):
        quantity = ([1, 4] * 8)[: 15 if last == 1 else 16]
        at = np.cumsum([0, *(5 * q for q in quantity[:-1])])
        frame = every(customer, "rice", days=1, n=len(at))
        stamps = START + pd.to_timedelta(at, unit="D")
        return frame.assign(ordered_at=stamps, quantity=quantity)

    lines = pd.concat([buyer(f"c{i:02d}", 1 if i % 2 else 4) for i in range(40)])
    model = Replenishment().fit(lines, as_of=START + pd.Timedelta(days=190))
    told = model.predict().set_index("customer_id")
    wait = (told["due_on"] - told["last_bought_at"].dt.tz_convert(None).dt.normalize()).dt.days
    assert model.stretch_ > 0.7
    assert wait["c00"] > 2 * wait["c01"]
    alike = lines.drop(columns="quantity")
    assert Replenishment().fit(alike, as_of=START + pd.Timedelta(days=190)).stretch_ == 0


def test_due_rows_come_by_date_and_lie_in_the_window(model):
    # as_of is 2017-06-20: two days before, for three days.
    told = model.due(before="2d", within="3d")
    assert set(told["due_on"].dt.strftime("%m-%d")) == {"06-22", "06-23", "06-24"}
    assert told["due_on"].is_monotonic_increasing
    everything = model.predict()
    day = everything["due_on"].dt.strftime("%m-%d")
    assert len(told) == day.isin(["06-22", "06-23", "06-24"]).sum()


def test_daily_triggers_meet_each_row_once(model):
    parts = [model.due(before=f"{k}d", within="1d") for k in range(1, 4)]
    together = model.due(before="1d", within="3d")
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), together)


def test_the_level_says_whose_gaps_weigh_most():
    # Six customers show five gaps and more of milk; of saffron there is one other gap.
    known = pd.concat(every(f"c{i}", "milk", days=10, n=3) for i in range(6))
    lines = pd.concat(
        [
            known,
            every("often", "saffron", days=10, n=3),
            every("twice", "milk", days=10, n=2),
            every("rare", "saffron", days=10, n=2),
        ]
    )
    told = Replenishment().fit(lines, as_of="2017-03-01").predict().set_index("customer_id")
    assert told["level"].to_dict() == {
        **{f"c{i}": "personal" for i in range(6)},
        "often": "personal",
        "twice": "segment",
        "rare": "shop",
    }


def test_the_level_says_where_the_due_day_comes_from():
    # All others take 30 days, these two took 10: drawn half of the way, and a quarter.
    usual = [every(f"c{i}", "milk", days=30, n=5) for i in range(10)]
    lines = pd.concat(
        [*usual, every("two", "milk", days=10, n=2), every("four", "milk", days=10, n=4)]
    )
    told = Replenishment().fit(lines, as_of="2017-06-01").predict().set_index("customer_id")
    last = told["last_bought_at"].dt.tz_convert(None).dt.normalize()
    wait = (told["due_on"] - last).dt.days
    assert told.loc[["two", "four"], "level"].tolist() == ["segment", "personal"]
    assert 10 <= wait["four"] < 14
    assert 15 <= wait["two"] < 20


def test_a_customer_s_own_gaps_make_no_item_usual():
    # To each of them four gaps of nuts are of others, and five of milk; their own adds nothing.
    nuts = [every(f"n{i}", "nuts", days=10, n=2) for i in range(5)]
    milk = [every(f"m{i}", "milk", days=10, n=2) for i in range(6)]
    told = Replenishment().fit(pd.concat([*nuts, *milk]), as_of="2017-03-01").predict()
    assert told.groupby("product_id")["level"].unique().map(list).to_dict() == {
        "milk": ["segment"],
        "nuts": ["shop"],
    }


def test_by_category_speaks_of_categories(lines):
    told = Replenishment(by="category").fit(lines, as_of=AS_OF).predict()
    assert set(told["product_id"]) == set(lines["category"])


def test_later_rows_are_never_seen(lines, model):
    early = lines[lines["ordered_at"] <= AS_OF]
    pd.testing.assert_frame_equal(
        Replenishment().fit(early, as_of=AS_OF).predict(), model.predict()
    )


def test_a_second_fit_forgets_the_first(lines, model):
    again = Replenishment().fit(every("a", "milk", days=3), as_of="2017-03-01")
    again.fit(lines, as_of=AS_OF)
    pd.testing.assert_frame_equal(again.predict(), model.predict())


def test_an_answer_does_not_depend_on_who_else_is_asked_or_on_blocks(model, monkeypatch):
    whole = model.predict()
    alone = model.predict(["c007"])
    of_whole = whole[whole["customer_id"] == "c007"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, of_whole)
    monkeypatch.setattr("xenorec.timing.replenishment.model.BLOCK", 7)
    pd.testing.assert_frame_equal(model.predict(), whole)


def test_customers_come_in_the_order_asked_and_strangers_have_no_row(model):
    told = model.predict(["c003", "nobody", "c001", "c003"])
    assert list(dict.fromkeys(told["customer_id"])) == ["c003", "c001"]
    assert model.predict(["nobody"]).empty
    assert list(model.predict(["nobody"]).columns) == COLUMNS


def test_the_order_of_rows_and_the_kind_of_frame_do_not_matter(lines, model):
    mixed = lines.sample(frac=1, random_state=1)
    for frame in (mixed, pl.from_pandas(lines), pa.Table.from_pandas(lines)):
        told = Replenishment().fit(frame, as_of=AS_OF).predict()
        pd.testing.assert_frame_equal(told, model.predict())


class History:
    """The tables of a history, already cut."""

    def __init__(self, lines, as_of):
        self.as_of, self._lines = as_of.to_pydatetime(), lines

    def lines(self):
        return self._lines


def test_a_history_answers_as_its_lines_do(lines):
    early = lines[lines["ordered_at"] <= AS_OF]
    told = Replenishment(by="category").fit(History(early, AS_OF)).predict()
    of_frame = Replenishment(by="category").fit(lines, as_of=AS_OF).predict()
    pd.testing.assert_frame_equal(told, of_frame)
    with pytest.raises(BadInput, match="the history ends at"):
        Replenishment().fit(History(early, AS_OF), as_of=AS_OF + pd.Timedelta(days=1))


def test_a_saved_model_answers_the_same(model, tmp_path):
    loaded = Replenishment.load(model.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict(within="21d"), model.predict(within="21d"))


def test_returns_and_nameless_lines_do_not_count():
    lines = every("a", "milk", days=5, n=4)
    odd = lines.assign(customer_id=[None, "a", "a", "a"], quantity=[1, 1, 1, -1])
    told = Replenishment().fit(odd, as_of=START + pd.Timedelta(days=30)).predict()
    assert told["n_bought"].tolist() == [2]


@pytest.mark.parametrize(
    "lines",
    [
        every("a", "milk", days=5).iloc[:0],
        every("a", "milk", days=5, n=1),
        every("a", "milk", days=0, n=5),
        every("a", "milk", days=5, n=2),
        pd.concat(every(f"c{i}", "milk", days=5, n=1) for i in range(50)),
        pd.concat([every("a", "milk", days=5), every("b", "milk", days=0, n=2)]),
        every("a", "milk", days=5).assign(quantity=0),
        every("a", "milk", days=5).assign(quantity=np.nan, category=None),
    ],
    ids=["none", "one line", "one day", "two", "single", "same second", "zero", "unknown"],
)
def test_an_odd_shop_gets_finite_answers_and_a_sentence(lines):
    model = Replenishment().fit(lines, as_of="2017-06-01")
    told = model.predict()
    assert model.notes_
    assert all(note.endswith(".") for note in model.notes_)
    assert told["p_buy"].between(0, 1).all()
    assert told["due_on"].notna().all()
    assert set(told["level"]) <= {"personal", "shop"}


def test_the_learner_is_left_out_where_it_tells_no_better(lines, monkeypatch):
    monkeypatch.setattr(replenishment_learner, "_gain", lambda *_: 0.0)
    model = Replenishment().fit(lines, as_of=AS_OF)
    assert "rests on the gaps between purchases alone" in model.notes_[0]
    told = model.predict().merge(model.plain(), on=["customer_id", "product_id"])
    np.testing.assert_allclose(told["p_buy"], told["p_poisson_gamma"], rtol=1e-5)


def test_wrong_input_is_told():
    lines = every("a", "milk", days=5)
    with pytest.raises(BadInput, match="'product' or 'category'"):
        Replenishment(by="brand").fit(lines)
    with pytest.raises(BadInput, match="give 2 or more"):
        Replenishment(min_bought=1).fit(lines)
    with pytest.raises(BadInput, match="no column 'category'"):
        Replenishment(by="category").fit(lines.drop(columns="category"))
    with pytest.raises(BadInput, match="no column 'product_id'"):
        Replenishment().fit(lines.drop(columns="product_id"))
    with pytest.raises(BadInput, match="give as_of"):
        Replenishment().fit(lines.iloc[:0])
    with pytest.raises(NotFitted, match="call fit"):
        Replenishment().predict()
