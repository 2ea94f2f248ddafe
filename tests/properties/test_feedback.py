"""What must hold of feedback for every log."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from xenorec.campaigns.shelf_exploration import drawn
from xenorec.recommend.feedback import ExaminationModel, RowPriors, ShelfExploration, read_cells

START = pd.Timestamp("2017-01-01", tz="UTC")
END = START + pd.Timedelta(days=90)
CUSTOMERS, PRODUCTS, SHELVES = ["ann", "bob", "cyd"], ["p1", "p2", "p3"], ["a", "b", "c"]

moments = st.integers(0, 60).map(lambda day: START + pd.Timedelta(days=day))
exposures = st.lists(
    st.tuples(
        st.sampled_from(CUSTOMERS),
        st.sampled_from(SHELVES),
        st.integers(1, 4),
        st.integers(1, 3),
        st.sampled_from([0.0, 0.01, 0.2, 1.0]),
        st.sampled_from(PRODUCTS),
        moments,
        st.sampled_from(["m1", "m2", None]),
        st.sampled_from(["young", None]),
    ),
    min_size=1,
    max_size=40,
)
outcomes = st.lists(
    st.tuples(
        st.sampled_from(CUSTOMERS),
        st.sampled_from(PRODUCTS),
        moments,
        st.sampled_from(["clicked", "redeemed", "bought", "opened"]),
        st.sampled_from(["m1", "m3", None]),
    ),
    max_size=30,
)
SHOWN = ["customer_id", "shelf", "shelf_rank", "position", "score", "product_id", "exposed_at"]
CAME = ["customer_id", "product_id", "at", "kind", "message_key"]


def frames(cells: list, came: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    shown = pd.DataFrame(cells, columns=[*SHOWN, "message_key", "segment"])
    return shown, pd.DataFrame(came, columns=CAME).astype({"at": "datetime64[us, UTC]"})


@settings(max_examples=60, deadline=None)
@given(exposures, outcomes)
def test_factors_are_bounded_and_rewards_are_no_more_than_outcomes(cells, came):
    shown, hits = frames(cells, came)
    table = RowPriors(strength=0.1).fit(shown, hits, END).table()
    for name in ("factor", "factor_low", "factor_high"):
        assert table[name].between(1 / 8, 8).all()
    events = hits.drop(columns="message_key").drop_duplicates()
    rewarded = read_cells(shown, hits, END).reward > 0
    assert rewarded.sum() <= (events["kind"] != "opened").sum()


@settings(max_examples=60, deadline=None)
@given(exposures, outcomes, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(cells, came, random):
    first = RowPriors().fit(*frames(cells, came), END)
    cells, came = random.sample(cells, len(cells)), random.sample(came, len(came))
    second = RowPriors().fit(*frames(cells, came), END)
    pd.testing.assert_frame_equal(first.table(), second.table(), check_exact=True)


@settings(max_examples=60, deadline=None)
@given(exposures, outcomes)
def test_repeated_outcomes_change_nothing(cells, came):
    first = RowPriors().fit(*frames(cells, came), END)
    second = RowPriors().fit(*frames(cells, [*came, *came[:5], *came[:2]]), END)
    pd.testing.assert_frame_equal(first.table(), second.table(), check_exact=True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SHELVES), st.booleans()), min_size=2, max_size=40),
    st.integers(0, 39),
    st.sampled_from(["average", "score"]),
)
def test_one_more_reward_never_lowers_the_factor_of_its_shelf(drawn, which, baseline):
    which %= len(drawn)
    shelf = drawn[which][0]
    cells = [
        (f"c{i}", name, 1, 1, 0.2, "p", START, None, None) for i, (name, _) in enumerate(drawn)
    ]
    hits = [(f"c{i}", "p", START, "bought", None) for i, (_, is_hit) in enumerate(drawn) if is_hit]
    model = RowPriors(strength=2, baseline=baseline, examination=ExaminationModel.even())
    before = model.fit(*frames(cells, hits), END).factor(shelf)
    more = [*hits, (f"c{which}", "p", START, "bought", None)]
    after = model.fit(*frames(cells, more), END).factor(shelf)
    assert after >= before - 1e-12
    has_rivals = baseline == "score" or len({name for name, _ in drawn}) > 1
    if has_rivals and not drawn[which][1] and before < 8:
        assert after > before


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 1),
    st.lists(st.integers(1, 12), min_size=1, max_size=30),
    st.text(max_size=5),
    st.text(max_size=5),
)
def test_the_propensities_of_a_pages_rows_sum_to_1_at_every_place(share, sizes, seed, occasion):
    explore = ShelfExploration(share=share, seed=seed)
    pages = {f"c{n}": [{"row": row} for row in range(size)] for n, size in enumerate(sizes)}
    for customer, page in drawn(pages, explore, occasion).items():
        n = len(pages[customer])
        table = explore.table(n)  # rows x places, of which the page shows one row for each place
        assert np.allclose(table.sum(axis=0), 1)
        assert np.allclose(table.sum(axis=1), 1)
        rows = [row["row"] for row in page]
        assert sorted(rows) == list(range(n))
        assert [row["propensity"] for row in page] == table[rows, np.arange(n)].tolist()
        assert all(0 < row["propensity"] <= 1 for row in page)
