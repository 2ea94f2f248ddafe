"""One dataset under every model: tables coded once, cut at one instant."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import xenorec as xr
from xenorec.dataset import data_frames
from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.dataset import Dataset
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput
from xenorec.recommend.line_log import read_lines
from xenorec.testing import invented_shop
from xenorec.timing import LifetimeValue, NextPurchase, Replenishment, SendTime
from xenorec.timing.event_log import read_orders
from xenorec.timing.lifetime_value.spend_log import read_spending
from xenorec.timing.occasions.daily_sales import read_daily
from xenorec.timing.replenishment.item_purchases import read_bought
from xenorec.timing.send_time.engagement_events import read_acts

AS_OF = datetime(2017, 4, 1, tzinfo=UTC)
LINES = pd.DataFrame(
    {
        "customer_id": ["b", "a", None, "b", "a"],
        "order_id": ["1", "2", "3", "4", "5"],
        "product_id": ["tea", "milk", "tea", "rice", "tea"],
        "ordered_at": pd.date_range("2017-03-01", periods=5, freq="D", tz="UTC"),
        "quantity": [1.0, 2.0, 1.0, -1.0, 1.0],
        "net_amount": [1.0, 2.0, 1.0, -1.0, 1.0],
    }
)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    found = xr.open(tmp_path_factory.mktemp("dataset") / "shop.duckdb")
    found.load(dict(invented_shop(12, n_days=100).frames))
    return found


@pytest.fixture(scope="module")
def history(crm: xr.Workspace) -> Any:
    return crm.history(AS_OF)


@pytest.fixture
def coded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long each column is that is coded from here on."""
    lengths: list[int] = []
    encode = data_frames.encode

    def counted(column: Any) -> Any:
        lengths.append(len(column))
        return encode(column)

    for module in ("coded_table.data_frames", "vocabulary"):
        monkeypatch.setattr(f"xenorec.dataset.{module}.encode", counted)
    return lengths


# -- coded once ----------------------------------------------------------------------------------


def test_models_of_one_history_code_each_column_of_its_lines_once(
    history: Any, coded: list[int]
) -> None:
    """Five columns of lines and five of orders, however many models learn from them."""
    lines, orders = len(history.lines()), len(history.orders())
    assert lines != orders
    NextPurchase(use_learner=False).fit(history)
    LifetimeValue().fit(history)
    Replenishment().fit(history)
    Replenishment(by="category").fit(history)
    xr.ShelfRecommender().fit(history)
    xr.NextOrder().fit(history)
    n = Counter(coded)
    assert n[lines] == len(("customer_id", "order_id", "product_id", "store_id", "category"))
    assert n[orders] == len(("customer_id", "order_id", "currency", "time_zone"))


def test_a_plan_with_three_model_columns_codes_the_lines_once(
    crm: xr.Workspace, coded: list[int]
) -> None:
    at = AS_OF - timedelta(days=7)
    where = "p_alive > 0.1 and expected_value_365d_amount > 0 and n_due_7d >= 0"
    crm.campaign("c", audience=crm.profiles(at).where(where)).plan()
    assert Counter(coded)[len(crm.history(at).lines())] == 5


def test_an_earlier_instant_of_the_same_history_codes_nothing_anew(
    history: Any, coded: list[int]
) -> None:
    for days in (0, 20, 40):
        read_bought(history, by="product", as_of=AS_OF - timedelta(days=days))
    assert Counter(coded)[len(history.lines())] <= 3


# -- cut once ------------------------------------------------------------------------------------

READERS = {
    "orders": lambda source, at: read_orders(source, as_of=at),
    "spending": lambda source, at: read_spending(source, as_of=at),
    "bought": lambda source, at: read_bought(source, by="product", as_of=at),
    "acts": lambda source, at: read_acts(source, as_of=at, channel=None),
    "daily": lambda source, at: read_daily(source, as_of=at),
    "shelves": lambda source, at: xr.NextOrder().fit(source, as_of=at),
}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_refuses_an_instant_after_the_history_in_the_same_words(
    history: Any, name: str
) -> None:
    with pytest.raises(BadInput, match="the history ends at 2017-04-01T00:00:00"):
        READERS[name](history, AS_OF + timedelta(days=1))


