"""Nobody is written to on a clock that nobody knows."""

from __future__ import annotations

import warnings

import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec.campaigns.recipient_time_zones import with_zones
from xenorec.errors import BadInput


def people(*zones: str | None) -> list[dict[str, str | None]]:
    return [{"customer_id": str(n), "time_zone": zone} for n, zone in enumerate(zones)]


def test_where_no_zone_is_known_nothing_is_planned() -> None:
    with pytest.raises(BadInput, match=r"time_zone in \[workspace\] of xenorec.toml"):
        with_zones(people(None, None), None)


def test_an_empty_audience_needs_no_zone() -> None:
    assert with_zones([], None) == []


def test_own_zones_go_before_the_shops() -> None:
    told = with_zones(people("Asia/Tokyo", None), "Asia/Kolkata")
    assert [row["time_zone"] for row in told] == ["Asia/Tokyo", "Asia/Kolkata"]


def test_some_without_a_zone_are_warned_of() -> None:
    with pytest.warns(xr.XenorecWarning, match="^zone-unknown: of 1 of 4 customers"):
        told = with_zones(people("Asia/Tokyo", "Asia/Tokyo", "Asia/Dubai", None), None)
    assert told[3]["time_zone"] == "Asia/Tokyo"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with_zones(people("Asia/Tokyo"), None)


def test_a_plan_of_a_shop_without_any_zone_is_refused(crm: xr.Workspace) -> None:
    crm.load({"orders": orders(("o", "c", "2024-03-01T10:00:00Z", "5"))})
    campaign = crm.campaign("c1", audience=crm.profiles("2024-03-05"))
    with pytest.raises(BadInput, match="No zone is known"):
        campaign.plan()
