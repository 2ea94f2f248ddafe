"""Which of several messages a customer gets: the best under the cap, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Floats, Ints
from xenorec.hash_uniform import uniform
from xenorec.timing.contact_selection.contact_candidates import (
    ContactCandidates,
    read_candidates,
    read_sent,
)
from xenorec.timing.contact_selection.contact_value import base_uplift_of, expected_contact_value
from xenorec.timing.contact_selection.frequency_caps import Caps, limits_of
from xenorec.timing.contact_selection.greedy_selection import pick, rank_of
from xenorec.timing.contact_selection.reason_text import why


def choose_contacts(
    candidates: Any,
    *,
    cap: Caps = "2 per 7d",
    sent: Any = None,
    base_uplift: float | None = None,
    seed: str = "contacts",
) -> pd.DataFrame:
    """Return the candidates with what each is expected to bring, and which of them go out.

    ``candidates``: one row per customer, campaign and moment: customer_id, campaign_id, at (aware,
    or naive = UTC), p_order (chance of an order if the message goes) and value_amount (what an
    order is worth); optionally p_uplift (measured lift of that chance; empty = not measured),
    cost_amount (of sending), channel and currency. ``sent``: customer_id, at and maybe channel of
    messages that went out, or surely will. ``cap``: messages in every rolling window, such as
    "2 per 7d"; a list of such; or a mapping from channels ("any" for all together) to such. A
    message that names no channel counts for every channel's cap.

    Returned is each row, in the order given, with:
    expected_value_amount - p_uplift x value_amount - cost_amount where measured; else
    ``base_uplift`` x p_order x value_amount - cost_amount. Left out, ``base_uplift`` is the mean
    over the measured campaigns of mean uplift over mean p_order, with 0.05 as one campaign more.
    rank - place among the customer's candidates, 1 for the best; of campaigns worth just the same
    one is drawn by ``seed``, customer and campaign; of one campaign the earliest goes first.
    is_chosen; why - a sentence with the facts.

    A campaign goes to a customer at most once, and never where nothing is gained. Up to 8
    candidates worth sending: the set of the highest sum. More: the best first, then what still
    has room, worth at least 1/(2 caps + 1) of that, with one cap and one moment per campaign 1/2.

    It weighs one decision at a time: not what is learned from a message, nor that it may annoy.
    Raises ``BadInput`` for a missing column, an empty or impossible number, two currencies of one
    customer, or a repeated row.

    Source of the bound: Mestre (2006), Greedy in approximation algorithms, ESA.

    >>> rows = pd.DataFrame({"customer_id": "a", "campaign_id": ["eid", "milk"],
    ...     "at": "2017-11-01T10:00Z", "p_order": [0.5, 0.2], "p_uplift": [0.04, 0.06],
    ...     "value_amount": 20.0, "currency": "EUR"})
    >>> choose_contacts(rows, cap="1 per 7d")["why"].iloc[1]
    "Chosen: worth 1.20 EUR, more than 'eid' (0.80 EUR)"
    """
    limits = limits_of(cap)
    read = read_candidates(candidates)
    before = read_sent(sent, read)
    value = expected_contact_value(read, base_uplift_of(read, base_uplift))
    order = _order(read, value, seed)
    picked = pick(read, before, limits, order, value)
    rank = np.empty(len(read), dtype=np.int64)
    rank[order] = rank_of(read.customer[order]) + 1
    return _copied(candidates).assign(
        expected_value_amount=value,
        rank=rank,
        is_chosen=picked.is_chosen,
        why=pd.array(why(read, picked, limits, order, value), dtype="str"),
    )


def _order(read: ContactCandidates, value: Floats, seed: str) -> Ints:
    """Return the rows customer by customer, the best first; equals by a draw."""
    order: Ints = np.lexsort((read.at, read.campaign, -value, read.customer))
    customer, worth_of = read.customer[order], value[order]
    same = (np.diff(customer) == 0) & (np.diff(worth_of) == 0)
    tied = order[np.append(same, False) | np.append(False, same)] if len(order) else order
    draw = np.zeros(len(read))
    draw[tied] = [
        uniform(seed, str(read.customers[who]), str(read.campaigns[what]))
        for who, what in zip(read.customer[tied], read.campaign[tied], strict=True)
    ]
    drawn: Ints = np.lexsort((read.at, read.campaign, draw, -value, read.customer))
    return drawn


def _copied(source: Any) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    frame: pd.DataFrame = pa.table(source).to_pandas()
    return frame
