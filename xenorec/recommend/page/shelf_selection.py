"""Which shelves stand on each customer's page, in which order, holding which cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.eligibility.category_caps import CapCounts

SHORT = 1e-9
"""What a first shelf that is too short counts: it comes in only where nothing else does."""

FIRST = 1e12
"""What a pinned theme's promise counts: no other comes near it."""


@dataclass(frozen=True)
class PageLayout:
    """How many shelves of how many items, and how many of the shelves must offer something new.

    A shelf with fewer than ``min_items`` is left out, and the next one that qualifies comes in.
    """

    n_shelves: int
    n_items: int
    n_discovery: int = 1
    min_items: int = 3


@dataclass(frozen=True)
class ShelfSelection:
    """``theme``: customers x shelves, the theme of each shelf or -1, from the top.

    ``cell``: customers x shelves x items, the position among the customer's cells or -1.
    """

    theme: Ints
    cell: Ints


def choose_page(
    p_buy: Floats,
    fits: Bools,
    factor: Floats,
    least: Ints,
    is_discovery: Bools,
    layout: PageLayout,
    room: CapCounts | None = None,
    is_pinned: Bools | None = None,
) -> ShelfSelection:
    """Return the page of every customer.

    ``p_buy``: customers x cells, best first. ``fits``: themes x customers x cells. ``factor``:
    customers x themes, what feedback says of each. ``least``: how many items each theme needs.
    ``room``: how many cells of a group may stand on a page, with nothing taken yet. ``is_pinned``:
    themes that come first wherever a cell fits them, and keep the best of these to themselves.

    Only the first shelf may hold less than it needs, where nothing holds enough. Shelves are taken
    one after the other: the one whose items, not yet taken, promise the most
    purchases, each counted by 1 / log2(shelf + position) as it is seen less the further down and
    right it stands. Then the cells are given out again from the top left corner along the
    diagonals, each to the best product left that fits the theme of its shelf; where that would
    leave a shelf too short, row by row.
    """
    fresh = None if room is None else room.copy()
    if is_pinned is not None and is_pinned.any():
        fits = _reserved(fits, is_pinned, layout, room)
        factor, least = np.where(is_pinned, FIRST, factor), np.where(is_pinned, 1, least)
    theme = _themes(p_buy, fits, factor, least, is_discovery, layout, room)
    cell = _fill(fits, theme, layout, _diagonals(layout), fresh)
    if is_pinned is not None and room is not None:
        leads = is_pinned[theme[:, 0]] & (theme[:, 0] >= 0)
        order = sorted(_diagonals(layout), key=lambda at: at[0] > 0)
        cell[leads] = _fill(fits[:, leads], theme[leads], layout, order, room.of(leads))
    needed = np.where(theme >= 0, least[theme], 0)
    needed[:, 0] = 0
    is_short = ((cell >= 0).sum(axis=2) < needed).any(axis=1)
    if is_short.any():
        short = None if room is None else room.of(is_short)
        rows = _fill(fits[:, is_short], theme[is_short], layout, _row_by_row(layout), short)
        cell[is_short] = rows
    return ShelfSelection(theme, cell)


def _reserved(fits: Bools, is_pinned: Bools, layout: PageLayout, room: CapCounts | None) -> Bools:
    """Return what fits where the first cells of each pinned theme fit no other."""
    fits = fits.copy()
    for theme in np.flatnonzero(is_pinned):
        if room is not None:
            first = room.pick(fits[theme], layout.n_items)
        else:
            first = fits[theme] & (np.cumsum(fits[theme], axis=1) <= layout.n_items)
        others = np.arange(len(fits)) != theme
        fits[others] &= ~first
    return fits


