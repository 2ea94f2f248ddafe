"""Page request: what is asked of a fitted recommender, apart from what it learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xenorec.recommend.eligibility import Rules
from xenorec.recommend.feedback import RowPriors, ShelfExploration
from xenorec.recommend.page.shelf_selection import PageLayout
from xenorec.recommend.themes import Theme

USUAL_RULES = Rules()
"""What is never shown where nothing else is asked for."""


@dataclass(frozen=True)
class PageRequest:
    """One way to ask for pages; ``ShelfRecommender.request`` is that of its own arguments.

    ``layout``: how many shelves of how many items. ``themes``: the shelves. ``rules``: what is
    never shown. ``priors``: what feedback said of each shelf. ``exploration``: whether shelves
    change places now and then. ``due``: a frame of what a model says customers need. ``editorial``:
    product ids shown where nothing sold of late is left. ``locale``: the language of titles and
    reasons. Every one means what the argument of ``ShelfRecommender`` does.

    Example:
    >>> from dataclasses import replace
    >>> asked = PageRequest(PageLayout(4, 6), ())
    >>> replace(asked, locale="es").locale
    'es'
    """

    layout: PageLayout
    themes: tuple[Theme, ...]
    rules: Rules = USUAL_RULES
    priors: RowPriors | None = None
    exploration: ShelfExploration | None = None
    due: Any | None = None
    editorial: tuple[str, ...] = ()
    locale: str | None = None
