"""What falls due next, as columns of the profile."""

from __future__ import annotations

import pandas as pd

from xenorec.timing import Replenishment


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


def test_the_next_due_day_counts_and_what_is_overdue_does_not():
    lines = pd.concat(
        [
            bought("ann", "milk", every=10, last="2017-05-28"),
            bought("ann", "rice", every=30, last="2017-05-05"),
            bought("ann", "oil", every=10, last="2017-04-01"),
            bought("bob", "milk", every=10, last="2017-04-01"),
        ]
    )
    model = Replenishment().fit(lines, as_of="2017-06-01")
    due = model.predict(["ann"]).set_index("product_id")["due_on"]
    table = model.profile_columns(["ann", "bob", "new"]).to_pandas().set_index("customer_id")
    first = (due[due >= "2017-06-01"].min() - pd.Timestamp("2017-06-01")).days
    assert due["oil"] < pd.Timestamp("2017-06-01")
    assert table.loc["ann", "days_until_due"] == first
    assert table.loc["ann", "n_due_7d"] == ((due >= "2017-06-01") & (due < "2017-06-08")).sum() > 0
    assert table.loc[["bob", "new"], "days_until_due"].isna().all()
    assert (table.loc[["bob", "new"], "n_due_7d"] == 0).all()
    assert [column.name for column in model.columns] == list(table.columns)
