"""An offer until a day holds all of that day on the clock of each store."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

import xenorec as xr
from xenorec.tills.till_publishing import _coupons

AT_MIDNIGHT = {"kolkata": "2024-06-30T18:30", "angeles": "2024-07-01T07:00"}


@pytest.mark.parametrize(("store_id", "over"), AT_MIDNIGHT.items())
def test_the_last_day_is_over_when_it_is_at_the_store(
    crm: xr.Workspace, store_id: str, over: str
) -> None:
    zones = ["Asia/Kolkata", "America/Los_Angeles"]
    stores = pd.DataFrame({"store_id": list(AT_MIDNIGHT), "time_zone": zones})
    offers = pd.DataFrame({"offer_id": ["x"], "valid_to": ["2024-06-30"]})
    crm.load({"stores": stores, "offers": offers}, time_zone="UTC")
    end = datetime.fromisoformat(over).replace(tzinfo=UTC)
    (coupon,), _ = _coupons(crm, store_id, datetime(2024, 6, 1, tzinfo=UTC))
    assert datetime.fromisoformat(coupon[-1]) == end
    assert _coupons(crm, store_id, end)[0] == []


def test_a_warehouse_of_before_keeps_its_instant(crm: xr.Workspace) -> None:
    offers = pd.DataFrame({"offer_id": ["x"], "valid_to": ["2024-06-30"]})
    crm.load({"offers": offers}, time_zone="UTC")
    with crm.engine.writing() as session:
        session.run("alter table warehouse.offers drop column valid_until_on")
    (coupon,), _ = _coupons(crm, "s", datetime(2024, 6, 1, tzinfo=UTC))
    assert coupon[-1].startswith("2024-07-01T00:00")
