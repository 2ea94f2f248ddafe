"""What is due, as columns of the profile, and as the rows that a shelf shows."""

from __future__ import annotations

import pandas as pd
import pytest

from xenorec.timing import Replenishment

AS_OF = pd.Timestamp("2017-06-01")


def bought(customer: str, product: str, *, every: int, last: str, n: int = 6) -> pd.DataFrame:
    days = pd.date_range(end=last, periods=n, freq=f"{every}D")
    return pd.DataFrame(
        {
            "customer_id": customer,
            "order_id": [f"{customer}-{day:%m%d}" for day in days],
            "ordered_at": days,
            "product_id": product,
        }
    )


@pytest.fixture(scope="module")
def model() -> Replenishment:
    lines = pd.concat(
        [
            bought("ann", "milk", every=10, last="2017-05-28"),  # due in 6 days
            bought(
                "ann", "rice", every=30, last="2017-05-05"
            ),  # in 2 days: rice is drawn to the shop, 29 days
            bought("ann", "oil", every=10, last="2017-04-01"),  # 51 days ago: more than 2 gaps
            bought("bob", "milk", every=10, last="2017-04-01"),
            bought("cat", "milk", every=10, last="2017-05-10"),  # 12 days ago
            bought("cat", "rice", every=30, last="2017-05-31"),  # in 28 days
            bought("dan", "rice", every=30, last="2017-04-01"),  # 32 days ago: more than 28
            bought("eve", "rice", every=30, last="2017-04-05"),  # 28 days ago
            bought("fay", "milk", every=10, last="2017-05-29"),  # in 7 days
            bought("hal", "tea", every=5, last="2017-05-12"),  # 14 days ago: more than 2 gaps
            bought("gus", "milk", every=10, last="2017-05-30"),  # in 8 days
        ]
    )
    return Replenishment().fit(lines, as_of=AS_OF)


@pytest.fixture(scope="module")
def table(model: Replenishment) -> pd.DataFrame:
    asked = ["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "new"]
    return model.profile_columns(asked).to_pandas().set_index("customer_id")


def test_the_first_due_day_counts_and_below_zero_is_overdue(table: pd.DataFrame):
    assert table["days_until_due"].dropna().to_dict() == {
        "ann": 2,
        "cat": -12,
        "eve": -28,
        "fay": 7,
        "gus": 8,
    }


def test_what_was_due_long_ago_is_not_due(table: pd.DataFrame):
    long_ago = ["bob", "dan", "hal", "new"]
    assert table.loc[long_ago, "days_until_due"].isna().all()
    assert (table.loc[long_ago, "n_due_7d"] == 0).all()


def test_both_columns_agree(table: pd.DataFrame):
    assert table["n_due_7d"].to_dict() == {
        **{"ann": 2, "bob": 0, "cat": 1, "dan": 0, "eve": 1, "fay": 1, "gus": 0, "hal": 0, "new": 0}
    }
    assert ((table["n_due_7d"] > 0) == (table["days_until_due"] <= 7)).all()


def test_the_rows_that_are_due_are_those_counted(model: Replenishment, table: pd.DataFrame):
    found = model.due(within="8d", overdue=True)
    n = found["customer_id"].value_counts()
    assert n.reindex(table.index, fill_value=0).tolist() == table["n_due_7d"].tolist()
    assert found["due_on"].is_monotonic_increasing
    assert set(found["customer_id"] + " " + found["product_id"]) == {
        *("ann milk", "ann rice", "cat milk", "eve rice", "fay milk")
    }


def test_without_it_nothing_overdue_comes(model: Replenishment):
    found = model.due(within="8d")
    assert (found["due_on"] >= AS_OF).all()
    assert set(found["customer_id"]) == {"ann", "fay"}


def test_the_columns_are_those_declared(model: Replenishment, table: pd.DataFrame):
    assert [column.name for column in model.columns] == list(table.columns)
