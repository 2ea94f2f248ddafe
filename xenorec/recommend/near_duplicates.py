"""Near duplicates: which products look the same to a reader, and which of those is shown."""

from __future__ import annotations

import re

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts

SIZE = re.compile(r", [\d.][^,]*$")


def without_size(title: str) -> str:
    """Return a title without the size at its end, for comparison.

    >>> bare("Sour cream, 16 oz")
    'sour cream'
    """
    return SIZE.sub("", title).casefold()


def looks(titles: Texts) -> Ints:
    """Return the number of each title's look, the same where only the size differs; -1 for none."""
    number: dict[str, int] = {}
    codes = [
        -1 if title is None else number.setdefault(without_size(str(title)), len(number))
        for title in titles.tolist()
    ]
    return np.array(codes, dtype=np.int64)


def doubles(asked: Ints, look: Ints, is_own: Bools, score: Floats, place: Ints) -> Bools:
    """Return which entries look like a better one of the same customer.

    Better is what the customer has bought before, then the higher ``score``, then the lower
    ``place``. A ``look`` of -1 is like nothing.
    """
    found = np.zeros(len(asked), dtype=bool)
    rows = np.flatnonzero(look >= 0)
    key = asked[rows] * (int(look.max(initial=0)) + 1) + look[rows]
    order = np.lexsort((place[rows], -score[rows], ~is_own[rows], key))
    found[rows[order[1:]]] = key[order[1:]] == key[order[:-1]]
    return found
