from __future__ import annotations

from decimal import Decimal

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


def test_a_model_column_is_computed_on_demand(shop: xr.Workspace) -> None:
    alive = shop.profiles(AS_OF).where("p_alive between 0 and 1")
    assert alive.count() == 2
    assert "p_alive" in alive.to_pandas().columns


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
