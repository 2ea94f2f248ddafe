"""Why a campaign's groups are not compared: the one condition that failed, with its number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from xenorec.report.campaign_report import _compared, _gap

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
