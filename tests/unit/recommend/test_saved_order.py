"""A saved ``NextOrder`` answers the same; what is damaged or of another kind is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.unit.recommend.shops import checkerboard, lines, on
from tests.unit.recommend.test_next_order import alternating
from tests.unit.recommend.trained import plain
from xenorec.errors import ModelFileError, NotFitted
from xenorec.recommend import NextOrder, Rules, ShelfRecommender


@pytest.fixture(scope="module")
def model() -> NextOrder:
    fitted = NextOrder(rules=Rules(max_per_category=5), allow={"health"}).fit(alternating())
    assert fitted.ranker_.repeat_ is not None
    return fitted


@pytest.fixture(scope="module")
def folder(model: NextOrder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model.save(tmp_path_factory.mktemp("order") / "model")


def same(one: NextOrder, two: NextOrder) -> None:
    now = lines(("c00", 161.0, "soap"), ("nobody", 161.1, "milk"))
    for asked in ({"at": on(160.5)}, {"recent": now}, {"customer_ids": ["nobody"]}):
        first = one.recommend(n=3, **asked)  # type: ignore[arg-type]
        assert len(first)
        pd.testing.assert_frame_equal(first, two.recommend(n=3, **asked), check_exact=True)  # type: ignore[arg-type]


def test_it_answers_the_same_after_loading(model: NextOrder, folder: Path) -> None:
    again = NextOrder.load(folder)
    same(model, again)
    assert (again.rules.max_per_category, again.allow) == (5, {"health"})  # type: ignore[union-attr]
    assert (again.learned_at_, again.as_of_) == (model.learned_at_, model.as_of_)


def test_plain_rules_answer_the_same_and_read_the_shop_anew(tmp_path: Path) -> None:
    model = NextOrder().fit(checkerboard())
    again = NextOrder.load(model.save(tmp_path / "m"))
    same(model, again)
    later = pd.concat([checkerboard(), lines(("c01", 70.0, "p1 p3"))])
    same(model.update(later), again.update(later))


def test_nothing_is_pickled_and_one_other_byte_is_told(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        assert path.suffix in (".npz", ".json")
    for path in sorted(folder.iterdir()):
        damaged = tmp_path / path.stem
        damaged.mkdir()
        for other in folder.iterdir():
            (damaged / other.name).write_bytes(other.read_bytes())
        held = bytearray(path.read_bytes())
        held[len(held) // 2] ^= 1
        (damaged / path.name).write_bytes(held)
        with pytest.raises(ModelFileError, match=path.name):
            NextOrder.load(damaged)


def test_models_of_another_kind_are_told_apart(folder: Path, tmp_path: Path) -> None:
    shelves = plain().save(tmp_path / "shelves")
    with pytest.raises(
        ModelFileError, match=r"no model of ours that NextOrder could load.*NextOrder\.save"
    ):
        NextOrder.load(shelves)
    with pytest.raises(ModelFileError, match="that ShelfRecommender could load"):
        ShelfRecommender.load(folder)
    with pytest.raises(ModelFileError, match="nothing was written"):
        plain().save(folder)
    with pytest.raises(ModelFileError, match="no saved model"):
        NextOrder.load(tmp_path / "nowhere")
    with pytest.raises(NotFitted):
        NextOrder().save(tmp_path / "empty")