def _themes(
    p_buy: Floats,
    fits: Bools,
    factor: Floats,
    least: Ints,
    is_discovery: Bools,
    layout: PageLayout,
    room: CapCounts | None,
) -> Ints:
    n_themes, n, _ = fits.shape
    chosen = np.full((n, layout.n_shelves), -1, dtype=np.int64)
    free = np.ones(p_buy.shape, dtype=bool)
    taken = np.zeros((n_themes, n), dtype=bool)
    customer = np.arange(n)
    n_new = min(layout.n_discovery, max(layout.n_shelves - 2, 0))
    for shelf in range(layout.n_shelves):
        discount = 1 / np.log2(np.arange(1, layout.n_items + 1) + shelf + 1)
        value, picks = [], []
        for theme in range(n_themes):
            pick, worth, size = _best(fits[theme] & free, p_buy, discount, room)
            short = np.where(size >= least[theme], 1.0, SHORT if shelf == 0 else 0.0)
            open_to = (size > 0) & ~taken[theme] & (short > 0)
            value.append(np.where(open_to, worth * factor[:, theme] * short, -1.0))
            picks.append(pick)
        table = np.stack(value)
        last_chance = shelf >= layout.n_shelves - n_new
        best = _winner(table, is_discovery, last_chance)
        found = table[best, customer] > 0
        chosen[found, shelf] = best[found]
        taken[best[found], customer[found]] = True
        taken_now = np.stack(picks)[best, customer] & found[:, None]
        free &= ~taken_now
        if room is not None:
            room.put_all(taken_now)
    return _packed(chosen)


def _best(
    fits: Bools, p_buy: Floats, discount: Floats, room: CapCounts | None
) -> tuple[Bools, Floats, Ints]:
    """Return the first items of one shelf, what they promise, and how many there are."""
    if room is not None:
        fits = room.pick(fits, len(discount))
    rank = np.cumsum(fits, axis=1)
    pick = fits & (rank <= len(discount))
    gain = np.append(discount, 0.0)[np.where(pick, rank - 1, len(discount))]
    worth: Floats = (gain * p_buy).sum(axis=1)
    return pick, worth, pick.sum(axis=1)


def _winner(table: Floats, is_discovery: Bools, last_chance: bool) -> Ints:
    """Return the theme worth most; where the page must end in something new, one of those."""
    if not last_chance or not is_discovery.any():
        return np.asarray(table.argmax(axis=0), dtype=np.int64)
    new = np.where(is_discovery[:, None], table, -1.0)
    has_new = new.max(axis=0) > 0
    best: Ints = np.where(has_new, new.argmax(axis=0), table.argmax(axis=0)).astype(np.int64)
    return best


def _packed(chosen: Ints) -> Ints:
    """Return the shelves of each customer without gaps."""
    order = np.argsort(chosen < 0, axis=1, kind="stable")
    packed: Ints = np.take_along_axis(chosen, order, axis=1)
    return packed


def _fill(
    fits: Bools,
    theme: Ints,
    layout: PageLayout,
    order: Sequence[tuple[int, int]],
    room: CapCounts | None,
) -> Ints:
    _, n, _ = fits.shape
    customer = np.arange(n)
    cell = np.full((n, layout.n_shelves, layout.n_items), -1, dtype=np.int64)
    free = [_of(fits, theme[:, shelf]) for shelf in range(layout.n_shelves)]
    for shelf, column in order:
        can = free[shelf] if room is None else free[shelf] & room.is_left
        best = can.argmax(axis=1)
        found = can[customer, best]
        cell[found, shelf, column] = best[found]
        if room is not None:
            room.put(customer[found], best[found])
        for other in free:
            other[customer[found], best[found]] = False
    return cell


def _of(fits: Bools, theme: Ints) -> Bools:
    table: Bools = fits[theme, np.arange(len(theme))]
    table[theme < 0] = False
    return table


def _row_by_row(layout: PageLayout) -> list[tuple[int, int]]:
    return [(s, c) for s in range(layout.n_shelves) for c in range(layout.n_items)]


def _diagonals(layout: PageLayout) -> list[tuple[int, int]]:
    return sorted(_row_by_row(layout), key=lambda at: (at[0] + at[1], at[0]))
