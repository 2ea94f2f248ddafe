"""Reason templates: why a product is shown to a shopper, in the shopper's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from xenorec.config.source_lines import read_toml_document
from xenorec.errors import UnknownName, nearest
from xenorec.recommend.themes.language_fallback import chosen
from xenorec.recommend.themes.locale_wording import (
    CountPhrase,
    DayFormat,
    LocaleWording,
    NumberFormat,
    ReasonWording,
)

KINDS = (
    *("bought_every", "bought_often", "bought_once", "due", "with_basket", "because"),
    *("new_in_category", "popular_store", "popular_shop", "popular_ever", "trending"),
    *("on_offer", "try_new", "occasion", "year_ago", "editorial"),
)
FEW = 5
ROUNDING = 1e-9
REASONS = Path(__file__).resolve().parent / "reasons.toml"


@dataclass(frozen=True)
class ReasonTemplates:
    """The shipped wordings by language; made by ``load``."""

    speeches: Mapping[str, LocaleWording]

    @classmethod
    def load(cls) -> Self:
        """Return the reasons in English, Spanish, Hindi and Arabic."""
        data = read_toml_document(REASONS).data
        return cls({locale: _speech(data, locale) for locale in data["number"]})

    def say(
        self,
        kind: str,
        locale: str | None = None,
        *,
        is_private: bool = False,
        on: date | None = None,
        today: date | None = None,
        n: int | None = None,
        days: float | None = None,
        percent: float | None = None,
        product: str | None = None,
        category: str | None = None,
        occasion: str | None = None,
    ) -> str:
        """Return one reason; a fact that is None is left out of the sentence.

        ``on`` and ``today`` are local days of the shopper. ``n`` counts the shopper's orders
        (bought_often) or other shoppers (popular_store, popular_shop), who are never counted
        below five. ``days`` lie between two purchases, ``percent`` is 0 to 100 and is rounded
        down. ``is_private``: the sentence holds no fact at all. Raises UnknownName for a kind
        that is not in ``KINDS``.

        >>> Reasons.load().say("bought_every", "en", days=12, on=date(2017, 10, 3))
        'You buy this about every 12 days, last on 3 October 2017'
        """
        speech = chosen(self.speeches, locale)
        wordings = speech.kinds.get(_exact(kind, n))
        if wordings is None:
            raise UnknownName(_unknown(kind))
        if is_private:
            return wordings[-1].fill()
        facts = {
            "product": product or None,
            "category": category or None,
            "occasion": occasion or None,
            "on": None if on is None else speech.days.say(on, today),
            "every": _every(speech, days),
            "times": _times(speech, n),
            "people": None if n is None or n < FEW else speech.numbers.say(n),
            "percent": None if percent is None or percent < 1 else int(percent + ROUNDING),
        }
        return _first(wordings, facts)


def _exact(kind: str, n: int | None) -> str:
    return "bought_once" if n == 1 and kind == "bought_often" else kind


def _first(wordings: tuple[ReasonWording, ...], facts: Mapping[str, Any]) -> str:
    for wording in wordings[:-1]:
        if None not in map(facts.get, wording.needs):
            return wording.fill(**facts)
    return wordings[-1].fill()


def _every(speech: LocaleWording, days: float | None) -> str | None:
    if days is None:
        return None
    whole = max(round(days), 1)
    return speech.every.say(speech.numbers.say(whole))


def _times(speech: LocaleWording, n: int | None) -> str | None:
    return None if n is None or n < 1 else speech.times.say(speech.numbers.say(n))


def _unknown(kind: str) -> str:
    return f"There is no reason of kind {kind!r}.{nearest(kind, KINDS)} Known: {', '.join(KINDS)}."


def _speech(data: Mapping[str, Any], locale: str) -> LocaleWording:
    """Return the words of a locale's language with the numbers of its land."""
    language = locale.split("-")[0]
    numbers, day = data["number"][locale], data["day"][language]
    return LocaleWording(
        numbers=NumberFormat(**{**numbers, "groups": tuple(numbers["groups"])}),
        days=DayFormat(**{name: _frozen(value) for name, value in day.items()}),
        every=CountPhrase(data["phrase"]["every"][language]),
        times=CountPhrase(data["phrase"]["times"][language]),
        kinds={
            kind: tuple(map(ReasonWording.of, said[language]))
            for kind, said in data["kind"].items()
        },
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
