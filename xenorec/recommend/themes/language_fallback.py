"""Languages: which wording to take when the exact one is not there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

DEFAULT = "en"
T = TypeVar("T")


@lru_cache(maxsize=4096)
def fallbacks(locale: str | None) -> tuple[str, ...]:
    """Return the languages to try in turn, each once, English last.

    >>> fallbacks("hi_in")
    ('hi-IN', 'hi', 'en')
    """
    parts = [_cased(n, part) for n, part in enumerate(_parts(locale))]
    tried = ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys([*tried, DEFAULT]))


def chosen(words: Mapping[str, T], locale: str | None) -> T:
    """Return the entry of the nearest language; ``words`` has one for English."""
    return words[next((name for name in fallbacks(locale) if name in words), DEFAULT)]


def _parts(locale: str | None) -> list[str]:
    plain = (locale or "").split(".")[0].split("@")[0].replace("_", "-")
    return [part for part in plain.strip().split("-") if part]


def _cased(place: int, part: str) -> str:
    if place == 0:
        return part.lower()
    return {2: part.upper(), 4: part.title()}.get(len(part), part.lower())
