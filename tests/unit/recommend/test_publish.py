"""Training publishes what is good enough, and the workspace uses what fits."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import xenorec as xr
from tests.unit.recommend.shops import START
from tests.unit.recommend.trained import grocer, plain
from xenorec.errors import BadInput, ModelFileError, NotPublished
from xenorec.model_training import PLAIN, Trained
from xenorec.modeling.model_registry import KEPT, stamp
from xenorec.recommend import ShelfRecommender
from xenorec.recommend.model_store.candidate_features import stages_of
from xenorec.recommend.model_store.shelf_registry import ShelfRegistry
from xenorec.recommend.model_store.walk_forward import WalkForwardMetric, compare, worse

DAY = "2017-07-01"
NAME = "20170701T000000Z"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained]:
    """A grocer's workspace, and what training at the first of July told."""
    path = tmp_path_factory.mktemp("grocer") / "shop.duckdb"
    crm = xr.open(path)
    crm.load(dict(grocer().frames))
    return path, crm.train("shelves", as_of=DAY)


def told(caplog: pytest.LogCaptureFixture, crm: xr.Workspace, as_of: str) -> str:
    """What the log says of the recommender for an instant."""
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="xenorec"):
        crm.recommender(as_of)
    (line,) = [r.getMessage() for r in caplog.records if "ShelfRecommender" in r.getMessage()]
    return line


def trees(model: ShelfRecommender) -> bytes:
    return model.ranker_.repeat_.model.trees.value.tobytes()


# -- may it be published -------------------------------------------------------------------------


def figure(ours: float, own: float, high: float, name: str = "recall@10") -> WalkForwardMetric:
    return WalkForwardMetric(name, ours, own, ours - own - 0.1, high)


def test_a_better_one_and_one_that_chance_makes_lower_may_be_published():
    assert worse([figure(0.3, 0.2, 0.2), figure(0.3, 0.2, 0.2)]) == ()
    assert worse([figure(0.3, 0.2, 0.2), figure(0.19, 0.2, 0.02)]) == ()
    assert worse([]) == ()


def test_one_that_is_surely_worse_or_lower_in_everything_may_not():
    sure = figure(0.1, 0.2, -0.01, "ndcg@10")
    assert worse([figure(0.3, 0.2, 0.2), sure]) == (sure,)
    lower = [figure(0.19, 0.2, 0.02), figure(0.18, 0.2, 0.01)]
    assert worse(lower) == tuple(lower)


def test_the_figures_are_means_with_the_interval_of_the_difference():
    ours, own = np.full((50, 4), 0.5), np.full((50, 4), 0.25)
    found = compare(ours, own)
    assert [f.name for f in found] == ["recall@10", "ndcg@10", "phr@10"]
    assert {(f.ours, f.own, f.ci_low, f.ci_high) for f in found} == {(0.5, 0.25, 0.25, 0.25)}


# -- training ------------------------------------------------------------------------------------


def test_training_measures_publishes_and_says_so(trained):
    path, found = trained
    assert found.folder == path.parent / f"{path.stem}.models" / "shelves" / NAME
    assert found.stages == found.walk.stages == ("repeat",)
    assert found.walk.from_at == datetime(2017, 6, 17, tzinfo=UTC)
    assert found.walk.n_customers > 10
    assert "recall@10" in str(found)
    assert json.loads(found.to_json())["folder"] == str(found.folder)
    assert json.loads((found.folder.parent / "current.json").read_text()) == {
        "workspace": "shop.duckdb",
        "current": NAME,
        "earlier": [],
    }
    said = json.loads((found.folder / "manifest.json").read_text())
    assert said["figures"] == found.walk.to_mapping()


def test_only_shelves_are_trained_so_far(trained):
    with pytest.raises(BadInput, match="Did you mean 'shelves'"):
        xr.open(trained[0]).train("shelf")


def test_a_workspace_in_memory_keeps_what_it_trained():
    crm = xr.open(":memory:")
    crm.load(few_frames(days=60))
    found = crm.train(as_of=START)
    assert found.folder is None
    assert crm.recommender(START).figures_ == found.walk.to_mapping()
    assert "kept in memory" in str(found)


