"""Shelf localization: the words of shelves in the language of the message that they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xenorec.messages.locales import territory

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.recommend.page.removals import RemovalTally
    from xenorec.recommend.page.shelf_pages import ShelfPages


def supported_locale(locale: str, languages: Sequence[str]) -> str | None:
    """Return the locale if a template speaks its language, None where it falls back to English.

    >>> spoken("ar_SA", ("en", "ar")), spoken("fr", ("en", "ar"))
    ('ar_SA', None)
    """
    return locale if locale.replace("_", "-").split("-")[0].lower() in languages else None


def written_in(locale: str, languages: Sequence[str]) -> str:
    """Return the locale of a message's words: the customer's, or English of the customer's land.

    It tells a reader's program which language it is and from which side it is read.

    >>> written_in("ar_SA", ("en", "ar")), written_in("ar_SA", ("en",)), written_in("fr", ("en",))
    ('ar_SA', 'en-SA', 'en')
    """
    return supported_locale(locale, languages) or "-".join(filter(None, ("en", territory(locale))))


def shelves_in(
    pages: ShelfPages, locales: Mapping[str, str], languages: Sequence[str], tally: RemovalTally
) -> pd.DataFrame:
    """Return the shelves of customers, each in the language that their message is in.

    ``locales``: by customer_id. ``languages``: those of the template. A request with a locale
    keeps it. ``tally`` counts what the rules take out.
    """
    import pandas as pd

    if pages.request.locale is not None:
        return pages.shelves(list(locales), tally=tally)
    asked: dict[str | None, list[str]] = {}
    for customer_id, locale in locales.items():
        asked.setdefault(supported_locale(locale, languages), []).append(customer_id)
    if len(asked) < 2:
        words = next(iter(asked), None)
        return pages.in_locale(words).shelves(list(locales), tally=tally)
    parts = [pages.in_locale(words).shelves(ids, tally=tally) for words, ids in asked.items()]
    return pd.concat(parts, ignore_index=True)
