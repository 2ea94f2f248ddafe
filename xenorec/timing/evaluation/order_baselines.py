"""Two rules without a model, learned on the window before the origin: what a model must beat."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.dataset.data_frames import positions
from xenorec.timestamps import microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US

_EDGES = np.array([1, 2, 3, 4, 5, 7, 10, 14, 21, 28, 42, 60, 90, 180, 365])


def ordered_within(seen: EventLog, everything: EventLog, within: timedelta) -> Floats:
    """Return 1.0 for each customer of ``seen`` with an order in (as_of, as_of + within]."""
    end = microseconds(seen.as_of + within)
    later = everything.after(seen.as_of)
    rows = positions(everything.ids[np.unique(later.code[later.at <= end])], seen.ids)
    ordered = np.zeros(len(seen.ids))
    ordered[rows[rows >= 0]] = 1.0
    return ordered


def base_rate(seen: EventLog, within: timedelta) -> Floats:
    """Return the share that ordered in the window before the origin, for everybody."""
    before = seen.until(seen.as_of - within)
    return np.full(len(seen.ids), _share(ordered_within(before, seen, within)))


def recency_rule(seen: EventLog, within: timedelta) -> Floats:
    """Return the share by days since the last order, learned on the window before the origin."""
    before = seen.until(seen.as_of - within)
    ordered = ordered_within(before, seen, within)
    bucket = _bucket(before, before.as_of)
    n = np.bincount(bucket, minlength=len(_EDGES) + 1)
    hits = np.bincount(bucket, weights=ordered, minlength=len(_EDGES) + 1)
    share: Floats = (hits + _share(ordered)) / (n + 1)
    return share[_bucket(seen, seen.as_of)]


def _share(ordered: Floats) -> float:
    return float((ordered.sum() + 1) / (len(ordered) + 2))


def _bucket(stamps: EventLog, origin: datetime) -> Ints:
    last = np.full(len(stamps.ids), np.iinfo(np.int64).min)
    np.maximum.at(last, stamps.code, stamps.at)
    days = (microseconds(origin) - last) // DAY_US
    return np.searchsorted(_EDGES, days, side="right").astype(np.int64)
