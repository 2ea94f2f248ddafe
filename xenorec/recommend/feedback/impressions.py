"""Impressions: what was shown to whom at which place, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints, Texts
from xenorec.config.durations import span
from xenorec.errors import BadInput
from xenorec.recommend.feedback.attribution import (
    WEIGHTS,
    AttributedOutcomes,
    check_weights,
    credit,
    read_outcomes,
)
from xenorec.recommend.feedback.conversion_delay import arrived
from xenorec.recommend.feedback.exposure_log import ExposureLog, read_shown
from xenorec.timestamps import AsOf, as_instant, instant_of, microseconds

NO_OUTCOMES = AttributedOutcomes(*(np.empty(0, dtype=np.int64) for _ in range(5)))


@dataclass(frozen=True, eq=False)
class Impressions:
    """One entry per shown cell, by customer and time; codes are positions in sorted names.

    ``segment`` is -1 for none, ``row`` and ``column`` count from 1. ``score`` is what was
    predicted, ``propensity`` how likely the row stood at its place, ``reward`` what came, all
    0 to 1. ``arrived`` is the share of the rewards that can have come by ``as_of``, and ``age``
    and ``wait`` (-1 for no reward) are microseconds.
    """

    as_of: datetime
    customers: Texts
    shelves: Texts
    segments: Texts
    customer: Ints
    shelf: Ints
    segment: Ints
    row: Ints
    column: Ints
    score: Floats
    propensity: Floats
    reward: Floats
    arrived: Floats
    age: Ints
    wait: Ints

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def promised(self) -> Floats:
        """The reward predicted by now for a cell that is looked at: score times arrived."""
        return self.score * self.arrived


def read_cells(
    exposures: Any,
    outcomes: Any = None,
    as_of: AsOf = None,
    *,
    within: str | timedelta = "14d",
    weights: Mapping[str, float] = WEIGHTS,
) -> Impressions:
    """Join exposures with the outcomes that came ``within`` the span after them.

    ``exposures``: any frame with customer_id, shelf, shelf_rank, position, score and, as far as
    known, message_key, segment, propensity (1 where empty), product_id, exposed_at. ``outcomes``:
    customer_id, product_id, at, kind and perhaps message_key; a kind without a weight counts for
    nothing. Rows later than ``as_of`` are not seen; None means the last row's instant. Exposures
    without exposed_at count as a whole span old. ``xenorec.recommend.feedback.attribution`` says
    which cell an outcome goes to.
    """
    worth, horizon = check_weights(weights), microseconds(span(within))
    shown = read_shown(exposures)
    came = NO_OUTCOMES if outcomes is None else read_outcomes(outcomes, shown, worth)
    moment = _moment(as_of, shown, came)
    shown, came = shown.until(moment), _until(came, moment)
    reward, wait = credit(shown, came, worth, horizon)
    old = np.full(len(shown), horizon)
    age = microseconds(moment) - shown.at if shown.is_dated else old
    return Impressions(
        as_of=moment,
        customers=shown.customers,
        shelves=shown.shelves,
        segments=shown.segments,
        customer=shown.customer,
        shelf=shown.shelf,
        segment=shown.segment,
        row=shown.row,
        column=shown.column,
        score=shown.score,
        propensity=shown.propensity,
        reward=reward,
        arrived=arrived(age, wait, horizon),
        age=age,
        wait=wait,
    )


def _moment(as_of: AsOf, shown: ExposureLog, came: AttributedOutcomes) -> datetime:
    if as_of is not None:
        return as_instant(as_of)
    stamps = np.concatenate([shown.at if shown.is_dated else shown.at[:0], came.at])
    if not len(stamps):
        raise BadInput("as_of is missing and no row has a time; give the instant to learn at.")
    return instant_of(int(stamps.max()))


def _until(came: AttributedOutcomes, moment: datetime) -> AttributedOutcomes:
    kept = came.at <= microseconds(moment)
    return AttributedOutcomes(
        came.customer[kept], came.product[kept], came.message[kept], came.kind[kept], came.at[kept]
    )
