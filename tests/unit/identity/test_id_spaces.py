"""An id of one source is not the id of another one, wherever it is joined."""

from __future__ import annotations

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.identity.shops import consent, sale, source
from xenorec.errors import BadInput, XenorecWarning
from xenorec.sources.id_spaces import spaces_of

LATER = "2024-04-01"


def two_shops(crm: xr.Workspace) -> None:
    crm.load(source(first_name="Ana", email="ana@x.example", title="Tea"), name="web")
    crm.load(source(first_name="Bo", email="bo@x.example", title="Screws"), name="till")


def test_one_id_of_two_sources_is_two_customers_with_their_own_orders(crm: xr.Workspace) -> None:
    two_shops(crm)
    crm.link()
    names = ["customer_id", "first_name", "email", "n_orders"]
    assert crm.profiles(LATER).to_pandas(names).values.tolist() == [
        ["17", "Ana", "ana@x.example", 1],
        ["till:17", "Bo", "bo@x.example", 1],
    ]


def test_lines_are_joined_to_the_order_of_their_source(crm: xr.Workspace) -> None:
    two_shops(crm)
    lines = crm.history(LATER).lines().to_pandas()
    assert sorted(zip(lines["customer_id"], lines["product_id"], strict=True)) == [
        ("17", "1"),
        ("till:17", "till:1"),
    ]


def test_a_product_keeps_the_title_of_its_own_catalogue(crm: xr.Workspace) -> None:
    two_shops(crm)
    products = crm.history(LATER).products().to_pandas().set_index("product_id")["title"]
    assert products.to_dict() == {"1": "Tea", "till:1": "Screws"}


def test_a_consent_is_one_of_its_own_source(crm: xr.Workspace) -> None:
    two_shops(crm)
    crm.load({"consents": consent("17", "granted")}, name="till")
    now = pd.Timestamp("2024-04-01", tz="UTC").to_pydatetime()
    granted = crm.ledger.consents_at(now, "email", "marketing", ["17", "till:17"])
    assert granted == {"till:17"}


def test_sources_may_share_customers_and_products(crm: xr.Workspace) -> None:
    crm.load(source(first_name="Ana", title="Tea"), name="web")
    shared = {"customers": "web", "products": "web"}
    crm.load(sale("17", "1000"), name="till", id_space=shared)
    (row,) = crm.profiles(LATER).to_pandas(["customer_id", "n_orders"]).to_dict("records")
    assert row == {"customer_id": "17", "n_orders": 2}
    assert crm.history(LATER).products().num_rows == 1


def test_rows_that_name_their_source_are_of_its_space(crm: xr.Workspace) -> None:
    frame = pd.DataFrame({"customer_id": ["17", "17"], "source": ["web", "till"]})
    crm.load({"customers": frame})
    with crm.engine.reading() as session:
        ids = session.rows("select customer_id from warehouse.customers order by source")
    assert ids == [("17",), ("web:17",)]


def test_the_first_source_keeps_its_ids_whatever_comes_later(crm: xr.Workspace) -> None:
    two_shops(crm)
    again = source(first_name="Ana", email="ana@x.example", title="Tea")
    assert crm.load(again, name="web").n_written == 0
    assert crm.ledger.add_id_space("customers", "till") == "till:"


def test_ids_that_another_source_knows_are_warned_of(crm: xr.Workspace) -> None:
    crm.load(source(first_name="Ana"), name="web")
    with pytest.warns(XenorecWarning, match=r"ids-unmatched: .*id_space=\{'customers': 'web'\}"):
        crm.load({"consents": consent("17", "withdrawn")}, name="newsletter")


def test_a_bare_id_that_looks_like_one_of_another_space_is_put_aside(crm: xr.Workspace) -> None:
    two_shops(crm)
    report = crm.load({"customers": pd.DataFrame({"customer_id": ["till:17"]})}, name="web")
    assert report.n_quarantined == 1
    assert "another id space" in crm.quarantine()["reasons"].iloc[0][0]


def test_ids_in_the_props_of_an_event_are_of_its_space(crm: xr.Workspace) -> None:
    two_shops(crm)
    event = {
        "event_id": "e1",
        "customer_id": "17",
        "name": "coupon_redeemed",
        "at": "2024-03-01T11:00:00Z",
        "props": '{"order_id": "1000", "till": 3}',
    }
    crm.load({"events": pd.DataFrame([event])}, name="till")
    with crm.engine.reading() as session:
        found = session.value(
            "select json_extract_string(props, '$.order_id') from warehouse.events"
        )
    assert found == "till:1000"


@pytest.mark.parametrize("wrong", [{"customer": "web"}, {"customers": 3}])
def test_a_kind_that_has_no_spaces_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="customers"):
        spaces_of(wrong)


@pytest.mark.parametrize("nobody", ["", "  ", "nan", "NaN", "None", "<NA>", None])
def test_nobody_is_no_customer(crm: xr.Workspace, nobody: str | None) -> None:
    crm.load(source(customer="17"), name="web")
    head = sale("17", "1001")["orders"].assign(customer_id=[nobody])
    crm.load({"orders": head.astype({"customer_id": object})}, name="web")
    assert crm.profiles(LATER).to_pandas(["customer_id", "n_orders"]).values.tolist() == [["17", 1]]


def test_control_characters_leave_a_name_and_put_an_id_aside(crm: xr.Workspace) -> None:
    frame = pd.DataFrame({"customer_id": ["a", "b\x07"], "first_name": ["An\x1ba\r\n", "Bo"]})
    report = crm.load({"customers": frame})
    assert (report.tables[0].n_cleaned, report.n_quarantined) == (1, 1)
    assert "control characters taken out of 1 texts" in str(report)
    with crm.engine.reading() as session:
        assert session.rows("select first_name from warehouse.customers") == [("An a",)]
