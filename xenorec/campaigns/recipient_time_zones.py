"""Recipient time zones: on whose clock quiet hours and the hour of a message are read."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from xenorec.errors import BadInput, XenorecWarning


def with_zones(people: Sequence[Mapping[str, Any]], shop_zone: str | None) -> list[dict[str, Any]]:
    """Return the customers with a zone each: their own or their store's, else the shop's.

    Where the shop's is not known, those without one get the most usual of the others, with the
    warning ``zone-unknown``. Raises BadInput where no zone is known at all: nobody can then say
    when it is night.
    """
    if not people:
        return []
    named = Counter(row["time_zone"] for row in people if row["time_zone"])
    if shop_zone is None and not named:
        raise BadInput(
            f"No zone is known, neither of the shop nor of any of the {len(people):,} customers, "
            "so nobody can say when it is night for them. Set time_zone in [workspace] of "
            'xenorec.toml, such as time_zone = "Asia/Kolkata"; or load stores with their '
            "time_zone, or load with time_zone=... (on the command line: --time-zone)."
        )
    usual = shop_zone or max(named, key=lambda zone: (named[zone], zone))
    n_unknown = len(people) - named.total()
    if shop_zone is None and n_unknown:
        warnings.warn(
            f"zone-unknown: of {n_unknown:,} of {len(people):,} customers no zone is known, nor of "
            f"the shop; their clock is taken to be that of {usual}, the most usual one. Set "
            "time_zone in [workspace] of xenorec.toml.",
            XenorecWarning,
            stacklevel=4,
        )
    return [{**row, "time_zone": row["time_zone"] or usual} for row in people]