def few_frames(days: int) -> dict[str, pd.DataFrame]:
    """Three customers who buy milk every week, until ``days`` before the first of January."""
    rows = [
        (f"c{c}", f"c{c}/{week}", START - pd.Timedelta(days=days - 7 * week), "milk")
        for c in range(3)
        for week in range((days - 1) // 7)
    ]
    return frames(rows)


def frames(rows: list[tuple[str, str, pd.Timestamp, str]]) -> dict[str, pd.DataFrame]:
    """Tables of (customer, order, instant, product)."""
    lines = pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "product_id"])
    lines["line_no"] = lines.groupby("order_id").cumcount() + 1
    lines = lines.assign(quantity=1, net_amount=1, currency="EUR")
    orders = lines.drop_duplicates("order_id")
    return {
        "orders": orders[["order_id", "customer_id", "ordered_at", "net_amount", "currency"]],
        "order_lines": lines[["order_id", "line_no", "product_id", "quantity", "net_amount"]],
    }


def test_a_small_shop_gets_plain_rules_and_is_told(crm):
    crm.load(few_frames(days=60))
    found = crm.train(as_of=START)
    assert found.stages == ()
    assert found.walk.n_customers == 3
    assert PLAIN in str(found)
    assert "too small" in found.walk.note
    assert stages_of(ShelfRecommender.load(found.folder).ranker_) == {}


def test_where_nobody_bought_of_late_plain_rules_are_published(tmp_path):
    crm = xr.open(tmp_path / "shop.duckdb")
    sold = {k: v for k, v in grocer().frames.items() if k in ("orders", "order_lines", "products")}
    early = pd.to_datetime(sold["orders"]["ordered_at"], utc=True) < pd.Timestamp(DAY, tz="UTC")
    crm.load({**sold, "orders": sold["orders"][early]})
    found = crm.train(as_of="2017-07-20")
    assert found.walk.figures == ()
    assert "Nobody known bought" in str(found)
    assert found.stages == ()
    assert stages_of(ShelfRecommender.load(found.folder).ranker_) == {}


# -- refusal -------------------------------------------------------------------------------------


def turned() -> dict[str, pd.DataFrame]:
    """Customers who change from old goods to new ones for good, and in the last days turn back.

    Each has twelve of both; the old ones were bought more often.
    """
    rows = []
    for c in range(40):
        own = [f"g{(5 * c + n) % 90:02d}" for n in range(24)]
        for day in range(-150, 0, 3):
            goods = own[:12] if day < -80 or day >= -14 else own[12:]
            at = START + pd.Timedelta(days=day, hours=1, minutes=c)
            rows += [(f"c{c:02d}", f"c{c}/{day}", at, of) for of in goods]
    return frames(rows)


@pytest.fixture(scope="module")
def inverted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("turned") / "shop.duckdb"
    xr.open(path).load(turned())
    return path


def test_what_is_worse_than_own_frequency_is_not_published(inverted):
    crm = xr.open(inverted)
    held = ShelfRegistry.beside(inverted)
    with pytest.raises(NotPublished, match=r"recall@10 0\.\d+ against 0\.\d+") as raised:
        crm.train(as_of=START)
    assert "40 customers" in str(raised.value)
    assert held.names() == []
    assert not held.folder.exists()


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "xenorec.cli", "-w", str(path), "train", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_refuses_with_exit_code_1(inverted):
    done = run(inverted, "shelves", "--as-of", str(START.date()))
    assert done.returncode == 1
    assert "worse than own frequency" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_publishes_and_answers_in_json(crm, tmp_path):
    crm.load(few_frames(days=60))
    done = run(crm.project.path, "shelves", "--as-of", str(START.date()), "--json")
    assert done.returncode == 0, done.stderr
    assert Path(json.loads(done.stdout)["folder"]).is_dir()


# -- what is used --------------------------------------------------------------------------------


def test_the_published_model_is_updated_and_used(trained, caplog):
    crm = xr.open(trained[0])
    assert "action=update" in told(caplog, crm, "2017-07-04")
    model = crm.recommender("2017-07-04")
    assert trees(model) == trees(ShelfRecommender.load(trained[1].folder))
    assert model.as_of_ == datetime(2017, 7, 4, tzinfo=UTC)
    assert model._shop.purchases.at.max() > model.learned_at_.timestamp() * 1e6


def test_at_its_own_instant_it_answers_as_it_was_published(trained):
    used = xr.open(trained[0]).recommender(DAY)
    loaded = ShelfRecommender.load(trained[1].folder)
    pd.testing.assert_frame_equal(used.shelves(), loaded.shelves(), check_exact=True)


