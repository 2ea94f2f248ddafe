"""Backtest: a model fitted at past origins on what was known then, scored on what came after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from math import isnan
from typing import Any

import pandas as pd

from xenorec.errors import BadInput
from xenorec.timestamps import AsOf, as_instant

Origin = datetime | date | str


@dataclass(frozen=True)
class OriginRows:
    """What an origin has to score: frames by name, and what the fits had to say."""

    frames: Mapping[str, pd.DataFrame]
    notes: Sequence[str] = ()

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]


@dataclass(frozen=True)
class Backtest:
    """The rolling origins, in order of time, and the span after each that is scored."""

    origins: tuple[datetime, ...]
    within: timedelta

    @classmethod
    def of(
        cls,
        *,
        as_of: AsOf,
        origins: Iterable[Origin] | None,
        within: timedelta,
        first: datetime,
        end: datetime,
    ) -> Backtest:
        """Return the back-test at ``origins``, or at ``as_of`` alone.

        Raises BadInput for no origin, for one before anybody had ordered (``first``), and for one
        whose window is not over at ``end``.
        """
        moments = read_origins(as_of, origins)
        check_origins(moments, first=first, end=end, within=within)
        return cls(moments, within)

    def run(self, score: Callable[[datetime, timedelta], OriginRows]) -> OriginRows:
        """Return the rows of all origins, with the column ``origin``, and each note once."""
        parts = [score(origin, self.within) for origin in self.origins]
        frames = {
            name: pd.concat(
                [p[name].assign(origin=at) for p, at in zip(parts, self.origins, strict=True)],
                ignore_index=True,
            )
            for name in parts[0].frames
        }
        return OriginRows(frames, tuple(dict.fromkeys(note for p in parts for note in p.notes)))


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


def score_table(
    rows: pd.DataFrame, keys: list[str], score: Callable[[pd.DataFrame], Mapping[str, float]]
) -> pd.DataFrame:
    """Return one row per group, in the order they come: its keys, n and scores."""
    return pd.DataFrame(
        [
            {**dict(zip(keys, key, strict=True)), "n": len(group), **score(group)}
            for key, group in rows.groupby(keys, sort=False)
        ]
    )


def bin_table(
    rows: pd.DataFrame, keys: list[str], bins: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Return one row per group and bin, with the group's keys first."""
    tables = []
    for key, group in rows.groupby(keys, sort=False):
        table = bins(group)
        named: dict[str, Any] = dict(zip(keys, key, strict=True))
        tables.append(table.assign(**named)[[*keys, *table.columns]])
    return pd.concat(tables, ignore_index=True)


class Evaluation:
    """The outcome of a back-test: a frozen dataclass of facts, tables and notes inherits it."""

    def to_mapping(self) -> dict[str, Any]:
        """Return everything as plain JSON; a span ``x`` is told as ``x_days``."""
        held = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {
            f"{name}_days" if isinstance(value, timedelta) else name: _plain(value)
            for name, value in held.items()
        }

    def to_json(self) -> str:
        """Return everything as one JSON text."""
        return json.dumps(self.to_mapping())

    def figures(self) -> dict[str, Any]:
        """Return altair charts by name; raises MissingPackage without the extra ``notebooks``."""
        return {}


def as_text(frame: pd.DataFrame, *, digits: int = 4) -> str:
    """Return the frame as text, numbers with so many digits."""
    return frame.to_string(index=False, float_format=f"{{:.{digits}f}}".format)


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        text = value.to_json(orient="records", date_format="iso", double_precision=10)
        return json.loads(text)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    return None if isinstance(value, float) and isnan(value) else value
