"""Arrange: fill each customer's shelves one after the other, no product twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xenorec.numbers import Ints
from xenorec.recommend.arrays import best_each
from xenorec.recommend.guard import Guard
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import Offers, Shelf, Wish, join


@dataclass(frozen=True)
class Layout:
    """How many shelves of how many items; a shelf with fewer than ``min_items`` is left out."""

    n_shelves: int
    n_items: int
    min_items: int


@dataclass(frozen=True)
class Placed:
    """Offers with their place: the position of the shelf in the list, and ranks from 1."""

    offers: Offers
    shelf: Ints
    shelf_rank: Ints
    item_rank: Ints


def arrange(
    shelves: Sequence[Shelf], asked: Asked, guard: Guard, layout: Layout, place: Ints
) -> Placed:
    """Return the items of every customer's shelves, by customer, shelf and item.

    Shelves come in the order given. One that is left out makes room for the next that qualifies.
    """
    placed: list[Placed] = []
    n_so_far = np.zeros(len(asked), dtype=np.int64)
    wish = Wish(layout.n_shelves * layout.n_items + guard.most, guard.is_open)
    for number, shelf in enumerate(shelves):
        open_to = np.flatnonzero(n_so_far < layout.n_shelves)
        if placed and not len(open_to):
            break
        offers = _for(shelf.score(asked.take(open_to), wish), open_to)
        offers = _not_placed(guard.kept(offers), placed, len(guard.is_open))
        rows, rank = best_each(offers.asked, offers.score, place[offers.product], layout.n_items)
        enough = np.bincount(offers.asked[rows], minlength=len(asked)) >= layout.min_items
        kept = enough[offers.asked[rows]]
        offers, n_so_far = offers.take(rows[kept]), n_so_far + enough
        placed.append(
            Placed(offers, np.full(len(offers), number), n_so_far[offers.asked], rank[kept])
        )
    return _sorted(placed)


def _for(offers: Offers, asked: Ints) -> Offers:
    return Offers(
        asked[offers.asked], offers.product, offers.score, offers.level, offers.fact, offers.at
    )


def _not_placed(offers: Offers, placed: Sequence[Placed], n_products: int) -> Offers:
    if not placed:
        return offers
    done = join([p.offers for p in placed])
    key, taken = (o.asked * n_products + o.product for o in (offers, done))
    return offers.take(~np.isin(key, taken))


def _sorted(placed: Sequence[Placed]) -> Placed:
    offers = join([p.offers for p in placed])
    shelf, shelf_rank, item_rank = (
        np.concatenate([getattr(p, name) for p in placed])
        for name in ("shelf", "shelf_rank", "item_rank")
    )
    order = np.lexsort((item_rank, shelf_rank, offers.asked))
    return Placed(offers.take(order), shelf[order], shelf_rank[order], item_rank[order])
