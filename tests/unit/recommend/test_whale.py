"""A customer who outbuys everybody else together changes nobody else's page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xenorec.recommend import ShelfRecommender

WEEKS, PRODUCTS = 40, 30
AS_OF = pd.Timestamp("2024-10-01", tz="UTC")


def shop(n_of_the_whale: int) -> pd.DataFrame:
    """A hundred customers with three tastes, and one who buys whatever there is."""
    rng = np.random.default_rng(7)
    rows = []
    for customer in range(100):
        liked = (customer % 3) * 10 + rng.permutation(10)[:6]
        for week in range(WEEKS):
            at = AS_OF - pd.Timedelta(days=7 * week + customer % 7 + 1)
            for product in rng.choice(liked, 3, replace=False):
                rows.append((f"c{customer:03d}", f"c{customer:03d}/{week}", at, f"p{product:02d}"))
    for line in range(n_of_the_whale):
        at = AS_OF - pd.Timedelta(hours=line % (24 * 7 * WEEKS) + 1)
        rows.append(("whale", f"whale/{line}", at, f"p{line * 7 % PRODUCTS:02d}"))
    return pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "product_id"])


@pytest.fixture(scope="module")
def answers() -> list[pd.DataFrame]:
    found = []
    for n in (0, 50_000):
        model = ShelfRecommender().fit(shop(n), as_of=AS_OF)
        assert model.ranker_.repeat_ is not None  # learned, not a plain rule
        found.append(model.recommend(n=20))
    return found


def test_no_score_of_others_moves_by_one_percent(answers: list[pd.DataFrame]) -> None:
    keys = ["customer_id", "product_id"]
    small, large = (frame[frame["customer_id"] != "whale"] for frame in answers)
    both = small.merge(large, on=keys, suffixes=("_small", "_large"))
    assert len(both) == len(small) == len(large)
    moved = (both["score_large"] - both["score_small"]).abs() / both["score_small"]
    assert moved.max() <= 0.01


def test_the_whale_gets_an_answer(answers: list[pd.DataFrame]) -> None:
    whale = answers[1][answers[1]["customer_id"] == "whale"]
    assert len(whale) == 20
    assert whale["score"].between(0, 1).all()