@pytest.mark.parametrize(
    ("as_of", "why"),
    [("2017-06-30", "learned from what is later"), ("2017-08-06", "more than 35 days old")],
)
def test_a_model_of_another_time_is_not_used(trained, caplog, as_of, why):
    line = told(caplog, xr.open(trained[0]), as_of)
    assert line.startswith("action=fit")
    assert why in line


def test_without_a_model_or_with_that_of_another_shop_it_fits(tmp_path, caplog):
    crm = xr.open(tmp_path / "a.duckdb")
    crm.load(few_frames(days=60))
    assert "no model is published" in told(caplog, crm, "2017-01-01")
    crm.train(as_of=START)
    other = xr.open(tmp_path / "b.duckdb")
    other.load(few_frames(days=90))
    assert "no model is published" in told(caplog, other, "2017-01-01")
    other.train(as_of=START)
    assert told(caplog, xr.open(tmp_path / "a.duckdb"), "2017-01-01").startswith("action=update")


def test_a_damaged_model_is_named_and_not_used(tmp_path, caplog):
    crm = xr.open(tmp_path / "shop.duckdb")
    crm.load(few_frames(days=60))
    folder = crm.train(as_of=START).folder
    (folder / "shop.npz").write_bytes(b"x")
    line = told(caplog, xr.open(tmp_path / "shop.duckdb"), "2017-01-01")
    assert line.startswith("action=fit")
    assert str(folder / "shop.npz") in line
    said = {"workspace": "shop.duckdb", "current": "..", "earlier": []}
    (folder.parent / "current.json").write_text(json.dumps(said))
    line = told(caplog, xr.open(tmp_path / "shop.duckdb"), "2017-01-01")
    assert "current.json is damaged" in line
    crm.train(as_of=START)
    assert "fits" in told(caplog, xr.open(tmp_path / "shop.duckdb"), "2017-01-01")


def test_a_shop_that_has_drifted_is_learned_anew(trained, tmp_path):
    from tests.unit.recommend.test_saved import elsewhere

    @dataclass
    class Elsewhere:
        as_of = datetime(2017, 7, 20, tzinfo=UTC)

        def lines(self):
            return elsewhere()

        def products(self):
            return None

        def customers(self):
            return None

    choice = ShelfRegistry.beside(trained[0]).fitting(Elsewhere())
    assert choice.model is None
    assert "drifted since 20170701T000000Z (" in choice.why


# -- several models ------------------------------------------------------------------------------


def learned(day: int) -> ShelfRecommender:
    model = plain()
    model.learned_at_ = datetime(2017, 3, day, tzinfo=UTC)
    return model


def test_the_latest_models_are_kept_and_the_current_one_is_first(tmp_path):
    held = ShelfRegistry.beside(tmp_path / "shop.duckdb")
    for day in range(1, KEPT + 3):
        held.publish(learned(day))
    names = [stamp(datetime(2017, 3, day, tzinfo=UTC)) for day in range(KEPT + 2, 2, -1)]
    assert held.names() == names
    assert sorted(p.name for p in held.folder.iterdir() if p.is_dir()) == sorted(names)
    held.publish(learned(4))
    assert held.names()[0] == "20170304T000000Z"
    assert sorted(held.names()) == sorted(names)


def test_an_instant_of_the_past_gets_the_model_of_then(tmp_path):
    path = tmp_path / "shop.duckdb"
    crm = xr.open(path)
    crm.load(few_frames(days=60))
    history = crm.history("2017-01-01")
    for day in ("2016-12-20", "2016-12-30"):
        ShelfRegistry.beside(path).publish(ShelfRecommender().fit(crm.history(day)))
    chosen = [
        ShelfRegistry.beside(path).fitting(crm.history(d)) for d in ("2016-12-25", "2017-01-01")
    ]
    assert [c.model.learned_at_.day for c in chosen] == [20, 30]
    (tmp_path / "shop.models" / "shelves" / "20161230T000000Z" / "state.json").unlink()
    assert ShelfRegistry.beside(path).fitting(history).model.learned_at_.day == 20


def test_a_folder_that_is_no_model_is_not_published_over(tmp_path):
    held = ShelfRegistry.beside(tmp_path / "shop.duckdb")
    (held.folder / "20170301T000000Z").mkdir(parents=True)
    (held.folder / "20170301T000000Z" / "mine.txt").write_text("x")
    with pytest.raises(ModelFileError, match="holds no saved model"):
        held.publish(learned(1))
    assert held.names() == []
