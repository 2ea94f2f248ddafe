"""What one command fitted is read by the next one, and by nobody else."""

from __future__ import annotations

import json
import logging
import shutil
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec import model_cache
from xenorec.errors import XenorecWarning
from xenorec.modeling.persistence import forget_everywhere, holds
from xenorec.recommend import ShelfRecommender
from xenorec.recommend.model_store.shelf_registry import ShelfRegistry
from xenorec.testing import invented_shop
from xenorec.timing import LifetimeValue, NextPurchase, Replenishment, SendTime

AS_OF = "2017-04-01"
WHERE = "p_alive > 0.1 and expected_value_365d_amount > 0 and n_due_7d >= 0"
MODELS = (LifetimeValue, NextPurchase, Replenishment, SendTime, ShelfRecommender)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A shop's workspace in which one command planned a campaign, and the plan's hash."""
    path = tmp_path_factory.mktemp("fitted") / "shop.duckdb"
    xr.open(path).load(dict(invented_shop(12, n_days=100).frames))
    hours(path)
    return path, hash_of(path)


@pytest.fixture
def shop(planned: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of that workspace with what was kept."""
    shutil.copytree(planned[0].parent, tmp_path / "copy")
    return tmp_path / "copy" / planned[0].name


def hash_of(path: Path) -> str:
    """The hash of a plan that a new process would make."""
    crm = xr.open(path)
    return str(crm.campaign("c", audience=crm.profiles(AS_OF).where(WHERE)).plan().hash)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that are fitted from here on, in their order."""
    names: list[str] = []
    for kind in MODELS:
        monkeypatch.setattr(kind, "fit", _noted(kind, names))
    return names


def _noted(kind: Any, names: list[str]) -> Any:
    fit = kind.fit

    def noted(model: Any, *given: Any, **named: Any) -> Any:
        names.append(kind.__name__)
        return fit(model, *given, **named)

    return noted


def entries(path: Path) -> list[Path]:
    return sorted(model_cache.folder_of(path).iterdir())


def notes_of(crm: xr.Workspace) -> list[str]:
    return crm._moment(crm._instant(AS_OF)).notes()


def changed(path: Path, **tables: pd.DataFrame) -> None:
    xr.open(path).load(tables, name="later", id_space="frames")


# -- the same answers, without a fit -------------------------------------------------------------


def test_a_second_command_plans_the_same_and_fits_nothing(
    planned: tuple[Path, str], shop: Path, fits: list[str]
) -> None:
    assert hash_of(shop) == planned[1]
    assert fits == []
    assert {entry.name.split("-")[0] for entry in entries(shop)} == {k.__name__ for k in MODELS}


def test_columns_and_shelves_are_the_same_byte_for_byte(shop: Path, fits: list[str]) -> None:
    columns = ["customer_id", "p_alive", "p_lapsed_90d", "expected_value_365d_amount", "n_overdue"]
    read = xr.open(shop)
    shelves = read.recommender(AS_OF).shelves()
    profile, notes = read.profiles(AS_OF).to_arrow(columns), notes_of(read)
    assert fits == []
    shutil.rmtree(model_cache.folder_of(shop))
    anew = xr.open(shop)
    assert anew.recommender(AS_OF).shelves().equals(shelves)
    assert anew.profiles(AS_OF).to_arrow(columns).equals(profile)
    assert notes_of(anew) == notes
    assert set(fits) >= {"NextPurchase", "ShelfRecommender"}


def test_orders_that_are_later_than_the_instant_change_nothing(
    planned: tuple[Path, str], shop: Path, fits: list[str]
) -> None:
    changed(shop, orders=orders(("new", "h07", "2017-04-09T10:00:00+00:00", "5"), currency="USD"))
    assert hash_of(shop) == planned[1]
    assert fits == []


def test_a_workspace_in_memory_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    crm = xr.open(":memory:")
    crm.load({"orders": invented_shop(8, n_days=60).frames["orders"]})
    assert crm.profiles("2017-03-01").where("p_alive > 0").count() > 0
    assert list(tmp_path.iterdir()) == []


# -- what must be fitted anew --------------------------------------------------------------------


def hours(path: Path, as_of: str = AS_OF) -> bytes:
    """The shop's week as a new command knows it; of all models the quickest to fit."""
    crm = xr.open(path)
    return bytes(crm._moment(crm._instant(as_of)).fit(SendTime()).shop_curve_.tobytes())


