"""A saved recommender answers the same; what is damaged is told; what was learned is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import xenorec
from tests.unit.modeling.trees import walked
from tests.unit.recommend.feedback_logs import log
from tests.unit.recommend.shops import checkerboard, lines, on
from tests.unit.recommend.trained import (
    AS_OF,
    answers,
    assert_same_answers,
    boosted,
    grocery,
    of_grocer,
    plain,
)
from xenorec.errors import BadInput, ModelFileError, NotFitted, NotSupported, XenorecWarning
from xenorec.modeling.boosting import Trees
from xenorec.modeling.drift import ACT, psi
from xenorec.modeling.persistence import (
    STATE,
    Decoder,
    Encoder,
    read_folder,
    write_folder,
    write_manifest,
)
from xenorec.recommend import ShelfRecommender, Theme
from xenorec.recommend.feedback import RowPriors, ShelfExploration
from xenorec.recommend.model_store.candidate_drift import drifted
from xenorec.recommend.model_store.candidate_features import stages_of
from xenorec.recommend.model_store.recommender_manifest import RecommenderManifest
from xenorec.recommend.model_store.saved_classes import REGISTRY
from xenorec.recommend.scorers import (
    Ease,
    ItemKnn,
    TifuKnn,
    UpCf,
)
from xenorec.testing.scorer_shops import shop_of, usual_rows

LATER = "2017-07-20"
FILES = ["manifest.json", "state.json", "shop.npz", "ranker.npz", "knowledge.npz", "spread.npz"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return of_grocer().save(tmp_path_factory.mktemp("saved") / "model")


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def trees(model: ShelfRecommender) -> list[bytes]:
    return [stage.model.trees.value.tobytes() for stage in stages_of(model.ranker_).values()]


# -- the same again ------------------------------------------------------------------------------


def test_a_model_with_boosted_stages_answers_the_same_after_loading(folder):
    assert set(stages_of(of_grocer().ranker_)) == {"repeat", "discovery"}
    assert_same_answers(of_grocer(), ShelfRecommender.load(folder))


def test_a_model_of_plain_rules_answers_the_same_after_loading(tmp_path):
    model = plain()
    assert not stages_of(model.ranker_)
    assert_same_answers(model, ShelfRecommender.load(model.save(tmp_path / "m")))


def test_settings_come_back_and_work(tmp_path):
    shelf = Theme("mine", "own", {"en": "Yours"}, min_items=1)
    priors = RowPriors().fit(*log(mine=(1, 200, 60)))
    explore = ShelfExploration(seed="x", share=0.5)
    model = ShelfRecommender(
        2, 3, allow={"health"}, themes=[shelf], priors=priors, explore=explore, locale="es"
    ).fit(checkerboard())
    again = ShelfRecommender.load(model.save(tmp_path / "m"))
    pd.testing.assert_frame_equal(again.shelves(), model.shelves(), check_exact=True)
    pd.testing.assert_frame_equal(again.priors.table(), priors.table(), check_exact=True)
    assert (again.allow, again.themes, again.locale) == ({"health"}, [shelf], "es")


def test_the_same_model_gives_the_same_bytes(folder, tmp_path):
    again = ShelfRecommender.load(folder).save(tmp_path / "again")
    assert sorted(p.name for p in again.iterdir()) == sorted(p.name for p in folder.iterdir())
    assert all((again / p.name).read_bytes() == p.read_bytes() for p in folder.iterdir())


def test_the_manifest_says_what_it_is(folder):
    said = RecommenderManifest.read(folder)
    purchases = of_grocer()._shop.purchases
    assert said.learned_as_of == said.as_of == "2017-07-01T00:00:00+00:00"
    assert said.first_line_at < said.last_line_at < said.as_of
    assert said.n_customers == len(purchases.customers)
    assert said.versions.keys() == {"xenorec", "python", "numpy", "scikit-learn"}
    assert said.features["repeat"] == list(of_grocer().ranker_.repeat_.model.names)
    assert said.scorers[0]["kind"] == "Ease"
    assert said.settings["within"] == "14d"
    assert said.files.keys() == {p.name for p in folder.iterdir()} - {"manifest.json"}


def test_nothing_is_pickled(folder):
    for path in folder.glob("*.npz"):
        with np.load(path, allow_pickle=False) as held:
            assert all(held[name].dtype != object for name in held.files)
    package = Path(xenorec.__file__).parent
    asked = [p for p in package.rglob("*.py") if re.search(r"import pickle|joblib", p.read_text())]
    assert asked == []


def scored(scorer, customer, n):
    said = scorer.score(customer, depth=5, is_open=np.ones(n, dtype=bool))
    return [said.asked, said.product, said.score, said.because]


@pytest.mark.parametrize(
    "kind",
    [ItemKnn, Ease, TifuKnn, UpCf],
)
def test_every_scorer_answers_the_same_after_a_round_trip(kind):
    shop, encoder = shop_of(usual_rows()), Encoder(REGISTRY)
    scorer = kind().fit(shop)
    said = json.loads(json.dumps(encoder.encode(scorer, "scorer")))
    again = Decoder(encoder.arrays, REGISTRY).decode(said)
    customer = np.arange(-1, len(shop.purchases.customers))
    for one, two in zip(
        scored(scorer, customer, shop.n_products),
        scored(again, customer, shop.n_products),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


# -- trees ---------------------------------------------------------------------------------------


def tree(**changed) -> Trees:
    """One split of the first feature at 0, into -1 and 1."""
    parts = {
        "baseline": 0.5,
        "bounds": [0, 3],
        "is_leaf": [False, True, True],
        "feature": [0, 0, 0],
        "threshold": [0.0, 0.0, 0.0],
        "nan_left": [True, False, False],
        "left": [1, 0, 0],
        "right": [2, 0, 0],
        "value": [0.0, -1.0, 1.0],
        "gain": [3.0, 0.0, 0.0],
    }
    return Trees(
        **{k: v if k == "baseline" else np.array(v) for k, v in {**parts, **changed}.items()}
    )


def test_a_tree_by_hand():
    assert walked(tree(), np.array([[-2.0], [0.0], [2.0], [np.nan]])).tolist() == [
        *(-0.5, -0.5, 1.5, -0.5),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"left": [0, 0, 0]}, {"right": [3, 0, 0]}, {"bounds": [0, 2]}, {"feature": [-1, 0, 0]}],
)
def test_a_tree_that_leads_nowhere_is_refused(wrong):
    with pytest.raises(BadInput, match="learn the model anew"):
        tree(**wrong)


# -- damage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_one_other_byte_is_told_with_the_files_name(folder, tmp_path, name, place):
    broken = copied(folder, tmp_path / "broken")
    content = bytearray((broken / name).read_bytes())
    content[int(len(content) * place)] ^= 1
    (broken / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=re.escape(str(broken / name))):
        ShelfRecommender.load(broken)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, tmp_path, name):
    broken = copied(folder, tmp_path / "broken")
    (broken / name).unlink()
    with pytest.raises(ModelFileError, match=rf"{name}.* missing"):
        ShelfRecommender.load(broken)


def rewritten(folder: Path, to: Path, change: Callable[[dict], None]) -> Path:
    copied(folder, to)
    said = json.loads((to / "manifest.json").read_text())
    change(said)
    (to / "manifest.json").write_text(json.dumps(said))
    return to


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"format": 3}, "a later release of xenorec wrote"),
        ({"format": 1}, "an earlier release of xenorec wrote"),
        ({"format": "1"}, "damaged"),
        ({"kind": "something else"}, "no model of ours"),
        ({"n_orders": 3}, "checksum"),
    ],
)
def test_another_manifest_is_told(folder, tmp_path, changed, told):
    other = rewritten(folder, tmp_path / "other", lambda said: said.update(changed))
    with pytest.raises(ModelFileError, match=told) as raised:
        ShelfRecommender.load(other)
    assert str(other / "manifest.json") in str(raised.value)


def test_a_folder_without_a_model_is_told(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ModelFileError, match="no saved model"):
            ShelfRecommender.load(folder)


@pytest.mark.parametrize(
    "state",
    [
        {"themes_": {"object": "Popen", "of": {}}},
        {"themes_": {"object": "Theme", "of": {"name": "x", "colour": "red"}}},
        {"themes_": {"array": "nowhere"}},
        {"themes_": {"eval": "1"}},
        {"ranker_": {"again": 7}},
        {},
        [],
    ],
)
def test_a_state_that_no_encoder_wrote_is_told(tmp_path, folder, state):
    strange = write_folder(tmp_path / "strange", RecommenderManifest.read(folder), state, {})
    with pytest.raises(ModelFileError, match=re.escape(STATE)):
        ShelfRecommender.load(strange)


def test_arrays_of_objects_are_never_read(tmp_path, folder):
    manifest, state, arrays = read_folder(folder, RecommenderManifest, "ShelfRecommender")
    strange = write_folder(tmp_path / "m", manifest, state, arrays)
    np.savez(strange / "shop.npz", x=np.array([{}], dtype=object))
    said = RecommenderManifest.read(strange)
    with pytest.raises(ModelFileError, match=re.escape(str(strange / "shop.npz"))):
        ShelfRecommender.load(strange)
    from dataclasses import replace

    from xenorec.modeling.persistence.model_folder import _measured

    files = {**said.files, "shop.npz": _measured(strange / "shop.npz")}
    write_manifest(strange, replace(said, files=files))
    with pytest.raises(ModelFileError, match="allow_pickle"):
        ShelfRecommender.load(strange)


# -- writing -------------------------------------------------------------------------------------


def test_what_is_no_model_is_never_overwritten(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    for name in ("mine", "file"):
        with pytest.raises(ModelFileError, match="holds no saved model"):
            plain().save(tmp_path / name)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "mine"]


def test_a_model_is_replaced_whole_and_nothing_is_left_over(tmp_path, folder):
    target = copied(folder, tmp_path / "m")
    (target / "old.npz").write_bytes(b"")
    plain().save(target)
    assert "old.npz" not in {p.name for p in target.iterdir()}
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
    assert ShelfRecommender.load(target).n_items == 2


def test_what_cannot_be_saved_is_named_and_the_old_model_stays(tmp_path):
    model = plain()
    model.save(tmp_path / "m")
    model.secret_ = {"key": object()}
    with pytest.raises(NotSupported, match=r"secret_\.1 is a object"):
        model.save(tmp_path / "m")
    assert ShelfRecommender.load(tmp_path / "m").n_items == 2


def test_nothing_fitted_nothing_saved(tmp_path):
    with pytest.raises(NotFitted, match="fit"):
        ShelfRecommender().save(tmp_path / "m")
    assert not (tmp_path / "m").exists()


# -- update --------------------------------------------------------------------------------------


def test_an_update_keeps_what_was_learned_and_sees_what_is_new(folder):
    model = ShelfRecommender.load(folder)
    before = trees(model)
    after = model.update(grocery().history(LATER))
    assert after is model
    assert trees(model) == before
    assert model.as_of_.isoformat() == "2017-07-20T00:00:00+00:00"
    assert model.learned_at_.isoformat() == "2017-07-01T00:00:00+00:00"
    assert len(model._shop.purchases.order) > len(of_grocer()._shop.purchases.order)
    assert not answers(model)["recommend"].equals(answers(of_grocer())["recommend"])


def test_an_update_with_the_same_rows_changes_no_answer(folder):
    model = ShelfRecommender.load(folder).update(grocery().history(AS_OF))
    assert_same_answers(of_grocer(), model)


def test_a_purchase_after_the_fit_is_told_as_a_reason():
    shop = checkerboard()
    model = ShelfRecommender().fit(shop)
    bought = pd.concat([shop, lines(("c00", 70.0, "p3")).assign(order_id="new")])
    said = model.update(bought).recommend(["c00"], 8).set_index("product_id")["reason"]
    assert said["p3"] == "You bought this once, today"


def test_an_update_to_an_earlier_instant_would_leak_and_is_refused(folder):
    model = ShelfRecommender.load(folder)
    with pytest.raises(BadInput, match="it would know what came later"):
        model.update(grocery().history("2017-06-01"))
    assert_same_answers(of_grocer(), model)


def test_a_feature_that_is_not_there_is_named():
    model = boosted()
    model.ranker_.scorers = []
    with pytest.raises(BadInput, match=r"discovery model reads scorer_ease"):
        model.update(grocery().history(LATER))
    assert model.as_of_.isoformat() == "2017-07-01T00:00:00+00:00"


# -- drift ---------------------------------------------------------------------------------------


def test_the_index_by_hand():
    assert psi(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == 0
    assert psi(np.array([0.5, 0.5]), np.array([0.8, 0.2])) == pytest.approx(
        0.3 * np.log(1.6) - 0.3 * np.log(0.4)
    )


def test_the_same_shop_has_not_drifted(folder):
    frame = ShelfRecommender.load(folder).drift(grocery().history(AS_OF))
    names = of_grocer().ranker_.repeat_.model.names
    assert set(frame.loc[frame["stage"] == "repeat", "feature"]) == set(names)
    assert frame["psi"].max() == 0
    assert (frame["share_nan"] == frame["share_nan_then"]).all()
    assert frame.groupby("stage")["importance"].sum().tolist() == pytest.approx([1, 1])


def elsewhere() -> pd.DataFrame:
    """Three hundred customers who take home most of eighty things at once, twice in spring."""
    goods = " ".join(f"x{n}" for n in range(80))
    return lines(*[(f"n{c}", day + c / 300, goods) for c in range(300) for day in (60.0, 170.0)])


def test_another_shop_has_drifted_and_an_update_warns(folder):
    model = ShelfRecommender.load(folder)
    moved = drifted(model.drift(elsewhere(), as_of=on(200)))
    assert {"product_share", "category_share"} <= set(moved["feature"])
    assert (moved["psi"] > ACT).all()
    with pytest.warns(XenorecWarning, match=r"^model-drift: .*2017-07-01: \w+"):
        model.update(elsewhere(), as_of=on(200))


def test_the_same_shop_weeks_later_asks_for_nothing(folder):
    frame = ShelfRecommender.load(folder).drift(grocery().history("2017-08-05"))
    assert frame["psi"].max() > ACT
    assert drifted(frame).empty


def test_what_grows_with_time_is_shown_and_asks_for_nothing(folder):
    frame = ShelfRecommender.load(folder).drift(grocery().history("2017-09-01"))
    sold = frame[frame["feature"] == "shop_days_sold"].iloc[0]
    assert sold["is_natural"]
    assert sold["psi"] > ACT
    assert "shop_days_sold" not in drifted(frame)["feature"].tolist()


def test_plain_rules_have_nothing_that_drifts_and_it_says_so():
    with pytest.warns(XenorecWarning, match=r"^drift-nothing-learned: the shop was too small"):
        frame = plain().drift(checkerboard())
    assert frame.empty
    assert "psi" in frame.columns
