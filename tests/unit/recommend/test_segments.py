"""What kind of shopper somebody is, told from the times of purchases alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.recommend.shops import lines, on
from xenorec.recommend import ShelfRecommender
from xenorec.recommend.customer_segments import SEGMENTS, segment_of, segments
from xenorec.recommend.line_log import read_lines
from xenorec.recommend.purchase_matrix import PurchaseMatrix, count_purchases

DAY_OF_ASKING = 100.0


def purchases(*visits: tuple[str, float], until: float = DAY_OF_ASKING) -> PurchaseMatrix:
    rows = lines(*[(who, day, "tea") for who, day in visits])
    return count_purchases(read_lines(rows), on(until).to_pydatetime())


def told(*visits: tuple[str, float], until: float = DAY_OF_ASKING) -> dict[str, str]:
    known = purchases(*visits, until=until)
    return dict(zip(known.customers, segments(known), strict=True))


def every(days: float, last: float, n: int = 6) -> list[tuple[str, float]]:
    """Visits of ann, ``days`` apart, the last one on day ``last``."""
    return [("ann", last - days * k) for k in range(n)]


@pytest.mark.parametrize(
    ("visits", "segment"),
    [
        ([("ann", 99.0)], "newcomer"),
        ([("ann", 1.0), ("ann", 30.0)], "newcomer"),
        (every(7, last=97), "frequent"),
        (every(8, last=97), "frequent"),
        (every(8.1, last=97), "regular"),
        (every(12, last=90), "regular"),
        (every(12, last=64), "regular"),
        (every(12, last=63.9), "lapsing"),
        (every(1, last=86), "frequent"),
        (every(1, last=85.9), "lapsing"),
    ],
    ids=str,
)
def test_the_segment_of_a_habit_that_is_known(visits: list, segment: str) -> None:
    assert told(*visits) == {"ann": segment}


def test_several_receipts_of_a_day_are_one_visit() -> None:
    trip = [("ann", 50.0), ("ann", 50.1), ("ann", 50.2), ("ann", 50.4)]
    assert told(*trip)["ann"] == "newcomer"
    assert told(*trip, ("ann", 57.0), ("ann", 64.0), until=65.0)["ann"] == "frequent"


def test_the_usual_gap_is_the_median_so_one_holiday_changes_nothing() -> None:
    weekly = [("ann", float(day)) for day in (1, 8, 15, 57, 64, 71, 78, 85, 92, 99)]
    assert told(*weekly)["ann"] == "frequent"


def test_what_comes_later_is_not_seen() -> None:
    weekly = every(7, last=97)
    assert told(*weekly, until=68.0) == {"ann": "newcomer"}
    assert told(*weekly, ("ann", 180.0), until=160.0) == {"ann": "lapsing"}


def test_neighbours_do_not_mix() -> None:
    found = told(*every(7, last=97), ("bob", 98.0), *[("cyd", 20.0 * k) for k in range(5)])
    assert found == {"ann": "frequent", "bob": "newcomer", "cyd": "regular"}


def test_somebody_unknown_is_unknown() -> None:
    known = segments(purchases(("ann", 99.0)))
    assert segment_of(known, np.array([0, -1])).tolist() == ["newcomer", "unknown"]


def test_shelves_name_the_segment_of_each_customer() -> None:
    shop = lines(
        *[("ann", 7.0 * week, "tea milk") for week in range(10)],
        *[(f"x{n}", 60.0, "tea bread") for n in range(6)],
    )
    rows = ShelfRecommender(min_items=1).fit(shop).shelves(["ann", "x0", "nobody"])
    found = rows.drop_duplicates("customer_id").set_index("customer_id")["segment"]
    assert found.to_dict() == {"ann": "frequent", "x0": "newcomer", "nobody": "unknown"}
    assert set(found) <= set(SEGMENTS)
    assert isinstance(rows["segment"].dtype, pd.StringDtype)
