"""What a fit of the send times has to say about itself."""

from __future__ import annotations

from xenorec.timing.send_time.country_conventions import keeps_ramadan
from xenorec.timing.send_time.fit_curves import ENOUGH_CLICKS, FittedCurves
from xenorec.timing.send_time.ramadan import PULL_OF_DEFAULT
from xenorec.timing.send_time.weighted_counts import HourVisits


def notes_of(visits: HourVisits, fitted: FittedCurves, *, channel: str | None) -> tuple[str, ...]:
    """Return sentences on why an answer fell back, and on which defaults it rests."""
    notes = [*fitted.notes]
    if not len(visits.hour):
        notes.append(
            "There are no events yet, so every hour outside the quiet ones is taken as equally "
            "good: load orders or events, then fit again."
        )
    if channel is not None:
        notes.append(_clicks(visits, fitted, channel))
    n_fasting = int(visits.is_ramadan.sum())
    if n_fasting:
        notes.append(
            f"{n_fasting:,} visits fell into Ramadan and set the hours of its days only, together "
            f"with a default shift into the night that weighs as {PULL_OF_DEFAULT:g} visits do."
        )
    elif any(keeps_ramadan(zone) for zone in visits.zones):
        notes.append(
            "No visit in Ramadan was seen: on its days the usual hours get a default shift into "
            "those after iftar. That is an assumption until a Ramadan lies in the data."
        )
    return tuple(notes)


def _clicks(visits: HourVisits, fitted: FittedCurves, channel: str) -> str:
    n = int(visits.is_click.sum())
    if not n:
        return (
            f"There are no clicks of {channel} yet: the best hours are those at which people visit "
            "or buy, not those at which they open messages."
        )
    how = "as was right so far"
    if fitted.is_default_click:
        how = f"a default until there are {ENOUGH_CLICKS} clicks to test it on"
    return (
        f"{n:,} clicks of {channel} lead: each counts as much as {fitted.click_weight:g} visits "
        f"or orders, {how}."
    )
