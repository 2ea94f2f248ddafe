"""Row priors: by how much a row earns more or less than was predicted, as far as is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xenorec.config.durations import span
from xenorec.errors import BadInput, NotFitted, nearest
from xenorec.recommend.customer_segments import SEGMENTS
from xenorec.recommend.feedback.attribution import WEIGHTS
from xenorec.recommend.feedback.impressions import Impressions, read_cells
from xenorec.recommend.feedback.position_bias import ExaminationModel, PositionModel
from xenorec.recommend.feedback.posteriors import DecayedSums, ShelfPosteriors, believe
from xenorec.recommend.grouped_arrays import names_at
from xenorec.recommend.themes import read_themes
from xenorec.timestamps import AsOf, as_instant, microseconds

BASELINES = ("average", "score")
MINUTE = timedelta(minutes=1)


class RowPriors:
    """Learns a factor for every shelf and segment from what was shown and what came of it.

    Expected is the sum over cells of examination * score * arrived, observed the sum of rewards;
    both fade by ``half_life``. Sums are pooled (see ``pooling``)::

        level      = (1 + observed of all) / (1 + expected of all)
        shelf      = (k * 1 + observed) / (k + level * expected)
        in segment = (k * shelf + observed) / (k + level * expected)

    ``strength`` is k: the expected rewards after which a group's own data weigh as much as what is
    believed of the group above. With ``baseline="average"`` 1 is thus what all shelves earn: what
    was never shown is believed to be average, whatever rewards and scores are worth. With
    ``baseline="score"`` 1 is the prediction itself: expected is not scaled, and shelves are pulled
    to level, which is then held to 1 by k.

    The scores must be what was predicted before any factor; else a factor would work twice.
    Intervals take cells as independent and the level above as known, so they are a little narrow.
    """

    def __init__(
        self,
        *,
        strength: float = 20.0,
        half_life: str | timedelta = "56d",
        within: str | timedelta = "14d",
        weights: Mapping[str, float] = WEIGHTS,
        examination: ExaminationModel | None = None,
        baseline: str = "average",
    ) -> None:
        self.strength = strength
        self.half_life = half_life
        self.within = within
        self.weights = weights
        self.examination = examination
        self.baseline = baseline

    def fit(self, exposures: Any, outcomes: Any = None, as_of: AsOf = None) -> RowPriors:
        """Learn from exposures and outcomes up to ``as_of``; frames as for ``read_cells``.

        The examination of places is learned from the same cells unless one was given.
        """
        self._check()
        cells = read_cells(exposures, outcomes, as_of, within=self.within, weights=self.weights)
        self.as_of_ = cells.as_of
        self.examination_ = self.examination or PositionModel().fit(cells).examination
        self.shelves_, self.segments_ = cells.shelves, cells.segments
        self._learn(cells)
        return self

    def factor(self, shelf: str, segment: str | None = None) -> float:
        """Return what a row's score is to be multiplied by, 1/8 to 8.

        A segment that never saw the shelf has the shelf's factor; a shelf that was never shown has
        exactly 1. Raises BadInput, with the nearest name, for a segment that there is not, and for
        a shelf that was neither shown nor is among the shipped ones.
        """
        self._fitted()
        _check_name(shelf, "shelf", [*self.shelves_, *(theme.name for theme in read_themes())])
        if segment is not None:
            _check_name(segment, "segment", [*self.segments_, *SEGMENTS])
        return self.believed(shelf, segment)

    def believed(self, shelf: str, segment: str | None = None) -> float:
        """Return the same for a shelf and a segment of any name: 1 where nothing is known."""
        self._fitted()
        return self._factors.get((shelf, segment), self._factors.get((shelf, None), 1.0))

    def table(self) -> pd.DataFrame:
        """Return what is believed, one row per shelf (segment empty) and per shelf and segment.

        Columns: shelf, segment, n_exposed, n_rewarded (cells), observed, expected (faded rewards),
        factor, factor_low, factor_high (95 %).
        """
        beliefs = self._fitted()
        return pd.DataFrame(vars(beliefs)).assign(
            shelf=pd.array(names_at(self.shelves_, beliefs.shelf), dtype="str"),
            segment=pd.array(names_at(self.segments_, beliefs.segment), dtype="str"),
        )

    def __str__(self) -> str:
        if not hasattr(self, "beliefs_"):
            return "RowPriors(not fitted)"
        head = f"What each shelf earned, as of {self.as_of_:%Y-%m-%d %H:%M} UTC"
        table = self.table()
        shelves = table[table["segment"].isna()].sort_values(["factor", "shelf"], ascending=False)
        if shelves.empty:
            return f"{head}: nothing was shown yet, so every shelf counts as predicted."
        lines = [
            f"  {row.shelf:<24}{row.n_exposed:>10,} shown, {row.factor:.2f} times what was "
            f"expected ({row.factor_low:.2f} to {row.factor_high:.2f})"
            for row in shelves.itertuples()
        ]
        return "\n".join([head, *lines])

    __repr__ = __str__

    def as_arrays(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Return all that was learned: arrays of numbers, and what JSON can hold."""
        arrays: dict[str, npt.NDArray[Any]] = {**vars(self._fitted())}
        arrays["examination"] = self.examination_.values
        arrays["examination_n_exposed"] = self.examination_.n_exposed
        about = {
            "strength": self.strength,
            "half_life": _minutes(self.half_life),
            "within": _minutes(self.within),
            "weights": dict(self.weights),
            "baseline": self.baseline,
            "is_even": self.examination_.is_even,
            "level": self.level_,
            "as_of": self.as_of_.isoformat(),
            "shelves": self.shelves_.tolist(),
            "segments": self.segments_.tolist(),
        }
        return arrays, about

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any]
    ) -> RowPriors:
        """Return the fitted priors that ``as_arrays`` gave; another fit learns positions anew."""
        settings = ("strength", "half_life", "within", "weights", "baseline")
        model = cls(**{name: about[name] for name in settings})
        seen = (arrays["examination"], arrays["examination_n_exposed"])
        model.examination_ = ExaminationModel(*seen, is_even=about["is_even"])
        model.examination = model.examination_ if about["is_even"] else None
        model.level_, model.as_of_ = about["level"], as_instant(about["as_of"])
        model.shelves_ = np.array(about["shelves"], dtype=object)
        model.segments_ = np.array(about["segments"], dtype=object)
        model._keep(
            ShelfPosteriors(**{name: arrays[name] for name in ShelfPosteriors.__annotations__})
        )
        return model

    def _check(self) -> None:
        if not self.strength > 0:
            raise BadInput(f"strength came as {self.strength!r}; expected a number above 0.")
        if self.baseline not in BASELINES:
            raise BadInput(
                f"baseline came as {self.baseline!r}; expected one of {', '.join(BASELINES)}."
                f"{nearest(self.baseline, BASELINES)}"
            )

    def _learn(self, cells: Impressions) -> None:
        fade = 0.5 ** (cells.age / microseconds(span(self.half_life)))
        looked = self.examination_.at(cells.row, cells.column)
        expected, observed = fade * looked * cells.promised, fade * cells.reward
        is_average = self.baseline == "average"
        k = 1.0 if is_average else self.strength
        self.level_ = float((k + observed.sum()) / (k + expected.sum()))
        scale, top = (self.level_, 1.0) if is_average else (1.0, self.level_)
        self._keep(
            believe(cells, DecayedSums(fade, scale * expected, observed), top, self.strength)
        )

    def _keep(self, beliefs: ShelfPosteriors) -> None:
        self.beliefs_ = beliefs
        shelf = names_at(self.shelves_, beliefs.shelf).tolist()
        segment = names_at(self.segments_, beliefs.segment).tolist()
        self._factors: dict[tuple[str, str | None], float] = {
            (s, z): factor
            for s, z, factor in zip(shelf, segment, beliefs.factor.tolist(), strict=True)
        }

    def _fitted(self) -> ShelfPosteriors:
        if not hasattr(self, "beliefs_"):
            raise NotFitted("RowPriors has not learned yet; call fit(exposures, outcomes) first.")
        return self.beliefs_


def _check_name(name: str, what: str, known: Iterable[str]) -> None:
    names = sorted(set(known))
    if name not in names:
        raise BadInput(
            f"{name!r} is no {what} that is known here.{nearest(name, names)} "
            f"Known: {', '.join(names)}."
        )


def _minutes(length: str | timedelta) -> str:
    return length if isinstance(length, str) else f"{length // MINUTE}m"
