from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec.errors import ConditionRefused, MissingTable, UnknownColumn

AS_OF = "2024-03-31"


@pytest.fixture
def shop(crm: xr.Workspace) -> xr.Workspace:
    """Ana buys every seven days at 18:30 in Kolkata; Bo bought once; Cy only after as_of."""
    days = ["2024-03-05", "2024-03-12", "2024-03-19", "2024-03-26"]
    rows = [(f"a{n}", "ana", f"{day}T13:00:00+00:00", "10") for n, day in enumerate(days)]
    rows += [("b0", "bo", "2024-01-01T06:00:00+00:00", "99.50")]
    rows += [("c0", "cy", "2024-04-02T06:00:00+00:00", "5")]
    rows += [("a9", "ana", "2024-04-02T13:00:00+00:00", "1000")]
    lines = pd.DataFrame(
        [
            ("a0", 1, "tea", 1, "4"),
            ("a0", 2, "rice", 1, "6"),
            ("a1", 1, "tea", 1, "10"),
            ("a9", 1, "marker", 1, "1000"),
        ],
        columns=["order_id", "line_no", "product_id", "quantity", "net_amount"],
    ).assign(discount_amount="1")
    products = pd.DataFrame(
        {
            "product_id": ["tea", "rice", "marker"],
            "title": ["Tea", "Rice", "Marker"],
            "category_path": ["drinks|hot", "pantry|grain", "secret|marker"],
        }
    )
    stores = pd.DataFrame({"store_id": ["s1"], "time_zone": ["Asia/Kolkata"]})
    identifiers = pd.DataFrame(
        {"customer_id": ["ana"], "kind": ["email"], "value": ["ana@shop.example"]}
    )
    crm.load(
        {
            "orders": orders(*rows).assign(store_id="s1"),
            "order_lines": lines,
            "products": products,
            "stores": stores,
            "identifiers": identifiers,
        }
    )
    return crm


def row(shop: xr.Workspace, customer_id: str) -> dict[str, object]:
    frame = shop.profiles(AS_OF).where(f"customer_id = '{customer_id}'").to_arrow()
    (found,) = frame.to_pylist()
    return dict(found)


def test_one_row_per_customer_known_by_then(shop: xr.Workspace) -> None:
    assert shop.profiles(AS_OF).to_pandas()["customer_id"].tolist() == ["ana", "bo"]


def test_recency_frequency_money(shop: xr.Workspace) -> None:
    ana = row(shop, "ana")
    assert (ana["days_since_order"], ana["n_orders"]) == (4, 4)
    assert ana["lifetime_total_net_amount"] == Decimal("40.0000")
    assert ana["avg_order_value_amount"] == Decimal("10.0000")


def test_the_customers_own_cycle(shop: xr.Workspace) -> None:
    ana = row(shop, "ana")
    assert (ana["gap_days_median"], ana["gap_days_mean"], ana["gap_regularity"]) == (7.0, 7.0, 1.0)
    assert row(shop, "bo")["gap_days_median"] is None
    assert (ana["usual_gap_days"], row(shop, "bo")["usual_gap_days"]) == (7.0, 7.0)


def test_categories_by_share_of_spend(shop: xr.Workspace) -> None:
    ana = row(shop, "ana")
    assert (ana["top_categories"], ana["top_category_shares"]) == (["hot", "grain"], [0.7, 0.3])


def test_hours_are_the_stores_local_hours(shop: xr.Workspace) -> None:
    ana = row(shop, "ana")
    assert (ana["hours_of_week"], ana["hour_of_week_counts"]) == ([24 + 18], [4])


def test_discount_habit(shop: xr.Workspace) -> None:
    assert row(shop, "ana")["discount_share"] == pytest.approx(3 / 23)


def test_nothing_later_than_as_of_is_seen(shop: xr.Workspace) -> None:
    text = str(shop.profiles(AS_OF).to_arrow().to_pylist())
    assert "marker" not in text
    assert "1000" not in text
    assert "marker" not in str(shop.history(AS_OF).products().to_pylist())


