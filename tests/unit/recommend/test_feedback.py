"""Feedback on logs whose right answer is known: credit and places."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.unit.recommend.feedback_logs import came, log, shown
from tests.unit.recommend.shops import on
from xenorec.errors import BadInput
from xenorec.recommend.feedback import (
    PositionModel,
    RowPriors,
    __all__,
    read_cells,
)
from xenorec.recommend.feedback.conversion_delay import arrived


def test_public_names_are_sorted_and_there():
    assert sorted(__all__, key=lambda n: (0 if n.isupper() else 1 if n[0].isupper() else 2, n)) == (
        __all__
    )


def test_the_latest_exposure_before_the_outcome_gets_the_credit_and_no_other():
    cells = shown(
        ("ann", "a", 1, 1, 0.1, "tea", on(0)),
        ("ann", "b", 1, 1, 0.1, "tea", on(2)),
        ("ann", "c", 1, 1, 0.1, "tea", on(4)),
        ("bob", "d", 1, 1, 0.1, "tea", on(2)),
    )
    found = read_cells(cells, came(("ann", "tea", on(3), "bought")), on(60))
    assert found.reward.tolist() == [0, 1, 0, 0]


def test_of_cells_shown_at_once_the_first_place_gets_the_credit():
    cells = shown(
        ("ann", "a", 2, 1, 0.1, "tea", on(0)),
        ("ann", "b", 1, 2, 0.1, "tea", on(0)),
    )
    found = read_cells(cells, came(("ann", "tea", on(1), "bought")), on(60))
    assert found.shelves[found.shelf[found.reward > 0]].tolist() == ["b"]


@pytest.mark.parametrize(("day", "reward"), [(-0.1, 0), (0, 1), (14, 1), (14.1, 0)])
def test_an_outcome_counts_within_the_horizon_only(day, reward):
    cells = shown(("ann", "a", 1, 1, 0.1, "tea", on(0)))
    found = read_cells(cells, came(("ann", "tea", on(day), "bought")), on(60))
    assert found.reward.tolist() == [reward]


def test_kinds_add_up_to_one_at_most_and_a_kind_counts_once():
    cells = shown(*((c, "a", 1, 1, 0.1, "tea", on(0)) for c in ("ann", "bob", "cyd")))
    clicks = came(
        ("ann", "tea", on(1), "clicked"),
        ("ann", "tea", on(2), "clicked"),
        ("bob", "tea", on(1), "clicked"),
        ("bob", "tea", on(2), "bought"),
        ("cyd", "tea", on(2), "opened"),
    )
    assert read_cells(cells, clicks, on(60)).reward.tolist() == [0.3, 1, 0]
    own = read_cells(cells, clicks, on(60), weights={"clicked": 0.5, "opened": 0.1})
    assert own.reward.tolist() == [0.5, 0.5, 0.1]


def test_an_outcome_that_names_its_message_goes_to_that_message():
    cells = shown(
        ("ann", "a", 1, 1, 0.1, "tea", on(0)),
        ("ann", "b", 1, 1, 0.1, "tea", on(1)),
    ).assign(message_key=["m1", "m2"])
    click = came(("ann", "tea", on(2), "bought"))
    assert read_cells(cells, click.assign(message_key="m1"), on(60)).reward.tolist() == [1, 0]
    assert read_cells(cells, click.assign(message_key="mx"), on(60)).reward.tolist() == [0, 0]
    assert read_cells(cells, click.assign(message_key=None), on(60)).reward.tolist() == [0, 1]


def test_one_event_told_with_and_without_its_message_rewards_one_cell():
    cells = shown(
        ("ann", "a", 1, 1, 0.1, "tea", on(0)),
        ("ann", "b", 1, 1, 0.1, "tea", on(1)),
    ).assign(message_key=["m1", "m2"])
    click = came(*[("ann", "tea", on(2), "bought")] * 2).assign(message_key=[None, "m1"])
    assert read_cells(cells, click, on(60)).reward.tolist() == [1, 0]


def test_nothing_later_than_as_of_is_seen():
    cells = shown(("ann", "a", 1, 1, 0.1, "tea", on(0)), ("ann", "a", 1, 1, 0.1, "tea", on(5)))
    found = read_cells(cells, came(("ann", "tea", on(3), "bought")), on(2))
    assert (len(found), found.reward.sum()) == (1, 0)


def test_any_frame_is_read_alike():
    cells, hits = log(a=(1, 30, 9), b=(2, 30, 3))
    ours = RowPriors().fit(cells, hits, on(60)).table()
    theirs = RowPriors().fit(pl.from_pandas(cells), pl.from_pandas(hits), on(60)).table()
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("score", 1.5, "score came as 1.5"),
        ("score", None, "score came as nan"),
        ("shelf_rank", 0, "shelf_rank came as 0"),
        ("propensity", 0.0, "propensity came as 0"),
        ("shelf", None, "shelf is empty in 1"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(column, value, text):
    cells = shown(("ann", "a", 1, 1, 0.1, "tea", on(0))).assign(**{column: [value]})
    with pytest.raises(BadInput, match=text):
        read_cells(cells, None, on(1))


def test_outcomes_need_exposures_that_say_what_and_when():
    cells = shown(("ann", "a", 1, 1, 0.1, "tea", on(0)))
    click = came(("ann", "tea", on(1), "clicked"))
    with pytest.raises(BadInput, match="no exposed_at and no product_id"):
        read_cells(cells.drop(columns=["exposed_at", "product_id"]), click, on(9))
    assert len(read_cells(cells.drop(columns=["exposed_at", "product_id"]), None, on(9))) == 1


def test_a_young_cell_is_promised_as_much_as_comes_that_early():
    day, horizon = 1, 10
    n = 2000
    age = np.array([20] * n + [1])
    same_day = arrived(age, np.array([day] * n + [-1]), horizon)
    last_day = arrived(age, np.array([9] * n + [-1]), horizon)
    unknown = arrived(age, np.full(n + 1, -1), horizon)
    assert (same_day[-1] > 0.98, last_day[-1] < 0.02) == (True, True)
    assert unknown[-1] == 0.1
    assert same_day[0] == 1


def test_with_few_data_a_place_is_examined_as_the_prior_says():
    cells, hits = log(a=(1, 3, 1), b=(2, 3, 1))
    table = PositionModel().fit(read_cells(cells, hits, on(60))).examination.table()
    assert np.allclose(table["examination"], table["prior"], atol=0.02)
    assert table["n_exposed"].tolist() == [3, 3]
    assert table["prior"].round(3).tolist() == [1, 0.631]


def lovers(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two rows of equal score; half the customers love a, half b, and mostly see theirs first.

    The second place is looked at by 4 in 10. The log knows how likely each order was.
    """
    chance = np.random.default_rng(7)
    loves_a, own_first = (chance.random(n) < p for p in (0.5, 0.9))
    frames = []
    for shelf, is_own in (("a", loves_a), ("b", ~loves_a)):
        is_first = np.where(is_own, own_first, ~own_first)
        worth = np.where(is_own, 0.4, 0.1) * np.where(is_first, 1.0, 0.4)
        frame = pd.DataFrame(
            {
                "customer_id": [f"c{i}" for i in range(n)],
                "shelf": shelf,
                "shelf_rank": np.where(is_first, 1, 2),
                "position": 1,
                "score": 0.25,
                "propensity": np.where(own_first, 0.9, 0.1),
                "product_id": shelf,
                "exposed_at": on(0),
                "hit": chance.random(n) < worth,
            }
        )
        frames.append(frame)
    cells = pd.concat(frames)
    hits = cells.loc[cells["hit"], ["customer_id", "product_id"]].assign(at=on(1), kind="bought")
    return cells.drop(columns="hit"), hits


def test_propensities_free_the_places_from_those_who_stand_there_by_merit():
    cells = read_cells(*lovers(20_000), on(60))
    weighted, plain = (
        PositionModel(clip=clip).fit(cells).examination.values[1, 0] for clip in (20, 1)
    )
    assert weighted == pytest.approx(0.4, abs=0.04)
    assert plain < 0.25


def test_places_are_learned_when_rows_change_places():
    played = log(a=(1, 3000, 600), b=(2, 3000, 180), c=(1, 3000, 300), d=(2, 3000, 90))
    cells, hits = (
        frame.replace({"shelf": {"d": "c", "b": "a"}}) for frame in (played[0], played[1])
    )
    found = PositionModel().fit(read_cells(cells, hits, on(60))).examination.values[1, 0]
    assert found == pytest.approx(0.3, abs=0.03)
