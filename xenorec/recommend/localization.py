"""Localization: a fitted recommender in another language, with nothing learned anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xenorec.recommend.shelf_recommender import ShelfRecommender


def with_locale(recommender: ShelfRecommender, locale: str | None) -> ShelfRecommender:
    """Return the same fitted recommender whose titles and reasons are in another language.

    The shipped words are in English, Spanish, Hindi and Arabic; others are answered in English.
    """
    return recommender.with_request(replace(recommender.request, locale=locale))
