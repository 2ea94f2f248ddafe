"""How often a plan does what costs: once per message, once per customer, once per plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import xenorec as xr
from xenorec.campaigns import decisioning, plan
from xenorec.messages import MessageTemplate
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker
from xenorec.testing import invented_shop

BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}
AS_OF = "2017-11-01"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counts: Counter[str] = Counter()

    def counted(home: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(home, name)

        def call(*args: Any, **options: Any) -> Any:
            counts[name] += 1
            return real(*args, **options)

        monkeypatch.setattr(home, name, call)

    counted(MessageTemplate, "render")
    counted(decisioning, "lint")
    counted(plan, "_canonical")
    counted(TwoStageRanker, "judge")
    counted(TwoStageRanker, "score_with_closed")
    return counts


def test_a_plan_does_each_part_of_its_work_once(calls: Counter[str]) -> None:
    crm = xr.open(":memory:", brand=BRAND)
    crm.load(invented_shop(12).frames)
    people = crm.profiles(AS_OF)
    crm.recommender(AS_OF)
    calls.clear()
    made = crm.campaign("own", audience=people, never=["bought_last_7d"]).plan()
    n_made = sum(d.state == "planned" or d.reason == "control" for d in made.decisions)
    assert n_made
    assert calls["render"] == calls["lint"] == n_made
    assert calls["score_with_closed"] == 1, "one block of customers"
    calls.clear()
    told = str(made)
    assert "Left out by the rules" in told
    made.approve(by="crm@shop.example")
    assert str(made) == told
    assert calls["_canonical"] == len(made.decisions), "the hash is worked out once"
    assert calls["judge"] + calls["score_with_closed"] + calls["render"] == 0


def test_what_was_counted_on_the_way_is_what_is_counted_apart() -> None:
    crm = xr.open(":memory:", brand=BRAND)
    crm.load(invented_shop(12).frames)
    people = crm.profiles(AS_OF)
    made = crm.campaign("own", audience=people, never=["bought_last_7d"]).plan()
    pages = (None, "control", "no_recommendation")
    reached = [d.customer_id for d in made.decisions if d.reason in pages]
    assert reached
    assert made.removals.equals(made.removed.pages.removals(reached))
