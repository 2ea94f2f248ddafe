"""Uplift: how many times as much a category sells around an occasion, learned from past ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xenorec.array_types import Bools, Floats, significant
from xenorec.config.occasion_types import meant, title_of
from xenorec.errors import BadInput, NotFitted
from xenorec.modeling.persistence import SavableModel
from xenorec.timestamps import AsOf
from xenorec.timing.occasions.daily_sales import DailySales, expected, plain_days, read_daily
from xenorec.timing.occasions.occasion_calendar import Occasions
from xenorec.timing.occasions.occasion_days import BUSY, OFFSETS, OccasionDays, windows, within

if TYPE_CHECKING:
    import pandas as pd

VARIANCE, WEIGHT = 0.25, 8.0
"""How much uplifts are thought to differ between categories, and for how many lines that counts."""
WEAKEST, STRONGEST = 0.5, 1e5
NEAR = 2
"""Days before and after a day from which it is learned how much uplifts differ on it."""
SURE = 0.95
STEP, STAND_INS = 10, 50
"""Days from one stand-in for an occasion to the next, on every weekday; and at most how many."""


class UpliftSpan(NamedTuple):
    """Days around an occasion that a sentence tells of."""

    first: int
    last: int
    words: str

    @property
    def n_days(self) -> int:
        """How many days it has."""
        return self.last - self.first + 1


SPANS = (
    UpliftSpan(-5, -1, "in the 5 days before"),
    UpliftSpan(0, 0, "on the day of"),
    UpliftSpan(1, 7, "in the 7 days after"),
)


DAY_SPAN = 1
"""The place of the span of one day."""


class OccasionUplift(SavableModel):
    """By how much sales around occasions differ from what the same days would have sold.

    The expected level is that of the same weekday without the occasion: a smooth level over the
    days that lie near none, times the weekday. What was sold is Poisson around the expected times
    the uplift, with the extra variance that the same forecast shows where there was no occasion
    (every tenth day takes its turn as a stand-in, its days left out of the level). The uplift has
    a gamma prior around 1, whose strength is learned: where categories differ from what was
    expected of them no more than chance does, every uplift stays at 1.

    What it cannot tell: other things that happened on the same days, and what one past occasion
    alone was like. ``n_years`` says how many there were.

    ``only``: names of the occasions to learn; those of the country when left out.
    """

    def __init__(self, *, only: Sequence[str] | None = None, time_zone: str = "UTC") -> None:
        self.only = only
        self.time_zone = time_zone

    def fit(self, lines: Any, *, occasions: Occasions, as_of: AsOf = None) -> OccasionUplift:
        """Learn from lines (ordered_at, optional category) or a history up to ``as_of``.

        Only days that were over at ``as_of`` count. Raises BadInput for a missing column.
        """
        daily = read_daily(lines, as_of=as_of, time_zone=self.time_zone)
        return self.fit_daily(daily, occasions=occasions)

    def fit_daily(self, daily: DailySales, *, occasions: Occasions) -> OccasionUplift:
        """Learn from daily counts."""
        only = (self.only,) if isinstance(self.only, str) else self.only
        found = windows(daily, occasions, only) if daily.n_days else []
        self.as_of_ = daily.end(self.time_zone)
        own = only if only is not None else sorted({window.occasion for window in found})
        self.occasions_: tuple[str, ...] = tuple(dict.fromkeys(own))
        self.categories_: tuple[str, ...] = tuple(daily.categories)
        plain = plain_days(daily, [window.busy for window in found])
        hoped = expected(daily, plain)
        self.n_years_ = np.zeros((len(self.occasions_), len(OFFSETS)), dtype=np.int64)
        shape = (len(self.occasions_), len(self.categories_), len(OFFSETS))
        self.observed_, self.expected_ = np.zeros(shape), np.zeros(shape)
        for window in found:
            self._add(window, daily.count, hoped)
        self.spread_ = _spread(daily, plain)
        self.notes_ = self._notes(int(plain.sum()))
        return self

    def curve(self, occasion: str | None = None) -> pd.DataFrame:
        """Return the uplift per day around each occasion, or around one.

        One row per occasion, category and day (-21 to 28, 0 is the occasion's): occasion, category
        ("" for the whole shop), day, uplift, ci_low, ci_high (95 %), n_years, level ("segment" for
        a category, "shop", or "default" where nothing is known and the uplift is 1).
        """
        import pandas as pd

        at = range(len(self._fitted().occasions_)) if occasion is None else [self._place(occasion)]
        parts = [self._rows(place) for place in at]
        if not parts:
            return pd.DataFrame(columns=list(_COLUMNS))
        return pd.concat(parts, ignore_index=True)

    def factors(self, occasion: str) -> Floats:
        """Return the uplift of each category (rows, as ``categories_``) on each day -21 to 28."""
        place = self._place(occasion)
        seen, hoped = self._evidence(place, self.spread_[:, DAY_SPAN])
        strength = _strengths(seen, hoped)
        return (strength + seen) / (strength + hoped)

    def says(self, occasion: str, *, n: int = 5) -> tuple[str, ...]:
        """Return at most ``n`` sentences on what sells more or less, the clearest first.

        Only what chance does not explain: the intervals are so wide that of all categories and
        spans together one in twenty such calls would say something false.
        """
        place, title = self._place(occasion), title_of(occasion)
        if not self._years(place):
            return (f"No past {title} lies in these sales: what sells around it is not known.",)
        found = [told for span in SPANS for told in self._described_days(place, span, title)]
        if not found:
            return (f"Around {title} no category sells more or less than chance explains.",)
        return tuple(text for _, text in sorted(found, key=lambda told: (-told[0], told[1]))[:n])

    def __repr__(self) -> str:
        if not hasattr(self, "occasions_"):
            return "OccasionUplift()"
        return (
            f"OccasionUplift({len(self.categories_) - 1} categories, "
            f"{', '.join(f'{name}: {self._years(at)}' for at, name in enumerate(self.occasions_))})"
        )

    def _fitted(self) -> OccasionUplift:
        if not hasattr(self, "occasions_"):
            raise NotFitted("OccasionUplift has not learned yet; call fit(lines, occasions=...).")
        return self

    def _place(self, occasion: str) -> int:
        names = self._fitted().occasions_
        if occasion not in names:
            raise BadInput(
                f"{occasion!r} was not learned.{meant(occasion, names)} Learned: "
                f"{', '.join(names) or 'none'}. Name it in OccasionUplift(only=[...])."
            )
        return names.index(occasion)

    def _add(self, window: OccasionDays, count: Floats, hoped: Floats) -> None:
        place = self.occasions_.index(window.occasion)
        at = window.at + OFFSETS[window.is_own]
        self.observed_[place][:, window.is_own] += count[:, at]
        self.expected_[place][:, window.is_own] += hoped[:, at]
        self.n_years_[place] += window.is_own

    def _years(self, place: int) -> int:
        """Return how many occasions were seen at least on half of the days around them."""
        return int(np.median(self.n_years_[place][within(-3, 3)]))

    def _evidence(self, place: int, spread: Floats) -> tuple[Floats, Floats]:
        return (
            self.observed_[place] / spread[:, None],
            self.expected_[place] / spread[:, None],
        )

    def _rows(self, place: int) -> pd.DataFrame:
        import pandas as pd

        seen, hoped = self._evidence(place, self.spread_[:, DAY_SPAN])
        low, high = _interval(seen, hoped, _strengths(seen, hoped), SURE)
        n_categories, n_offsets = seen.shape
        years = np.tile(self.n_years_[place], n_categories)
        names = np.repeat(np.array(self.categories_, dtype=object), n_offsets)
        level = np.where(names == "", "shop", "segment")
        return pd.DataFrame(
            {
                "occasion": self.occasions_[place],
                "category": names,
                "day": np.tile(OFFSETS, n_categories),
                "uplift": significant(self.factors(self.occasions_[place]).ravel()),
                "ci_low": significant(low.ravel()),
                "ci_high": significant(high.ravel()),
                "n_years": years,
                "level": np.where(years > 0, level, "default"),
            }
        )

    def _described_days(self, place: int, span: UpliftSpan, title: str) -> list[tuple[float, str]]:
        """Return (how clear, sentence) of every category that chance does not explain."""
        days = within(span.first, span.last)
        if not self.n_years_[place][days].all():
            return []
        spread = self.spread_[:, SPANS.index(span)]
        seen = self.observed_[place][:, days].sum(axis=1) / spread
        hoped = self.expected_[place][:, days].sum(axis=1) / spread
        tests = max(len(self.categories_) * len(SPANS), 1)
        strength = np.float64(_strength(seen, hoped))
        low, high = _interval(seen, hoped, strength, 1 - (1 - SURE) / tests)
        value = (strength + seen) / (strength + hoped)
        clear = np.maximum(np.log(np.maximum(low, 1e-9)), -np.log(np.maximum(high, 1e-9)))
        years = self._years(place)
        return [
            (float(clear[c]), _sentence(self.categories_[c], float(value[c]), span, title, years))
            for c in np.flatnonzero(clear > 0)
        ]

    def _notes(self, n_plain: int) -> tuple[str, ...]:
        notes = [
            f"No past {title_of(name)} lies in these sales, so what it does to them is not known: "
            "they are told as on ordinary days (uplift 1)."
            for at, name in enumerate(self.occasions_)
            if not self._years(at)
        ]
        if not self.observed_.size:
            notes.append("No occasion lies in these sales, so there is nothing to tell of one.")
        elif not n_plain:
            notes.append(
                "Every day lies near some occasion, so there is no ordinary one to compare with "
                "and no effect can be told (every uplift is 1): give more days, or fewer "
                "occasions with OccasionUplift(only=[...])."
            )
        return tuple(notes)


_COLUMNS = ("occasion", "category", "day", "uplift", "ci_low", "ci_high", "n_years", "level")


def _strengths(seen: Floats, hoped: Floats) -> Floats:
    """Return the prior's strength on each day, from the categories on the days around it."""
    n = seen.shape[1]
    near = [slice(max(day - NEAR, 0), min(day + NEAR + 1, n)) for day in range(n)]
    return np.array([_strength(seen[:, days], hoped[:, days]) for days in near])


def _strength(seen: Floats, hoped: Floats) -> float:
    """Return how strongly an uplift of 1 is believed, in expected lines: 1 / their variance.

    The variance of uplifts is what the errors have beyond Poisson's (method of moments).
    """
    here = hoped > 0
    excess = ((seen[here] - hoped[here]) ** 2 / hoped[here] - 1).sum()
    variance = (excess + WEIGHT * VARIANCE) / (hoped[here].sum() + WEIGHT)
    return float(np.clip(1 / max(variance, 1 / STRONGEST), WEAKEST, STRONGEST))


def _interval(seen: Floats, hoped: Floats, strength: Any, sure: float) -> tuple[Floats, Floats]:
    """Return the central interval of a gamma that saw ``seen`` where ``hoped`` was expected."""
    from scipy.special import gammaincinv

    tail, shape, rate = (1 - sure) / 2, strength + seen, strength + hoped
    return gammaincinv(shape, tail) / rate, gammaincinv(shape, 1 - tail) / rate


def _spread(daily: DailySales, plain: Bools) -> Floats:
    """Return per category and span how many times Poisson's variance the forecast's errors have.

    Every tenth day or so that is plain stands in for an occasion: the days around it are left out,
    and what the level then says of each span is compared with what was sold.
    """
    error = np.zeros((len(daily.categories), len(SPANS)))
    size = np.zeros_like(error)
    step = max(STEP, daily.n_days // STAND_INS)
    step += step % 7 == 0
    for at in range(-BUSY[0], daily.n_days - BUSY[1], step):
        around = plain[at + SPANS[0].first : at + SPANS[-1].last + 1]
        if not around.all():
            continue
        rest = plain.copy()
        rest[at + BUSY[0] : at + BUSY[1] + 1] = False
        if not rest.any():
            continue
        hoped = expected(daily, rest)
        for place, span in enumerate(SPANS):
            days = slice(at + span.first, at + span.last + 1)
            seen, told = daily.count[:, days].sum(axis=1), hoped[:, days].sum(axis=1)
            error[:, place] += (seen - told) ** 2
            size[:, place] += told
    return np.maximum(np.where(size > 0, error / np.maximum(size, 1e-9), 1.0), 1.0)


def _sentence(category: str, value: float, span: UpliftSpan, title: str, years: int) -> str:
    what = f"{category.capitalize()} sell" if category else "The whole shop sells"
    much = f"{value:.1f} times as much" if value > 1 else f"{100 * (1 - value):.0f} % less"
    return f"{what} {much} {span.words} {title} (seen {'once' if years == 1 else f'{years} times'})"
