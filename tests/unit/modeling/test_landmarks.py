from __future__ import annotations

import numpy as np
import pytest

from xenorec.modeling.landmarks import TrainingSet, chance_at, id_chance, landmarks
from xenorec.modeling.life_table import EDGES, fit_table
from xenorec.recommend.ranker.product_features import RepurchaseHazard


def rows(n: int, value: float = 0.0) -> TrainingSet:
    found = {"age": np.full(n, value)} if n else {}
    return TrainingSet(found, np.ones(n, dtype=bool), np.ones(n), {"plain": np.full(n, 0.5)})


def test_landmarks_go_back_to_the_earliest_and_no_further():
    assert landmarks(100, step=30, earliest=40) == [100, 70, 40]
    assert landmarks(100, step=30, earliest=41, most=9) == [100, 70]
    assert landmarks(100, step=30, earliest=0, most=2) == [100, 70]
    assert landmarks(10, step=30, earliest=40) == []


def test_rows_of_several_landmarks_are_one_set_and_a_part_without_rows_needs_no_features():
    both = TrainingSet.concatenate([rows(0), rows(2, 1.0), rows(1, 2.0)])
    assert both.features["age"].tolist() == [1, 1, 2]
    assert (len(both), both.n_positive) == (3, 3)
    assert both.take(np.array([2])).features["age"].tolist() == [2]
    assert both.take(slice(None, None, 2)).others["plain"].tolist() == [0.5, 0.5]


def test_a_chance_depends_on_the_id_alone_and_is_spread_anew_at_each_landmark():
    one, two = id_chance(np.array(["a", "b"])), id_chance(np.array(["b"]))
    assert one[1] == two[0]
    many = id_chance(np.array([f"c{i}" for i in range(4_000)]))
    assert np.corrcoef(chance_at(many, 7.0) < 0.5, chance_at(many, 14.0) < 0.5)[0, 1] < 0.9
    assert chance_at(many, 7.0).mean() == pytest.approx(0.5, abs=0.02)


def test_repurchases_are_a_life_table_that_files_know_by_its_old_name():
    wait = np.random.default_rng(2).exponential(20.0, 5_000)
    group = np.zeros(len(wait), dtype=np.int64)
    table = fit_table(group, wait, group[:0], np.empty(0), 1)
    hazard = RepurchaseHazard(table.left)
    assert hazard.survival is table.left
    assert table.left.shape == (1, len(EDGES))
    at, since = np.zeros(1, dtype=np.int64), np.array([5.0])
    assert hazard.p_within(at, since, 14.0) == table.p_within(at, since, 14.0)
    assert hazard.p_within(at, since, 14.0)[0] == pytest.approx(1 - np.exp(-14 / 20), abs=0.03)