def test_another_order_before_the_instant_is_learned_from(shop: Path, fits: list[str]) -> None:
    before = hours(shop)
    changed(shop, orders=orders(("new", "h07", "2017-03-30T10:00:00+00:00", "5"), currency="USD"))
    assert hours(shop) != before
    assert fits == ["SendTime"]


def test_an_order_that_is_changed_is_learned_from(shop: Path, fits: list[str]) -> None:
    with xr.open(shop).engine.writing() as session:
        session.run("update warehouse.orders set status = 'cancelled' where customer_id = 'h07'")
    hours(shop)
    assert fits == ["SendTime"]


def test_a_price_changes_the_shelves_and_not_the_times(shop: Path, fits: list[str]) -> None:
    with xr.open(shop).engine.writing() as session:
        session.run(
            "update warehouse.products set stock = 0 where product_id = "
            "(select min(product_id) from warehouse.products)"
        )
    hours(shop)
    xr.open(shop).recommender(AS_OF)
    assert fits == ["ShelfRecommender"]


def test_another_instant_is_another_model(shop: Path, fits: list[str]) -> None:
    hours(shop, "2017-03-31")
    assert fits == ["SendTime"]


def test_other_code_is_another_model(
    shop: Path, fits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_cache, "code_mark", lambda: "of another release")
    hours(shop)
    assert fits == ["SendTime"]


def test_other_settings_are_another_model(shop: Path, fits: list[str]) -> None:
    crm = xr.open(shop)
    moment = crm._moment(crm._instant(AS_OF))
    moment.fit(SendTime(quiet="22:00-08:00"))
    moment.fit(SendTime(quiet="22:00-09:00"))
    moment.fit(SendTime(quiet="22:00-09:00"))
    assert fits == ["SendTime"] * 2


