"""Were the curves of the week right? Scored on what happened after, beside two simpler answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.modeling.backtest import Evaluation, as_text
from xenorec.modeling.charts import draw_bars
from xenorec.timestamps import AsOf, as_instant
from xenorec.timing.evaluation.hour_baselines import shrink_counts
from xenorec.timing.event_log import EventLog, read_events
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.engagement_events import read_acts
from xenorec.timing.send_time.legal_week import best_window
from xenorec.timing.send_time.model import SendTime
from xenorec.timing.send_time.weighted_counts import gather, local_hours

_BLOCK = 20_000


@dataclass(frozen=True, eq=False)
class SendTimeEvaluation(Evaluation):
    """Mean log-likelihood per later event in nats (higher is better), and what it rests on.

    ``table``: one row per answer: model, nats, window_share (of later events in the best 3 hours
    in a row, all hours legal), n_events. The answers: ``send_time`` (the model), ``counts`` (own
    counts drawn to the shop's curve; ``pull`` own events weigh as much as it), ``shop`` (one curve
    for all) and ``uniform``. ``share_known``: of later events, by customers with own events before.
    """

    as_of: str
    table: pd.DataFrame
    pull: float
    half_life: float
    n_events: int
    share_known: float
    notes: tuple[str, ...]

    @property
    def personal(self) -> float:
        """Nats per event of the model."""
        return self._nats("send_time")

    @property
    def shop(self) -> float:
        """Nats per event of the shop's one curve."""
        return self._nats("shop")

    @property
    def uniform(self) -> float:
        """Nats per event when every hour is alike."""
        return self._nats("uniform")

    def to_mapping(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        means = {"personal": self.personal, "shop": self.shop, "uniform": self.uniform}
        return {"as_of": self.as_of, "table": None, **means, **super().to_mapping()}

    def figures(self) -> dict[str, Any]:
        """Return charts by name: ``best_hours``, the share that fell into each answer's best 3."""
        label = "share of later acts in the best 3 hours"
        title = f"Hour of the week after {self.as_of[:10]}"
        chart = draw_bars(self.table, "window_share", label=label, title=title, by="model")
        return {"best_hours": chart}

    def __str__(self) -> str:
        head = (
            f"Hour of the week after {self.as_of}, {self.n_events:,} events "
            f"({self.share_known:.1%} of customers with own events before), nats per event and "
            f"share of events in the best 3 hours"
        )
        table = as_text(self.table)
        foot = (
            f"An act counts half after {self.half_life:g} days; "
            f"in 'counts' the shop's curve weighs {self.pull:.1f} events."
        )
        return "\n".join([head, table, foot, *self.notes])

    def _nats(self, model: str) -> float:
        return float(self.table.set_index("model")["nats"][model])


@dataclass(frozen=True)
class _HeldOutEvents:
    """Events to score: the customers (positions or -1), and for each event its row and hour."""

    rows: Ints
    row: Ints
    hour: Ints

    def score(self, model: str, curves_of: Callable[[Ints], Floats]) -> dict[str, Any]:
        """Return nats and window_share of the curves that ``curves_of`` gives for positions."""
        nats, hits = np.zeros(len(self.row)), np.zeros(len(self.row), dtype=bool)
        for start in range(0, len(self.rows), _BLOCK):
            curves = curves_of(self.rows[start : start + _BLOCK])
            here = (self.row >= start) & (self.row < start + _BLOCK)
            row, hour = self.row[here] - start, self.hour[here]
            nats[here] = np.log(curves[row, hour])
            hits[here] = _in_window(curves, row, hour)
        return {
            "model": model,
            "nats": float(nats.mean()),
            "window_share": float(hits.mean()),
            "n_events": len(nats),
        }


def evaluate_send_time(events: Any, *, as_of: AsOf) -> SendTimeEvaluation:
    """Fit on events at or before ``as_of`` and score every later event.

    ``events`` as for ``SendTime.fit``. Raises ``BadInput`` when nothing lies after ``as_of``.
    """
    if as_of is None:
        raise BadInput("as_of is None; give the instant that divides what is learned and scored.")
    everything, moment = read_events(events), as_instant(as_of)
    later = everything.after(moment)
    if not len(later.at):
        raise BadInput(f"No event lies after {moment.isoformat()}; choose an earlier as_of.")
    seen = everything.until(moment)
    model = SendTime(quiet=None).fit(seen)
    simple = shrink_counts(gather(read_acts(seen, as_of=None, channel=None), ramadan=False))
    scored = _later(later, model)
    answers = {
        "send_time": model.curves_of,
        "counts": simple.of,
        "shop": lambda rows: np.tile(model.shop_curve_, (len(rows), 1)),
        "uniform": lambda rows: np.full((len(rows), HOURS), 1 / HOURS),
    }
    return SendTimeEvaluation(
        as_of=moment.isoformat(),
        table=pd.DataFrame([scored.score(name, curves) for name, curves in answers.items()]),
        pull=simple.pull,
        half_life=model.half_life_,
        n_events=len(later.at),
        share_known=float((scored.rows >= 0)[scored.row].mean()),
        notes=model.notes_,
    )


def _later(later: EventLog, model: SendTime) -> _HeldOutEvents:
    rows = positions(later.ids, model.customer_ids_)
    return _HeldOutEvents(rows, later.code, local_hours(later, unknown=model.shop_zone_))


def _in_window(curves: Floats, row: Ints, hour: Ints) -> Bools:
    """Return whether each event's hour lies in the best 3 hours of its row."""
    start, _ = best_window(curves, np.ones(HOURS, dtype=bool))
    return np.asarray((hour - start[row]) % HOURS < 3, dtype=bool)
