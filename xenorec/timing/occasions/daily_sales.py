"""Daily sales by category, and what they would have been without any occasion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Codes, Floats, Ints, Texts
from xenorec.config.time_zones import zone_info
from xenorec.dataset.dataset import Dataset
from xenorec.errors import BadInput
from xenorec.schema.order_rules import OF_LINES
from xenorec.timestamps import AsOf, microseconds
from xenorec.timing.local_time import DAY_US, local_microseconds

WHOLE = ""
"""The category that stands for the whole shop."""
MOST = 2_000
"""At most so many categories are looked at, those that sell most."""
SIGMA = 21.0
"""Days: how smooth the level is."""
BELIEF = 8.0
"""Expected lines after which a category's own weekdays count as much as the shop's."""
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class DailySales:
    """Lines sold: ``count[c, d]`` of category ``c`` on local day ``first + d``.

    Category 0 is the whole shop, named "". Only days that were over at ``as_of`` are there.
    """

    first: int
    categories: Texts
    count: Floats

    @property
    def n_days(self) -> int:
        """How many days there are."""
        return int(self.count.shape[1])

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day; raises BadInput when there is none."""
        if not self.n_days:
            raise BadInput("No line lies on a day that was over; give lines, or a later as_of.")
        begin = EPOCH + timedelta(days=self.first)
        return begin, begin + timedelta(days=self.n_days - 1)

    def end(self, time_zone: str) -> datetime:
        """Return the instant at which the last day was over on the clock of ``time_zone``."""
        day = EPOCH + timedelta(days=self.first + self.n_days)
        return datetime.combine(day, time.min, zone_info(time_zone)).astimezone(UTC)

    def position(self, day: date) -> int:
        """Return where a day stands; it may lie outside."""
        return (day - EPOCH).days - self.first

    def until(self, day: date) -> DailySales:
        """Return the days up to and with ``day``."""
        n = max(min(self.position(day) + 1, self.n_days), 0)
        return DailySales(self.first, self.categories, self.count[:, :n])


def read_daily(source: Any, *, as_of: AsOf = None, time_zone: str = "UTC") -> DailySales:
    """Count lines per local day and category.

    ``source``: lines with ordered_at and, if there is one, category, or a history. Goods given back
    (``xenorec.schema.order_rules``) do not count. Without ``as_of`` the days end with the last
    line's.
    """
    dataset = Dataset.of(source, "lines", as_of)
    dataset.table("lines").require("ordered_at", may=("category", *OF_LINES))
    rows = dataset.purchases
    at = rows.instants("ordered_at")
    end = _end(at, None if dataset.as_of is None else microseconds(dataset.as_of), time_zone)
    local = _days(at, time_zone)
    keep = local < end
    if not keep.any():
        return DailySales(end, np.array([WHOLE], dtype=object), np.zeros((1, 0)))
    names, code = rows.codes("category")
    return _counted(local[keep], code[keep], names, int(local[keep].min()), end)


def _days(at: Ints, time_zone: str) -> Ints:
    return local_microseconds(at, time_zone) // DAY_US


def _end(at: Ints, cut: int | None, time_zone: str) -> int:
    """Return the first day that was not over at ``cut``, or the one after the last line's."""
    if cut is None:
        return int(_days(at, time_zone).max()) + 1 if len(at) else 0
    return int(_days(np.array([cut], dtype=np.int64), time_zone)[0])


def _counted(day: Ints, code: Codes, names: Texts, first: int, end: int) -> DailySales:
    """Return the counts, the whole shop first, then the categories that sell most, by name."""
    size = np.bincount(code[code >= 0], minlength=len(names))
    most = np.sort(np.argsort(-size, kind="stable")[:MOST])
    most = most[size[most] > 0]
    place = np.full(len(names) + 1, -1, dtype=np.int64)
    place[most] = np.arange(len(most))
    row, n = place[code], end - first
    flat = np.bincount(row[row >= 0] * n + (day[row >= 0] - first), minlength=len(most) * n)
    whole = np.bincount(day - first, minlength=n)
    count = np.vstack([whole[None, :], flat.reshape(len(most), n)]).astype(np.float64)
    return DailySales(first, np.concatenate([np.array([WHOLE], dtype=object), names[most]]), count)


def expected(daily: DailySales, plain: Bools) -> Floats:
    """Return the counts that days would have without an occasion, told from the ``plain`` days.

    A smooth level (Gaussian weights, 21 days) times the weekday; a category with few lines takes
    the shop's weekdays. All zeros where no day is plain.
    """
    if not plain.any():
        return np.zeros_like(daily.count)
    weekday = (np.arange(daily.n_days) + daily.first + 3) % 7  # 1970-01-01 was a Thursday
    factor = np.ones((len(daily.count), 7))
    for _ in range(2):
        level = _level(daily.count, factor[:, weekday], plain)
        factor = _weekdays(daily.count, level, plain, weekday)
    return level * factor[:, weekday]


def _level(count: Floats, factor: Floats, plain: Bools) -> Floats:
    from scipy.ndimage import gaussian_filter1d

    def smooth(values: Floats) -> Floats:
        found: Floats = gaussian_filter1d(values, SIGMA, axis=-1, mode="constant", truncate=6.0)
        return found

    above, below = smooth(count * plain), smooth(factor * plain)
    mean = (count * plain).sum(axis=1) / np.maximum((factor * plain).sum(axis=1), 1e-9)
    is_far = below < 1e-6
    level: Floats = np.where(is_far, mean[:, None], above / np.where(is_far, 1.0, below))
    return level


def _weekdays(count: Floats, level: Floats, plain: Bools, weekday: Ints) -> Floats:
    """Return a factor per category and weekday; a category's is drawn towards the shop's."""
    is_day = (weekday[None, :] == np.arange(7)[:, None]) & plain
    seen, hoped = count @ is_day.T, level @ is_day.T
    shop = (seen[0] + BELIEF / 7) / (hoped[0] + BELIEF / 7)
    factor: Floats = (seen + BELIEF * shop) / (hoped + BELIEF)
    return factor


def plain_days(daily: DailySales, busy: Sequence[tuple[int, int]]) -> Bools:
    """Return which days lie in none of the spans of positions (both ends included)."""
    plain = np.ones(daily.n_days, dtype=bool)
    for start, end in busy:
        plain[max(start, 0) : max(end + 1, 0)] = False
    return plain
