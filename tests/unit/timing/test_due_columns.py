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
            bought("ida", "milk", every=10, last="2017-05-22"),  # today
            bought("ida", "rice", every=30, last="2017-05-01"),  # 2 days ago
            bought("ida", "tea", every=5, last="2017-05-25"),  # 2 days ago
        ]
    )
    return Replenishment().fit(lines, as_of=AS_OF)


@pytest.fixture(scope="module")
def table(model: Replenishment) -> pd.DataFrame:
    asked = [*("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal", "ida", "new")]
    return model.profile_columns(asked).to_pandas().set_index("customer_id")


def counts(table: pd.DataFrame, column: str) -> dict[str, float]:
    """Who has any, and how many."""
    return table.loc[table[column] > 0, column].to_dict()


def test_the_first_due_day_from_today_on_counts(table: pd.DataFrame):
    assert table["days_until_due"].dropna().to_dict() == {
        "ann": 2,
        "cat": 28,
        "fay": 7,
        "gus": 8,
        "ida": 0,
    }


def test_what_is_overdue_does_not_hide_what_comes(table: pd.DataFrame):
    assert table.loc["cat", ["days_until_due", "n_overdue"]].tolist() == [28, 1]
    assert table.loc["ida", ["days_until_due", "n_overdue"]].tolist() == [0, 2]


def test_the_next_week_counts_from_today_to_its_seventh_day(table: pd.DataFrame):
    assert counts(table, "n_due_7d") == {"ann": 2, "fay": 1, "ida": 1}
    assert ((table["n_due_7d"] > 0) == (table["days_until_due"] <= 7)).all()


def test_overdue_is_what_was_due_before_today_and_is_still_wanted(table: pd.DataFrame):
    assert counts(table, "n_overdue") == {"cat": 1, "eve": 1, "ida": 2}


def test_who_has_nothing_that_is_due_has_no_day_and_counts_of_zero(table: pd.DataFrame):
    long_ago = ["bob", "dan", "hal", "new"]
    assert table.loc[long_ago, "days_until_due"].isna().all()
    assert (table.loc[long_ago, ["n_due_7d", "n_overdue"]] == 0).all(axis=None)
    assert table["n_due_7d"].notna().all()
    assert table["n_overdue"].notna().all()


def test_the_rows_that_are_due_or_overdue_are_those_counted(
    model: Replenishment, table: pd.DataFrame
):
    found = model.due(within="8d", overdue=True)
    n = found["customer_id"].value_counts().reindex(table.index, fill_value=0)
    assert n.tolist() == (table["n_due_7d"] + table["n_overdue"]).tolist()
    assert found["due_on"].is_monotonic_increasing
    assert set(found["customer_id"] + " " + found["product_id"]) == {
        *("ann milk", "ann rice", "cat milk", "eve rice", "fay milk"),
        *("ida milk", "ida rice", "ida tea"),
    }


def test_without_it_nothing_overdue_comes(model: Replenishment):
    found = model.due(within="8d")
    assert (found["due_on"] >= AS_OF).all()
    assert set(found["customer_id"]) == {"ann", "fay", "ida"}


def test_the_columns_are_those_declared(model: Replenishment, table: pd.DataFrame):
    assert [column.name for column in model.columns] == list(table.columns)