def test_the_same_rows_in_any_order_and_repetition_give_the_same_profile(
    shop: xr.Workspace, tmp_path: object
) -> None:
    other = xr.open(tmp_path / "other.duckdb")  # type: ignore[operator]
    names = ["orders", "order_lines", "products", "stores", "identifiers"]
    with shop.engine.reading() as session:
        frames = {
            name: session.arrow(f"select * exclude (ingested_at) from warehouse.{name}")
            for name in names
        }
    for name in reversed(names):
        shuffled = frames[name].to_pandas().iloc[::-1]
        other.load({name: shuffled})
        other.load({name: shuffled})
    assert other.profiles(AS_OF).to_arrow().equals(shop.profiles(AS_OF).to_arrow())


def test_addresses_are_masked_when_shown(shop: xr.Workspace) -> None:
    people = shop.profiles(AS_OF)
    for text in (repr(people), people._repr_html_()):
        assert "a•••@shop.example" in text
        assert "ana@shop.example" not in text


def test_conditions_narrow_each_other(shop: xr.Workspace) -> None:
    people = shop.profiles(AS_OF)
    assert people.where("n_orders >= 1").where("n_orders > 1").count() == 1
    assert people.where("n_orders > 1").text == "n_orders > 1"


def test_a_condition_that_does_not_fit_the_type_is_explained(shop: xr.Workspace) -> None:
    with pytest.raises(ConditionRefused, match="n_orders is INTEGER"):
        shop.profiles(AS_OF).where("n_orders > 'many'")


def test_a_mistyped_column_is_answered_when_typed(shop: xr.Workspace) -> None:
    with pytest.raises(UnknownColumn, match="'n_orders'"):
        shop.profiles(AS_OF).where("n_order > 1")


def test_who_asks_for_a_time_before_all_orders_is_told(shop: xr.Workspace) -> None:
    told = r"^as-of-before-data: .* first order .* 2024-01-01.* last order is of 2024-04-02"
    for ask in (shop.profiles, shop.history):
        with pytest.warns(xr.XenorecWarning, match=told) as caught:
            ask("2001-01-01")
        assert caught[0].filename == __file__, "the line that asked"


def test_who_asks_for_a_time_since_the_first_order_is_told_nothing(
    shop: xr.Workspace, recwarn: pytest.WarningsRecorder
) -> None:
    shop.profiles("2024-01-01T06:00:00Z")
    assert [str(one.message) for one in recwarn] == []


def test_a_model_column_is_computed_on_demand(shop: xr.Workspace) -> None:
    alive = shop.profiles(AS_OF).where("p_alive between 0 and 1")
    assert alive.count() == 2
    assert "p_alive" in alive.to_pandas().columns


def test_a_model_is_fitted_when_one_of_its_columns_is_asked_for(
    shop: xr.Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "xenorec")
    people = shop.profiles(AS_OF)
    assert people.count() == 2
    assert fitted(caplog) == []
    assert "Value" not in repr(people)
    assert people.where("p_lapsed_90d between 0 and 1 and p_alive >= 0").count() == 2
    assert fitted(caplog) == ["NextPurchase"]
    both = people.where("expected_value_365d_amount >= 0 and p_order_28d >= 0")
    assert both.count() == 2
    assert "n_expected_orders_365d" in people.to_arrow(["n_expected_orders_365d"]).column_names
    assert fitted(caplog) == ["NextPurchase", "LifetimeValue"]
    assert "p_alive and the like are from NextPurchase" in repr(people)
    assert "expected_value_365d_amount and the like are from LifetimeValue" in repr(people)


def fitted(caplog: pytest.LogCaptureFixture) -> list[str]:
    words = [message.split() for message in caplog.messages]
    return [row[1].removeprefix("model=") for row in words if row[0] == "action=fit"]


def test_columns_name_their_model_and_their_currency(shop: xr.Workspace) -> None:
    listed = shop.profiles(AS_OF).columns.set_index("column")
    assert listed.loc["p_lapsed_90d", "model"] == "fitted NextPurchase"
    assert "no order within 90 days" in listed.loc["p_lapsed_90d", "meaning"]
    assert listed.loc["n_expected_orders_365d", "model"] == "fitted LifetimeValue"
    assert "main currency" in listed.loc["expected_value_365d_amount", "meaning"]
    assert listed.index.is_unique


