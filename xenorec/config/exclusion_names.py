"""Exclusion rules by name: what ``recommend.never`` of a campaign may say."""

from __future__ import annotations

import re

SWITCHES = ("out_of_stock", "discontinued", "not_in_store")
USUAL = "above_usual_price"
COUNTED = {
    "returned": re.compile(r"^returned_last_([1-9]\d{0,2})d$"),
    "bought": re.compile(r"^bought_last_([1-9]\d{0,2})d$"),
    "shown": re.compile(r"^shown_last_([1-9]\d{0,2})_messages$"),
}
NAMES = (
    *SWITCHES,
    "returned_last_<days>d",
    "bought_last_<days>d",
    "shown_last_<n>_messages",
    USUAL,
)
"""The rules as an error tells them."""
EXAMPLES = (
    *(*SWITCHES, USUAL),
    *("returned_last_30d", "bought_last_7d", "shown_last_3_messages"),
)
FORM = re.compile(
    "|".join([*SWITCHES, USUAL, *(form.pattern.strip("^$") for form in COUNTED.values())])
)


def is_rule(name: str) -> bool:
    """Return whether a name of ``recommend.never`` is a rule."""
    return FORM.fullmatch(name) is not None
