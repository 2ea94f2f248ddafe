"""The past instants from which a model is looked at, and which of them the data allows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from xenorec.errors import BadInput
from xenorec.timestamps import AsOf, as_instant

Origin = datetime | date | str


def read_origins(as_of: AsOf, origins: Iterable[Origin] | None) -> tuple[datetime, ...]:
    """Return the origins in order of time, or ``as_of`` alone; raises ``BadInput`` for none."""
    if origins is None and as_of is not None:
        origins = [as_of]
    given = [] if origins is None else [as_instant(origin, name="origin") for origin in origins]
    if not given:
        raise BadInput("There is no origin; give as_of='2017-08-28' or origins=[...].")
    return tuple(sorted(set(given)))


def every(first: Origin, *, n: int, step: timedelta) -> tuple[datetime, ...]:
    """Return ``n`` origins, ``step`` apart."""
    start = as_instant(first, name="first origin")
    return tuple(start + k * step for k in range(n))


def latest(end: datetime, *, n: int, step: timedelta, within: timedelta) -> tuple[datetime, ...]:
    """Return the last ``n`` origins, ``step`` apart, whose windows are over at ``end``."""
    return tuple(end - within - k * step for k in reversed(range(n)))


def check_origins(
    origins: tuple[datetime, ...], *, first: datetime, end: datetime, within: timedelta
) -> None:
    """Raise ``BadInput`` unless somebody had ordered by each origin and its window is over."""
    last = origins[-1]
    if last + within > end:
        raise BadInput(
            f"The window after {last.isoformat()} ends at {(last + within).isoformat()}, yet the "
            f"orders end at {end.isoformat()}; the latest origin is {(end - within).isoformat()}."
        )
    if origins[0] < first:
        raise BadInput(
            f"Nobody had ordered by {origins[0].isoformat()}; "
            f"the first order is of {first.isoformat()}."
        )
