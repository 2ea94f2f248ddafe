"""Approval: ``required``, ``none``, or a standing one; read from the record, judged for a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from xenorec.campaigns.record import StandingApproval
from xenorec.config.time_zones import zone_info
from xenorec.errors import nearest

WORDS = ("required", "none")
KEYS = ("standing", "by", "until", "at_most")
EXAMPLE = "{standing: true, by: crm@shop.example, until: 2027-06-30, at_most: 5000}"


class ApprovalReader(Protocol):
    """What reads a campaign's mapping and notes its mistakes."""

    def get(self, *path: str) -> Any: ...  # noqa: D102
    def problem(self, path: tuple[str, ...], text: str) -> None: ...  # noqa: D102
    def refuse_unknown(  # noqa: D102
        self, path: tuple[str, ...], value: Mapping[str, Any], keys: tuple[str, ...]
    ) -> None: ...


def approval_of(reader: ApprovalReader) -> str | StandingApproval:
    """Return the approval that a campaign asks for; mistakes are noted with their lines."""
    value = reader.get("approval")
    if value is None:
        return "required"
    if isinstance(value, Mapping):
        return _standing(reader, value)
    if value in WORDS:
        return str(value)
    hint = "" if not isinstance(value, str) else nearest(value, (*WORDS, "standing"))
    known = f"Known: {', '.join(WORDS)}, or {EXAMPLE}"
    reader.problem(("approval",), f"{value!r} is not known.{hint} {known}")
    return "required"


def _standing(reader: ApprovalReader, value: Mapping[str, Any]) -> StandingApproval:
    reader.refuse_unknown(("approval",), value, KEYS)
    if value.get("standing") is not True:
        came = value.get("standing")
        reader.problem(("approval", "standing"), f"came as {came!r}; expected {EXAMPLE}")
    by, until, at_most = value.get("by"), value.get("until"), value.get("at_most")
    if not isinstance(by, str) or not by.strip():
        reader.problem(("approval", "by"), f"came as {by!r}; expected the name of who approves")
    day = _day(until)
    if day is None:
        told = f"came as {until!r}; expected the last day, such as 2027-06-30"
        reader.problem(("approval", "until"), told)
    if type(at_most) is not int or at_most < 1:
        told = f"came as {at_most!r}; expected the most messages of a day, at least 1"
        reader.problem(("approval", "at_most"), told)
    return StandingApproval(str(by), str(day), at_most if type(at_most) is int else 0)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


@dataclass(frozen=True)
class ApprovalRequest:
    """What a standing approval is asked for: an instant, its zone, and numbers of messages.

    ``n_new`` are the messages of this plan, ``n_before`` those of the same planning day that were
    approved before.
    """

    at: datetime
    time_zone: str
    n_new: int
    n_before: int


def beyond(approval: StandingApproval, asked: ApprovalRequest) -> str | None:
    """Return why a standing approval does not cover a plan, or None when it does."""
    today = asked.at.astimezone(zone_info(asked.time_zone)).date()
    if today > date.fromisoformat(approval.until):
        return f"the standing approval ended on {approval.until}"
    if asked.n_new + asked.n_before > approval.at_most:
        before = f", with {asked.n_before:,} approved before" if asked.n_before else ""
        return f"the standing approval is for at most {approval.at_most:,} messages a day{before}"
    return None
