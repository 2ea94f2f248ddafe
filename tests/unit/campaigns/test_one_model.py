"""A plan asks one fitted recommender, and copies it for nothing."""

from __future__ import annotations

import pytest

import xenorec as xr
from xenorec.recommend import ShelfRecommender
from xenorec.testing import invented_shop

BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}


def test_a_plan_copies_no_recommender(monkeypatch: pytest.MonkeyPatch) -> None:
    crm = xr.open(":memory:", brand=BRAND)
    crm.load(invented_shop(12).frames)
    people = crm.profiles("2017-11-01")
    crm.recommender("2017-11-01")
    made: list[object] = []
    monkeypatch.setattr(
        ShelfRecommender, "__copy__", lambda model: made.append(model) or model, raising=False
    )
    monkeypatch.setattr(
        ShelfRecommender, "with_request", lambda model, asked: made.append(asked) or model
    )
    plan = crm.campaign("own", audience=people, never=["bought_last_7d"], editorial=["p01"]).plan()
    assert plan.decisions
    assert made == []
