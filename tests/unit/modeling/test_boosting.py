"""Masks of leaves say what the trees say, and the best rows of each group are the right ones."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.unit.modeling.trees import walked
from xenorec.errors import BadInput
from xenorec.modeling.boosting import AT_ONCE, BoostedModel, trees_of
from xenorec.recommend.grouped_arrays import best_each

NAMES = ("shop_a", "shop_b", "own_a", "own_b", "customer_a")
N = 2 * AT_ONCE + 77


def described(n: int = N):
    """Return features of pairs, of which shop_ and customer_ are the same for a whole group."""
    draw = np.random.default_rng(3)
    alike = {"shop": draw.integers(0, 40, n), "customer": np.sort(draw.integers(0, 300, n))}
    found = {name: np.round(draw.normal(size=n), 2).astype(np.float32) for name in NAMES}
    for name in NAMES:
        group = alike.get(name.partition("_")[0])
        if group is not None:
            found[name] = found[name][: group.max() + 1][group]
    found["own_a"][::5], found["shop_b"][alike["shop"] == 3] = np.nan, np.nan
    found["own_b"][:2] = np.inf, -np.inf
    return found, alike


def fitted(n_leaves: int) -> BoostedModel:
    found, _ = described()
    block = np.column_stack([found[name] for name in NAMES])
    sure = np.nan_to_num(block, posinf=0, neginf=0)
    bought = sure[:, 2] + sure[:, 0] > sure[:, 3] * sure[:, 4]
    boosting = HistGradientBoostingClassifier(
        max_iter=20, max_leaf_nodes=n_leaves, min_samples_leaf=5, early_stopping=False
    )
    return BoostedModel(NAMES, trees_of(boosting.fit(block, bought)))


@pytest.mark.parametrize("n_leaves", [2, 15, 16, 31, 40, 63])
def test_masks_give_the_log_odds_of_the_trees(n_leaves):
    model, (found, alike) = fitted(n_leaves), described()
    block = np.column_stack([found[name] for name in NAMES]).astype(np.float64)
    plain = walked(model.trees, block)
    assert np.ptp(plain) > 0.1
    np.testing.assert_allclose(model.margin(found), plain, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.margin(found, alike), plain, rtol=0, atol=1e-12)


def test_a_tree_of_more_leaves_than_a_mask_has_bits_is_refused():
    with pytest.raises(BadInput, match="63 at the most"):
        fitted(80).margin(described()[0])


def test_a_rows_log_odds_depend_neither_on_other_rows_nor_on_what_is_shared():
    model, (found, alike) = fitted(31), described()
    together = model.margin(found, alike)
    few = np.arange(AT_ONCE - 3, N, 7)
    alone = model.margin(
        {name: values[few] for name, values in found.items()},
        {name: group[few] for name, group in alike.items()},
    )
    assert np.array_equal(together[few], alone)
    assert np.array_equal(together, model.margin(found))


def test_no_rows_have_no_log_odds():
    model, (found, alike) = fitted(15), described()
    none = [{name: v[:0] for name, v in part.items()} for part in (found, alike)]
    assert model.margin(*none).tolist() == []


@pytest.mark.parametrize("kind", ["usual", "ties", "same", "nan", "far", "below", "none"])
def test_the_best_of_each_group_are_those_of_a_plain_sort(kind):
    draw = np.random.default_rng(5)
    n = 0 if kind == "none" else 500
    group, place = draw.integers(0, 9, n), draw.permutation(n)
    score = np.round(draw.normal(size=n), 1 if kind != "usual" else 9)
    if kind == "same":
        score[:], place = 0.0, np.zeros(n, dtype=np.int64)
    if kind == "nan":
        score[::3] = np.nan
    if kind == "far":
        place = place * 2**50
    if kind == "below":
        place, score = place - 10**6, np.where(draw.random(n) < 0.5, -0.0, 0.0)
    order = np.lexsort((place, -score, group))
    for k in (None, 3):
        rows, rank = best_each(group, score, place, k)
        counted = np.concatenate([np.arange(m) + 1 for m in np.bincount(group)] or [[]])
        kept = counted <= (n if k is None else k)
        assert rows.tolist() == order[kept].tolist()
        assert rank.tolist() == counted[kept].tolist()
