"""The answers are the same on one worker and on two, and in blocks of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tests.unit.timing.test_replenishment import AS_OF, regular_shop
from xenorec.modeling import parallel
from xenorec.timing import NextPurchase, Replenishment
from xenorec.timing.next_purchase import hazard_learner

NEXT_BLOCK = "xenorec.timing.next_purchase.model.AT_ONCE"
NEED_BLOCK = "xenorec.timing.replenishment.model.BLOCK"
SIZES = (1_000_000, 149, 40, 7)
"""At once, all but one, in quarters, in pieces that do not go up."""


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return regular_shop()


@pytest.fixture(scope="module")
def next_purchase(lines: pd.DataFrame) -> NextPurchase:
    few = replace(hazard_learner.BOOSTING, n_trees=20, learning_rate=0.25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hazard_learner, "BOOSTING", few)
        model = NextPurchase().fit(lines, as_of=AS_OF)
    assert model.learner_ is not None, "the trees answer too"
    return model


@pytest.fixture(scope="module")
def replenishment(lines: pd.DataFrame) -> Replenishment:
    model = Replenishment().fit(lines, as_of=AS_OF)
    assert model.gain_ > 0, "the trees answer too"
    return model


def answers(
    model: Any, block: str, asked: list[str] | None, patch: pytest.MonkeyPatch
) -> list[pd.DataFrame]:
    """What a model says by one worker at once, then by one and by two in blocks of all sizes."""
    told = []
    for workers in (1, 2):
        patch.setattr(parallel, "_processors", lambda n=workers: n)
        for size in SIZES:
            patch.setattr(block, size)
            told.append(model.predict(asked, within="21d"))
    return told


def check(told: list[pd.DataFrame]) -> None:
    first, *others = told
    assert len(first) > 10
    for other in others:
        pd.testing.assert_frame_equal(other, first, check_exact=True)


ASKED = [*(f"c{n:03d}" for n in range(149, 0, -2)), "nobody", "c000", ""]


@pytest.mark.parametrize("asked", [None, ASKED], ids=["all", "some"])
def test_the_next_purchase(
    next_purchase: NextPurchase, asked: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(answers(next_purchase, NEXT_BLOCK, asked, monkeypatch))


@pytest.mark.parametrize("asked", [None, ASKED], ids=["all", "some"])
def test_what_runs_out(
    replenishment: Replenishment, asked: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = answers(replenishment, NEED_BLOCK, asked, monkeypatch)
    check(told)
    order = [name for name in asked or sorted(set(told[0]["customer_id"])) if name[:1] == "c"]
    assert list(dict.fromkeys(told[0]["customer_id"])) == order


def test_the_columns_of_profiles(
    replenishment: Replenishment, next_purchase: NextPurchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model, block in ((replenishment, NEED_BLOCK), (next_purchase, NEXT_BLOCK)):
        tables = []
        for workers, size in ((1, 1_000_000), (2, 7)):
            monkeypatch.setattr(parallel, "_processors", lambda n=workers: n)
            monkeypatch.setattr(block, size)
            tables.append(model.profile_columns(ASKED))
        assert tables[0].equals(tables[1])
