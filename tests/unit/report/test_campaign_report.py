"""Why a campaign's groups are not compared: the one condition that failed, with its number."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from xenorec.campaigns.contact_policy import _uplift
from xenorec.report.campaign_report import _compared, _gap
from xenorec.report.lift import lift
from xenorec.report.report_page import _estimate, _interval

AS_OF = datetime(2017, 11, 1, tzinfo=UTC)
LATER = AS_OF + timedelta(days=9)


def rows(n_treated: int, n_held_out: int, n_capped: int = 0) -> list[dict[str, str | None]]:
    """Return decisions: treated, held out, and held out but left out under the cap."""
    return [
        *({"arm": "treatment", "decided_reason": None} for _ in range(n_treated)),
        *({"arm": "control", "decided_reason": "control"} for _ in range(n_held_out)),
        *({"arm": "control", "decided_reason": "capped"} for _ in range(n_capped)),
    ]


@pytest.mark.parametrize(
    ("sizes", "latest", "told"),
    [
        ((10, 10), LATER, ""),
        ((4, 10), LATER, "in each group, and there are 4 to be written to."),
        ((65, 3, 7), LATER, "in each group, and there are 3 held out from these."),
        ((4, 3), LATER, "there are 4 to be written to and 3 held out from these."),
        ((10, 10), None, "no orders are loaded."),
        ((10, 10), AS_OF, "2017-11-01 00:00 UTC; the latest that is loaded is of 2017-11-01 00:00"),
    ],
)
def test_the_condition_that_failed_is_told(
    sizes: tuple[int, ...], latest: datetime | None, told: str
) -> None:
    gap = _gap(_compared(rows(*sizes)), latest, AS_OF)
    assert gap.endswith(f"{told} UTC." if "latest that" in told else told)
    assert bool(gap) == bool(told)


def arms(events: int, events_control: int) -> pd.DataFrame:
    """Return a thousand written to and a hundred held out, and how many of them bought."""
    has = [True] * events + [False] * (1000 - events) + [True] * events_control
    return pd.DataFrame(
        {
            "customer_id": range(1100),
            "arm": ["treatment"] * 1000 + ["control"] * 100,
            "has_ordered": has + [False] * (100 - events_control),
        }
    )


def test_the_page_says_where_it_cannot_tell() -> None:
    unknown = lift(arms(60, 2), "has_ordered")
    assert _estimate(unknown) == "cannot tell"
    assert "<svg" in _interval(unknown)
    assert _estimate(lift(arms(400, 20), "has_ordered")) == "+20.0 points"
    spent = arms(10, 0).assign(spend=lambda f: f["has_ordered"] * (9.0 + f.index % 3))
    assert _interval(lift(spent)) == "", "there is no interval to draw"


@pytest.mark.parametrize(("events", "events_control", "told"), [(400, 20, 0.2), (200, 1, None)])
def test_only_a_lift_that_is_told_counts_for_later_plans(
    events: int, events_control: int, told: float | None
) -> None:
    """One event of the control is far from the treated, but nobody can tell how far."""
    found = lift(arms(events, events_control), "has_ordered")
    assert found.p_value < 0.001
    report = SimpleNamespace(
        lift=found, as_of=AS_OF, within=timedelta(days=1), metric="repeat_order"
    )
    room = SimpleNamespace(report=lambda name, within: report)
    plan = SimpleNamespace(room=room, as_of=LATER, record=SimpleNamespace(campaign="spring"))
    uplift = _uplift(plan, {})  # type: ignore[arg-type]
    assert uplift == told if told else math.isnan(uplift)
