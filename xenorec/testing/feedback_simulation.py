"""A simulation: one row becomes worth more on a day, and the page follows what people do.

Every night ``RowPriors`` learns anew from all that was shown and clicked; the next day's page is
ordered by predicted score times factor. The predicted scores never change, so that only feedback
can move a row. Run it with ``python -m xenorec.testing.feedback_simulation``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.hash_uniform import uniform
from xenorec.recommend.feedback.position_bias import ExaminationModel
from xenorec.recommend.feedback.shelf_priors import RowPriors
from xenorec.recommend.feedback.shelf_swaps import ShelfExploration
from xenorec.timestamps import as_instant

START = as_instant("2017-01-01")
CLICK_AFTER = timedelta(minutes=20)


@dataclass(frozen=True)
class SimulatedShop:
    """A shop that shows the same rows every day to the same customers.

    ``scores`` are the predicted click probabilities by row; they are true until ``change_day``,
    when those of ``changes`` become true (the prediction stays). A cell at row r and column c,
    both from 1, is looked at with probability ``by_row`` ** (r - 1) * ``by_column`` ** (c - 1).
    """

    scores: dict[str, float] = field(
        default_factory=lambda: {
            "buy_again": 0.30,
            "goes_with_last_basket": 0.24,
            "popular": 0.19,
            "new": 0.15,
            "seasonal": 0.11,
        }
    )
    changes: dict[str, float] = field(default_factory=lambda: {"seasonal": 0.60})
    change_day: int = 30
    n_days: int = 60
    n_customers: int = 150
    n_columns: int = 3
    by_row: float = 0.7
    by_column: float = 0.9
    half_life: str = "14d"
    share: float = 0.05

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of the rows, as predicted best first."""
        return tuple(sorted(self.scores, key=lambda row: (-self.scores[row], row)))

    def worth(self, day: int) -> Floats:
        """Return the true click probability of each row on a day (the first is 1)."""
        now = {**self.scores, **(self.changes if day >= self.change_day else {})}
        return np.array([now[row] for row in self.rows])


def play(
    scene: SimulatedShop | None = None,
    *,
    seed: str = "rows",
    examination: ExaminationModel | None = None,
) -> pd.DataFrame:
    """Play the days of a scene: one row per day and row: day, shelf, place, factor.

    ``place`` (from 1) is where the row stands by belief that day, exploration aside; ``factor`` is
    what was learned up to the night before. ``examination`` replaces the learned correction for
    positions, such as ``ExaminationModel.even()`` for none. The same seed plays the same days.
    """
    scene = scene or SimulatedShop()
    rows = scene.rows
    scores = np.array([scene.scores[row] for row in rows])
    model = RowPriors(half_life=scene.half_life, examination=examination)
    factors, shown, clicked, days = np.ones(len(rows)), [], [], []
    for day in range(1, scene.n_days + 1):
        best = np.lexsort((np.arange(len(rows)), -scores * factors))
        days.append(_told(day, rows, best, factors))
        exposures, clicks = _day(scene, day, best, seed)
        shown.append(exposures)
        clicked.append(clicks)
        model.fit(pd.concat(shown), pd.concat(clicked), START + timedelta(days=day))
        factors = np.array([model.believed(row) for row in rows])
    return pd.concat(days, ignore_index=True)


def compare(scene: SimulatedShop | None = None, *, seed: str = "rows") -> pd.DataFrame:
    """Return by day: place and factor of the first changed row, with and without correction."""
    scene = scene or SimulatedShop()
    row = min(scene.changes)
    with_, without = (
        played[played["shelf"] == row].reset_index(drop=True)
        for played in (
            play(scene, seed=seed),
            play(scene, seed=seed, examination=ExaminationModel.even()),
        )
    )
    return pd.DataFrame(
        {
            "day": with_["day"],
            "true_value": [scene.worth(day)[scene.rows.index(row)] for day in with_["day"]],
            "place": with_["place"],
            "factor": with_["factor"].round(2),
            "place_uncorrected": without["place"],
            "factor_uncorrected": without["factor"].round(2),
        }
    )


def main() -> None:
    """Print what happens to the row that changes, day by day."""
    scene = SimulatedShop()
    rises = ", ".join(f"{row} to {value:g}" for row, value in scene.changes.items())
    sys.stdout.write(
        f"{len(scene.rows)} rows, {scene.n_customers} customers a day. True values: "
        f"{', '.join(f'{row} {value:g}' for row, value in scene.scores.items())}; "
        f"from day {scene.change_day} {rises}.\n"
        f"{compare(scene).to_string(index=False)}\n"
    )


def _told(day: int, rows: tuple[str, ...], best: Ints, factors: Floats) -> pd.DataFrame:
    place = np.empty(len(rows), dtype=np.int64)
    place[best] = np.arange(1, len(rows) + 1)
    return pd.DataFrame({"day": day, "shelf": rows, "place": place, "factor": factors})


def _day(
    scene: SimulatedShop, day: int, best: Ints, seed: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the exposures of a day and the clicks on them."""
    names = np.array(scene.rows, dtype=object)
    who = [f"c{number:04d}" for number in range(scene.n_customers)]
    pages = ShelfExploration(share=scene.share, seed=seed).pages(who, len(names), occasion=str(day))
    customer, place, column = (
        index.ravel() for index in np.indices((*pages.order.shape, scene.n_columns))
    )
    row = best[pages.order[customer, place]]
    frame = pd.DataFrame(
        {
            "customer_id": np.array(who, dtype=object)[customer],
            "shelf": names[row],
            "shelf_rank": place + 1,
            "position": column + 1,
            "product_id": [f"{r}-{c}" for r, c in zip(row, column, strict=True)],
            "score": np.array([scene.scores[name] for name in names])[row],
            "propensity": pages.propensity[customer, place],
            "exposed_at": START + timedelta(days=day - 1, hours=9),
        }
    )
    looked = scene.by_row**place * scene.by_column**column
    drawn = np.random.default_rng(int(uniform(seed, str(day)) * 2**53)).random(len(frame))
    clicks = frame.loc[drawn < looked * scene.worth(day)[row], ["customer_id", "product_id"]]
    return frame, clicks.assign(at=frame["exposed_at"].iloc[0] + CLICK_AFTER, kind="clicked")


if __name__ == "__main__":
    main()
