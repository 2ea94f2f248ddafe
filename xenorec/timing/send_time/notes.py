"""What a fit of the send times has to say about itself."""

from __future__ import annotations

from xenorec.timing.send_time.counts import Visits
from xenorec.timing.send_time.lands import keeps_ramadan
from xenorec.timing.send_time.learn import ENOUGH_CLICKS, Fitted
from xenorec.timing.send_time.ramadan import PULL_OF_DEFAULT


def notes_of(visits: Visits, fitted: Fitted, *, channel: str | None) -> tuple[str, ...]:
    """Return sentences on why an answer fell back, and on which defaults it rests."""
    notes = [*fitted.notes]
    if not len(visits.hour):
        notes.append("There are no events: every hour is alike.")
    if channel is not None:
        notes.append(_clicks(visits, fitted, channel))
    n_fasting = int(visits.is_ramadan.sum())
    if n_fasting:
        notes.append(
            f"{n_fasting:,} visits in Ramadan taught its own curve only; the default night shift "
            f"still weighs {PULL_OF_DEFAULT:g} events in it."
        )
    elif any(keeps_ramadan(zone) for zone in visits.zones):
        notes.append(
            "No event in Ramadan was seen: its curve is the ordinary one with a default shift "
            "into the hours after iftar, an assumption."
        )
    return tuple(notes)


def _clicks(visits: Visits, fitted: Fitted, channel: str) -> str:
    n = int(visits.is_click.sum())
    if not n:
        return f"There are no clicks of {channel} yet: the hours are those of the other acts."
    how = "a default" if fitted.is_default_click else "learned"
    more = f", learned once {ENOUGH_CLICKS} can be held back" if fitted.is_default_click else ""
    return (
        f"{n:,} clicks of {channel} lead: each counts as {fitted.click_weight:g} other acts, "
        f"{how}{more}."
    )
