"""Were the curves of the week right? Scored on what happened after, beside the shop's one curve."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from xenorec.errors import BadInput
from xenorec.instants import AsOf, as_instant
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.counts import local_hours
from xenorec.timing.send_time.model import SendTime
from xenorec.timing.stamps import read_events


@dataclass(frozen=True)
class SendTimeEvaluation:
    """Mean log-likelihood per later event in nats (higher is better), and what it rests on.

    ``personal``: the customer's own shrunk curve; ``shop``: one curve for all; ``uniform``: every
    hour alike. ``pull`` is the number of own events that weigh as much as the shop's curve.
    """

    as_of: str
    personal: float
    shop: float
    uniform: float
    pull: float
    n_events: int
    share_known: float

    def to_json(self) -> str:
        """Return the fields as JSON."""
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        return (
            f"Hour of the week after {self.as_of}, {self.n_events:,} events "
            f"({self.share_known:.1%} of known customers): personal {self.personal:.3f}, "
            f"shop {self.shop:.3f}, uniform {self.uniform:.3f} nats per event; "
            f"the shop's curve weighs {self.pull:.1f} events"
        )


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
    model = SendTime(quiet=None).fit(everything.until(moment))
    hours = local_hours(later, unknown=model.shop_zone_)
    known = np.isin(later.ids.astype(str), model.customer_ids_.astype(str))[later.code]
    return SendTimeEvaluation(
        as_of=moment.isoformat(),
        personal=model.score(later),
        shop=float(np.mean(np.log(model.shop_curve_[hours]))),
        uniform=float(-np.log(HOURS)),
        pull=model.pull_,
        n_events=len(later.at),
        share_known=float(known.mean()),
    )
