"""Contact value: what sending a message is expected to bring, on one scale for all campaigns.

A measured uplift (the lift in the chance of an order against a holdout) times the value of an
order is what a message adds. ``p_order`` times the value is not: most of these orders come
without any message, so campaigns that were never measured would always win. Of an unmeasured one
only a share counts, ``base_uplift``: the mean over the measured campaigns of mean uplift over
mean p_order, with the default as one campaign more. So one bad experiment does not silence all
that is new, and many outweigh the default.
"""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, significant
from xenorec.errors import BadInput
from xenorec.timing.contact_selection.contact_candidates import ContactCandidates

BASE_UPLIFT = 0.05
"""Share of the chance of an order that a message is taken to add where nothing was measured."""


def expected_contact_value(candidates: ContactCandidates, share: float) -> Floats:
    """Return the expected value of each candidate in its currency, 6 significant digits."""
    added = np.where(is_measured(candidates), candidates.p_uplift, share * candidates.p_order)
    return significant(added * candidates.value - candidates.cost)


def is_measured(candidates: ContactCandidates) -> Bools:
    """Return of which candidates an experiment has told the uplift."""
    return ~np.isnan(candidates.p_uplift)


def base_uplift_of(candidates: ContactCandidates, given: float | None) -> float:
    """Return the share of p_order that unmeasured campaigns are taken to add, from 0 to 1."""
    if given is not None:
        if not 0 <= given <= 1:
            raise BadInput(f"base_uplift is {given!r}; expected a share from 0 to 1, such as 0.05.")
        return float(given)
    both = is_measured(candidates) & (candidates.p_order > 0)
    code, n = candidates.campaign[both], len(candidates.campaigns)
    uplift = np.bincount(code, candidates.p_uplift[both], minlength=n)
    chance = np.bincount(code, candidates.p_order[both], minlength=n)
    ratios = uplift[chance > 0] / chance[chance > 0]
    return float(np.clip(np.append(ratios, BASE_UPLIFT).mean(), 0, 1))
