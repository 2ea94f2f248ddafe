"""Segments that a shop gives: which customer is in which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Ints
from xenorec.dataset.data_frames import arrow, encode, positions
from xenorec.errors import BadInput
from xenorec.timing.send_time.weighted_counts import HourVisits


def read_segments(given: Any, visits: HourVisits) -> tuple[HourVisits, Ints, tuple[str, ...]]:
    """Return visits that know all customers, each one's segment (-1 for none), and the segments.

    ``given``: a mapping or series of customer -> segment, or a frame with customer_id and segment.
    Raises ``BadInput`` for a customer in two segments.
    """
    if isinstance(given, pd.Series):
        given = given.to_dict()
    if isinstance(given, Mapping):
        given = pd.DataFrame({"customer_id": list(given), "segment": list(given.values())})
    table = arrow(given, need=("customer_id", "segment"))
    customers, customer = encode(table["customer_id"])
    names, segment = encode(table["segment"])
    kept = (customer >= 0) & (segment >= 0)
    pairs = np.unique(np.stack([customer[kept], segment[kept]]), axis=1)
    n_twice = len(pairs[0]) - len(np.unique(pairs[0]))
    if n_twice:
        raise BadInput(f"segments puts {n_twice} customers into two segments; give one for each.")
    known = visits.with_customers(customers[pairs[0]])
    group = np.full(len(known.ids), -1, dtype=np.int64)
    group[positions(customers[pairs[0]], known.ids)] = pairs[1]
    return known, group, tuple(str(name) for name in names)