@pytest.mark.parametrize("model", [NextPurchase, LifetimeValue, Replenishment, SendTime])
def test_a_dataset_is_fitted_as_the_history_it_is_of(history: Any, model: Any) -> None:
    ours = model().fit(history.dataset).predict()
    pd.testing.assert_frame_equal(ours, model().fit(history).predict())


def test_no_rows_and_no_instant_is_told(history: Any) -> None:
    table = CodedTable(LINES.iloc[:0])
    with pytest.raises(BadInput, match="give as_of"):
        Dataset({"lines": table}).cut(table, "ordered_at")


def test_rows_are_read_up_to_the_instant_or_to_the_last_of_them() -> None:
    table = CodedTable(LINES)
    whole, end = Dataset({"lines": table}).cut(table, "ordered_at")
    assert (len(whole), end) == (5, datetime(2017, 3, 5, tzinfo=UTC))
    early, end = Dataset({"lines": table}, "2017-03-02").cut(table, "ordered_at")
    assert (len(early), end) == (2, datetime(2017, 3, 2, tzinfo=UTC))
    assert early.codes("product_id")[0].tolist() == ["milk", "tea"]


def test_a_table_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match="no table of orders, but of lines"):
        Dataset({"lines": LINES}).table("orders")


# -- coded tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_purchases_are_what_was_bought_and_kept_in_any_frame(make: Any) -> None:
    rows = Dataset.of(make(LINES), "lines").purchases
    names, code = rows.codes("product_id")
    assert (names.tolist(), code.tolist()) == (["milk", "tea"], [1, 0, 1, 1])
    assert rows.codes("store_id")[1].tolist() == [-1, -1, -1, -1]
    assert rows.numbers("quantity").tolist() == [1, 2, 1, 1]
    assert len(read_lines(make(LINES))) == 3


def test_some_rows_of_some_rows_are_coded_among_themselves() -> None:
    table = CodedTable(LINES).where(np.array([True, True, False, True, True]))
    names, code = table.where(np.array([False, True, True, False])).codes("product_id")
    assert (names.tolist(), code.tolist()) == (["milk", "rice"], [0, 1])


def test_an_empty_time_matters_only_where_it_is_read() -> None:
    frame = LINES.assign(ordered_at=LINES["ordered_at"].where(LINES["customer_id"].notna()))
    table = CodedTable(frame)
    with pytest.raises(BadInput, match="ordered_at is empty in 1 of 5 rows"):
        table.instants("ordered_at")
    assert len(table.where(table.is_there("customer_id")).instants("ordered_at")) == 4


def test_a_missing_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="'customer_id'"):
        CodedTable(LINES).require("customers_id")


# -- samples and vocabularies --------------------------------------------------------------------


def test_a_sample_holds_whole_customers_and_the_same_ones_of_a_part() -> None:
    ids = [f"c{n:03d}" for n in range(400) for _ in range(3)]
    lines = pd.DataFrame({"customer_id": ids, "product_id": "tea"})
    names, code = Dataset({"lines": lines}).sample(0.25).table("lines").codes("customer_id")
    assert 60 < len(names) < 140
    assert (np.bincount(code) == 3).all()
    part = Dataset({"lines": lines.iloc[600:]}).sample(0.25).table("lines").codes("customer_id")[0]
    assert part.tolist() == [name for name in names if name >= "c200"]


def test_a_vocabulary_knows_its_own_ids_and_no_others() -> None:
    words = Vocabulary(np.array(["milk", "tea"], dtype=object))
    assert words.codes(pa.array(["tea", None, "salt"])).tolist() == [1, -1, -1]
    assert words.recode(np.array(["salt", "tea"], dtype=object), np.array([1, -1, 0])).tolist() == [
        1,
        -1,
        -1,
    ]
    assert len(words) == 2
