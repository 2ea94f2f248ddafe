"""The messages that could go to each customer, read from a frame and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, codes_of, encode, floats, instants
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput

NEED = ("customer_id", "campaign_id", "at", "p_order", "value_amount")
MAY = ("p_uplift", "cost_amount", "channel", "currency")


@dataclass(frozen=True)
class ContactCandidates:
    """One entry per row: positions of the customer, the campaign and the channel (-1 for none).

    ``at`` is in microseconds since 1970 UTC; ``p_order`` and ``p_uplift`` are NaN where unknown.
    """

    customers: Texts
    campaigns: Texts
    channels: Texts
    customer: Ints
    campaign: Ints
    channel: Ints
    at: Ints
    p_order: Floats
    p_uplift: Floats
    value: Floats
    cost: Floats
    currency: Texts

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True)
class SentContacts:
    """Messages that went out before: position of the customer and of the channel (-1 for none)."""

    customer: Ints
    channel: Ints
    at: Ints


def read_candidates(frame: Any) -> ContactCandidates:
    """Read and check the candidates; raises BadInput for what cannot be compared."""
    table = arrow(frame, need=NEED, may=MAY)
    customers, customer = _coded(table, "customer_id")
    campaigns, campaign = _coded(table, "campaign_id")
    channels, channel = codes_of(table, "channel")
    found = ContactCandidates(
        customers=customers,
        campaigns=campaigns,
        channels=channels,
        customer=customer,
        campaign=campaign,
        channel=channel,
        at=instants(table["at"], "at"),
        p_order=_numbers(table, "p_order", low=0, high=1),
        p_uplift=_numbers(table, "p_uplift", low=-1, high=1),
        value=_numbers(table, "value_amount"),
        cost=np.nan_to_num(_numbers(table, "cost_amount", low=0)),
        currency=_currencies(table, customer),
    )
    _refuse_gaps(found)
    _refuse_twice(found)
    return found


def read_sent(frame: Any, candidates: ContactCandidates) -> SentContacts:
    """Read what went out before to the customers of the candidates; None for nothing."""
    none = np.empty(0, dtype=np.int64)
    if frame is None:
        return SentContacts(none, none, none)
    table = arrow(frame, need=("customer_id", "at"), may=("channel",))
    names, code = _coded(table, "customer_id")
    kinds, kind = codes_of(table, "channel")
    customer = Vocabulary(candidates.customers).recode(names, code)
    channel = Vocabulary(candidates.channels).recode(kinds, kind)
    channel[(kind >= 0) & (channel < 0)] = -2  # a channel of which nothing is to go out
    known = customer >= 0
    return SentContacts(customer[known], channel[known], instants(table["at"], "at")[known])


def _coded(table: Any, name: str) -> tuple[Texts, Ints]:
    names, code = encode(table[name])
    if (code < 0).any():
        raise BadInput(f"{name} is empty in {int((code < 0).sum()):,} rows; drop them first.")
    return names, code


def _numbers(table: Any, name: str, *, low: float = -np.inf, high: float = np.inf) -> Floats:
    """Return a column as float64, NaN where it is empty or not there."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    values = floats(table[name], name)
    wrong = (values < low) | (values > high) | np.isinf(values)
    if wrong.any():
        raise BadInput(
            f"{name} is {values[wrong][0]:g} in {int(wrong.sum()):,} rows, such as row "
            f"{int(np.flatnonzero(wrong)[0])}; expected a number of {low:g} to {high:g}."
        )
    return values


def _currencies(table: Any, customer: Ints) -> Texts:
    """Return the currency of each row, empty where none is named; a customer may have one only."""
    names, code = codes_of(table, "currency")
    order = np.lexsort((code, customer))
    same = customer[order][1:] == customer[order][:-1]
    mixed = same & (code[order][1:] != code[order][:-1])
    if mixed.any():
        raise BadInput(
            f"{int(mixed.sum()):,} customers have candidates in several currencies; amounts are "
            "compared within a customer, so convert them to one first."
        )
    return np.append(names, "")[code]


def _refuse_gaps(found: ContactCandidates) -> None:
    for name, gone in (
        ("value_amount", np.isnan(found.value)),
        ("p_order", np.isnan(found.p_order) & np.isnan(found.p_uplift)),
    ):
        if gone.any():
            raise BadInput(
                f"{name} is empty in {int(gone.sum()):,} rows, such as row "
                f"{int(np.flatnonzero(gone)[0])}; fill it or drop those rows. p_order may be "
                "empty only where p_uplift was measured."
            )


def _refuse_twice(found: ContactCandidates) -> None:
    order = np.lexsort((found.at, found.campaign, found.customer))
    columns = (found.customer, found.campaign, found.at)
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in columns:
        same &= column[order][1:] == column[order][:-1]
    if same.any():
        raise BadInput(
            f"{int(same.sum()):,} rows repeat a customer, campaign and instant (campaign "
            f"{found.campaigns[found.campaign[order[1:][same][0]]]!r}); keep one of each."
        )