def test_a_model_that_is_published_comes_before_what_was_kept(
    shop: Path, fits: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    crm = xr.open(shop)
    ShelfRegistry.beside(shop).publish(ShelfRecommender().fit(crm.history(AS_OF)))
    with caplog.at_level(logging.INFO, logger="xenorec"):
        xr.open(shop).recommender(AS_OF)
        xr.open(shop).recommender(AS_OF)
    told = [line for line in caplog.messages if "model=ShelfRecommender" in line]
    assert [line.split()[0] for line in told] == ["action=update", "action=reuse"]


# -- warnings, damage, room ----------------------------------------------------------------------


def test_a_warning_of_a_fit_comes_again(tmp_path: Path, fits: list[str]) -> None:
    path = tmp_path / "old.duckdb"
    xr.open(path).load(dict(invented_shop(8, n_days=40).frames))
    for _ in range(2):
        with pytest.warns(XenorecWarning, match="last-order-old"):
            xr.open(path).recommender("2017-07-01")
    assert fits == ["ShelfRecommender"]


@pytest.mark.parametrize("name", ["entry.json", "manifest.json", "state.json"])
@pytest.mark.parametrize("text", ["", "{}", "[1]", None])
def test_a_damaged_entry_is_told_and_made_anew(
    shop: Path, fits: list[str], caplog: pytest.LogCaptureFixture, name: str, text: str | None
) -> None:
    before = hours(shop)
    entry = max(
        model_cache.folder_of(shop).glob("SendTime-*"), key=lambda path: path.stat().st_mtime
    )
    if text is None:
        (entry / name).unlink()
    else:
        (entry / name).write_text(text)
    caplog.clear()
    assert hours(shop) == before
    assert fits == ["SendTime"]
    assert any(f"action=ignore entry={entry.name}" in line for line in caplog.messages)
    assert hours(shop) == before
    assert fits == ["SendTime"]


def test_what_was_kept_is_for_this_user_alone(shop: Path) -> None:
    shutil.rmtree(model_cache.folder_of(shop))
    hours(shop)
    paths = [model_cache.folder_of(shop), *model_cache.folder_of(shop).rglob("*")]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert modes == {0o700, 0o600}


def test_only_the_last_few_are_kept(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cache, "MOST_ENTRIES", 3)
    for day in (28, 29, 30, 31):
        hours(shop, f"2017-03-{day}")
    assert len(entries(shop)) == 3
    monkeypatch.setattr(model_cache, "MOST_BYTES", 10)
    hours(shop, "2017-03-27")
    assert len(entries(shop)) == 1


def test_where_it_cannot_be_kept_the_answer_comes_all_the_same(
    shop: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = hours(shop)
    shutil.rmtree(shop.parent / "shop.models")
    (shop.parent / "shop.models").write_text("a file is in the way")
    assert hours(shop) == before
    assert any("action=keep model=SendTime why=" in line for line in caplog.messages)


def test_nothing_is_kept_of_rows_that_were_erased_meanwhile(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erasure is committed, and what was kept deleted, while a model is being fitted."""
    fit = SendTime.fit

    def erased_meanwhile(model: SendTime, *given: Any) -> SendTime:
        found = fit(model, *given)
        xr.open(shop).erase("h07")
        model_cache.forget(shop, ["h07"])
        return found

    monkeypatch.setattr(SendTime, "fit", erased_meanwhile)
    hours(shop, "2017-03-31")
    assert not model_cache.folder_of(shop).exists() or entries(shop) == []


# -- erasure -------------------------------------------------------------------------------------


def test_forgetting_a_customer_deletes_what_holds_them(shop: Path) -> None:
    crm = xr.open(shop)
    published = ShelfRegistry.beside(shop)
    model = ShelfRecommender().fit(crm.history(AS_OF))
    folder, earlier = published.publish(model), published.folder / "20170301T000000Z"
    without = crm.history(AS_OF).lines().to_pandas()
    without = without[without["customer_id"] != "h07"]
    ShelfRecommender().fit(without, as_of=AS_OF).save(earlier)
    said = json.loads((published.folder / "current.json").read_text())
    (published.folder / "current.json").write_text(json.dumps(said | {"earlier": [earlier.name]}))

    n_kept, gone = len(entries(shop)), model_cache.forget(shop, ["h07"])
    assert len(gone) == n_kept + 1
    assert folder.name in gone
    assert not folder.exists()
    assert not model_cache.folder_of(shop).exists()
    assert published.names() == [earlier.name]
    assert model_cache.forget(shop, ["h07"]) == ()


def test_a_model_is_known_by_whom_it_holds(shop: Path, tmp_path: Path) -> None:
    history = xr.open(shop).history(AS_OF)
    model = SendTime().fit(history).save(tmp_path / "mine")
    assert holds(model, {"h07", "nobody"})
    assert not holds(model, {"nobody"})
    (model / "state.json").write_text("{")
    assert holds(model, {"nobody"})


def test_saved_models_are_found_in_any_folder_and_all_else_stays(
    shop: Path, tmp_path: Path
) -> None:
    history = xr.open(shop).history(AS_OF)
    deep = SendTime().fit(history).save(tmp_path / "a" / "b")
    begun = tmp_path / "a" / ".c.0123.new"
    begun.mkdir()
    (tmp_path / "a" / "notes.txt").write_text("mine")
    assert forget_everywhere(tmp_path / "a", {"nobody"}) == (begun,)
    assert forget_everywhere(tmp_path / "a", {"h07"}) == (deep,)
    assert (tmp_path / "a" / "notes.txt").read_text() == "mine"
    assert forget_everywhere(tmp_path / "nowhere", {"h07"}) == ()
