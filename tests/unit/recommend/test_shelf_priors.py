"""Feedback on logs whose right answer is known: factors, exploring and the simulation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.unit.recommend.feedback_logs import log, shown
from tests.unit.recommend.shops import on
from xenorec.errors import BadInput, NotFitted
from xenorec.recommend.feedback import (
    ExaminationModel,
    PositionModel,
    RowPriors,
    ShelfExploration,
)
from xenorec.testing.feedback_simulation import SimulatedShop, compare, play

CHANGE, FOLLOWS = 30, 14


def test_the_factor_is_the_pooled_ratio_in_closed_form():
    cells, hits = log(a=(1, 500, 150), b=(1, 500, 50))
    model = RowPriors(examination=ExaminationModel.even()).fit(
        cells, hits, on(0) + pd.Timedelta(days=14)
    )
    fade = 0.5 ** (14 / 56)
    level = (1 + 200 * fade) / (1 + 200 * fade)
    assert model.factor("a") == pytest.approx((20 + 150 * fade) / (20 + level * 100 * fade))
    assert model.factor("b") == pytest.approx((20 + 50 * fade) / (20 + level * 100 * fade))


def test_what_was_never_shown_has_exactly_one():
    cells, hits = log(a=(1, 500, 20), b=(1, 500, 20))
    for baseline in ("average", "score"):
        model = RowPriors(baseline=baseline).fit(cells, hits, on(60))
        assert model.factor("trending") == 1.0
        assert model.factor("trending", "newcomer") == 1.0
        assert model.believed("a shelf of mine", "some of mine") == 1.0
    empty = RowPriors().fit(cells.iloc[:0], hits.iloc[:0], on(60))
    assert (empty.factor("buy_again"), len(empty.table())) == (1.0, 0)


def test_one_is_the_average_of_all_rows_or_the_prediction_as_asked():
    cells, hits = log(a=(1, 2000, 40), b=(1, 2000, 40))
    average, score = (
        RowPriors(baseline=name, half_life="3000d").fit(cells, hits, on(15)).factor("a")
        for name in ("average", "score")
    )
    assert average == pytest.approx(1, abs=0.06)
    assert score == pytest.approx(0.1, abs=0.03)


def test_a_segment_is_pulled_to_its_shelf_and_a_new_one_has_the_shelf_s_factor():
    cells, hits = log(a=(1, 1000, 300), b=(1, 1000, 100))
    few = shown(("z", "a", 1, 1, 0.2, "a", on(0))).assign(segment="few")
    model = RowPriors().fit(pd.concat([cells.assign(segment="many"), few]), hits, on(60))
    assert model.factor("a", "lapsing") == model.factor("a") > 1.2
    assert model.factor("a", "few") == pytest.approx(model.factor("a"), rel=0.02)
    assert model.factor("a", "few") < model.factor("a")


def test_old_feedback_fades():
    cells, hits = log(a=(1, 500, 150), b=(1, 500, 50))
    near, far = (RowPriors().fit(cells, hits, on(day)).factor("a") for day in (14, 14 + 560))
    assert near > 1.3
    assert 1 < far < 1.01


def test_the_interval_holds_the_factor_and_narrows_with_data():
    few, many = (
        RowPriors().fit(*log(a=(1, n, n // 4), b=(1, n, n // 6)), on(15)).table().iloc[0]
        for n in (60, 6000)
    )
    for row in (few, many):
        assert row["factor_low"] < row["factor"] < row["factor_high"]
    wide, narrow = (row["factor_high"] - row["factor_low"] for row in (few, many))
    assert narrow < wide / 3
    assert (many["n_exposed"], many["n_rewarded"]) == (6000, 1500)


def test_a_row_that_stands_low_by_habit_is_underrated_without_the_correction():
    seen = 2000 * np.array([1, 0.631, 0.5, 0.431, 0.387]) * 0.2
    cells, hits = log(**{f"r{p}": (p, 2000, round(n)) for p, n in enumerate(seen, 1)})
    with_, without = (
        RowPriors(examination=examination).fit(cells, hits, on(60)).factor("r5")
        for examination in (None, ExaminationModel.even())
    )
    assert with_ == pytest.approx(1, abs=0.1)
    assert without < 0.75


def test_what_was_learned_is_saved_without_pickle(tmp_path):
    cells, hits = log(a=(1, 50, 15), b=(2, 50, 5))
    model = RowPriors(half_life="20d").fit(cells.assign(segment="x"), hits, on(60))
    arrays, about = model.as_arrays()
    np.savez(tmp_path / "priors.npz", **arrays)
    with np.load(tmp_path / "priors.npz", allow_pickle=False) as kept:
        again = RowPriors.from_arrays(dict(kept), json.loads(json.dumps(about)))
    pd.testing.assert_frame_equal(again.table(), model.table())
    pd.testing.assert_frame_equal(again.examination_.table(), model.examination_.table())
    assert again.factor("a", "x") == model.factor("a", "x")
    assert (again.half_life, again.as_of_) == ("20d", model.as_of_)


def test_asking_before_learning_and_wrong_settings_are_refused():
    cells, hits = log(a=(1, 5, 1))
    with pytest.raises(NotFitted):
        RowPriors().factor("a")
    with pytest.raises(NotFitted):
        _ = PositionModel().examination
    with pytest.raises(BadInput, match="Did you mean 'average'"):
        RowPriors(baseline="averag").fit(cells, hits, on(60))
    with pytest.raises(BadInput, match="strength"):
        RowPriors(strength=0).fit(cells, hits, on(60))
    with pytest.raises(BadInput, match="weight of 'clicked'"):
        RowPriors(weights={"clicked": 3}).fit(cells, hits, on(60))


@pytest.mark.parametrize("n_rows", [1, 2, 5, 9])
@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_propensities_sum_to_one_at_each_place_and_for_each_row(n_rows, share):
    table = ShelfExploration(share=share).table(n_rows)
    assert np.allclose(table.sum(axis=0), 1)
    assert np.allclose(table.sum(axis=1), 1)


def test_rows_stand_where_the_propensities_say_over_20000_customers():
    n, explore = 20_000, ShelfExploration(share=0.5, seed="s")
    pages = explore.pages([f"c{i}" for i in range(n)], 5)
    expected = explore.table(5)
    found = np.array([[(pages.order[:, p] == r).mean() for p in range(5)] for r in range(5)])
    noise = np.sqrt(expected * (1 - expected) / n)
    assert (np.abs(found - expected) < 4 * noise).all()
    assert np.array_equal(pages.propensity, expected[pages.order, np.arange(5)])
    assert np.array_equal(np.sort(pages.order, axis=1), np.tile(np.arange(5), (n, 1)))


def test_exploring_is_replayed_by_seed_and_differs_by_occasion():
    who = [f"c{i}" for i in range(500)]
    explore = ShelfExploration(share=0.5, seed="s")
    first = explore.pages(who, 5, occasion="may").order
    assert np.array_equal(first, explore.pages(who, 5, occasion="may").order)
    assert np.array_equal(first[::-1], explore.pages(who[::-1], 5, occasion="may").order)
    assert not np.array_equal(first, explore.pages(who, 5, occasion="june").order)


def test_pages_of_different_length_stay_within_their_rows():
    pages = ShelfExploration(share=1.0).pages(["a", "b", "c"], np.array([3, 1, 0]))
    assert np.sort(pages.order, axis=1).tolist() == [[0, 1, 2], [-1, -1, 0], [-1, -1, -1]]
    assert pages.order[1].tolist() == [0, -1, -1]
    assert pages.propensity[1].tolist() == [1, 0, 0]
    assert not np.array_equal(pages.order[0], [0, 1, 2])


def test_the_order_follows_what_people_do_within_fourteen_days_and_sooner_with_the_correction():
    played = compare(SimulatedShop(n_days=CHANGE + FOLLOWS), seed="follow").set_index("day")
    assert (played.loc[: CHANGE - 1, "place"] == 5).all()
    assert played.loc[CHANGE + FOLLOWS, "place"] == 1
    assert played.loc[CHANGE + FOLLOWS, "place_uncorrected"] > 1
    assert played.loc[CHANGE, "factor_uncorrected"] < 0.6 < played.loc[CHANGE, "factor"]


def test_with_no_change_the_order_stays_still():
    played = play(SimulatedShop(changes={}, n_days=25, n_customers=100), seed="still")
    assert (played.groupby("shelf")["place"].nunique() == 1).all()
    again = play(SimulatedShop(changes={}, n_days=25, n_customers=100), seed="still")
    pd.testing.assert_frame_equal(played, again)


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    model = RowPriors().fit(*log(mine=(1, 200, 60)))
    for shelf, segment, told in (
        ("by_again", None, "Did you mean 'buy_again'"),
        ("mnie", None, "Did you mean 'mine'"),
        ("mine", "frequnt", "Did you mean 'frequent'"),
    ):
        with pytest.raises(BadInput, match=told):
            model.factor(shelf, segment)