def test_a_mistyped_model_column_is_answered_in_profile_and_campaign(shop: xr.Workspace) -> None:
    with pytest.raises(UnknownColumn, match="'p_lapsed_90d'"):
        shop.profiles(AS_OF).where("p_lapsed_90 > 0.5")
    with pytest.raises(UnknownColumn, match="'expected_value_365d_amount'"):
        shop.profiles(AS_OF).to_arrow(["expected_value_365_amount"])
    for name in ("p_lapsed_90d", "expected_value_365d_amount"):
        assert shop._known().check_where(f"{name} > 0")
        with pytest.raises(UnknownColumn, match=f"'{name}'"):
            shop._known().check_where(f"{name}s > 0")


def test_closed_days_of_the_project_are_nobodys_silence(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=8, freq="3D").strftime("%Y-%m-%dT12:00:00Z")
    bought = [(f"{n}-{day}", f"c{n:02}", day, "5") for n in range(60) for day in days[: 2 + n % 7]]
    told = {}
    for name, closures in {
        "open": "",
        "shut": '[[closures]]\nfrom = "2024-01-26"\nto = "2024-03-28"\n',
        "shut later": '[[closures]]\nfrom = "2024-04-20"\nto = "2024-05-28"\n',
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "xenorec.toml").write_text(f'[workspace]\npath = "shop.duckdb"\n{closures}')
        crm = xr.open(folder)
        crm.load({"orders": orders(*bought)})
        alive = crm.profiles("2024-02-05").to_pandas(["p_alive"])["p_alive"]
        told[name] = alive.tolist()
        notes = str(crm.profiles("2024-02-05")._source.notes())
        assert ("closed from 2024-01-26 to 2024-03-28" in notes) is (name == "shut")
    assert sum(told["shut"]) > sum(told["open"])
    assert told["shut later"] == told["open"], "what is shut later is not known yet"


def test_events_of_a_history_are_purchases_clicks_and_steps_in_the_shop(shop: xr.Workspace) -> None:
    rows = [
        ("e1", "ana", "message_clicked", "2024-03-20T18:00:00Z", '{"channel": "sms"}'),
        ("e2", "bo", "product_viewed", "2024-03-21T18:00:00Z", None),
        ("e3", "bo", "message_opened", "2024-03-21T18:00:00Z", None),
        ("e4", "bo", "coupon_redeemed", "2024-03-21T18:00:00Z", None),
        ("e5", "bo", "offer_received", "2024-03-21T18:00:00Z", None),
        ("e6", None, "page_viewed", "2024-03-21T18:00:00Z", None),
        ("e7", "bo", "message_clicked", "2024-04-21T18:00:00Z", None),
    ]
    names = ["event_id", "customer_id", "name", "at", "props"]
    before = shop.history(AS_OF).events()
    shop.load({"events": pd.DataFrame(rows, columns=names)})
    events = shop.history(AS_OF).events()
    assert set(before["name"].to_pylist()) == {"order_completed"}
    found = [row for row in events.to_pylist() if row["name"] != "order_completed"]
    assert [(r["customer_id"], r["name"], r["channel"], r["time_zone"]) for r in found] == [
        ("ana", "message_clicked", "sms", "Asia/Kolkata"),
        ("bo", "product_viewed", None, "Asia/Kolkata"),
    ]
    assert events.num_rows == before.num_rows + 2
    shop.load({"customers": pd.DataFrame({"customer_id": ["ana"]})})
    shop.erase("ana")
    assert "ana" not in shop.history(AS_OF).events()["customer_id"].to_pylist()


def test_an_empty_workspace_says_what_to_load(crm: xr.Workspace) -> None:
    crm.load({"stores": pd.DataFrame({"store_id": ["s"]})})
    with pytest.raises(MissingTable, match="orders has no rows yet"):
        crm.profiles("2024-01-01").count()


def test_an_erased_customer_is_gone(shop: xr.Workspace) -> None:
    shop.load({"customers": pd.DataFrame({"customer_id": ["ana"], "first_name": ["Ana"]})})
    shop.erase("ana")
    assert shop.profiles(AS_OF).to_pandas()["customer_id"].tolist() == ["bo"]
    assert shop.history(AS_OF).lines().num_rows == 0


def test_a_profile_in_memory_knows_what_was_loaded_since() -> None:
    crm = xr.open(":memory:")
    crm.load({"orders": orders(("o1", "ana", "2024-03-01T10:00:00Z", "1"))})
    assert crm.profiles(AS_OF).count() == 1
    crm.load({"orders": orders(("o2", "bo", "2024-03-02T10:00:00Z", "1"))})
    assert crm.profiles(AS_OF).count() == 2
