"""Sensitive products: which ones tell something private, found by whole words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from xenorec.config.declared_settings import Section, TableSetting, read_document, setting
from xenorec.config.setting_types import WRONG, Flag, Listed, Reading, Text
from xenorec.config.source_lines import read_toml_document
from xenorec.errors import BadInput

SHIPPED = Path(__file__).resolve().parent / "sensitive.toml"
BETWEEN = re.compile(r"[\W_]+")
APOSTROPHES = str.maketrans("", "", "'’")
NONE: frozenset[str] = frozenset()


def _word(word: str, at: Reading) -> Any:
    if "*" not in word and _plain(word).strip():
        return word
    at.report(f"{word!r} came; expected letters, without *.")
    return WRONG


def _exception(phrase: str, at: Reading) -> Any:
    gapped = _wildcard_phrase(phrase)
    if gapped and gapped == gapped.strip("* "):
        return phrase
    at.report(f"{phrase!r} came; expected words, * only between them.")
    return WRONG


TEXTS = Listed(expected='a list of texts, such as ["pharmacy"].', single=False, blank=False)


@dataclass(frozen=True)
class SensitiveTopic:
    """What tells one private thing; ``excepted`` phrases only look alike, ``*`` is a gap."""

    words: tuple[str, ...] = setting(
        replace(TEXTS, of=Text(check=_word), unique=True),
        'Words that tell it, such as ["pharmacy"]',
        (),
        needed=True,
    )
    excepted: tuple[str, ...] = setting(
        replace(TEXTS, of=Text(check=_exception), unique=True),
        "Phrases that only look alike",
        (),
        key="except",
    )
    age_restricted: bool = setting(Flag(), "For adults only", False)


@dataclass(frozen=True)
class SensitiveFile:
    """The keys of a file of topics."""

    extends: bool = setting(Flag(), "Add to the shipped topics", False)
    topic: Mapping[str, SensitiveTopic] = setting(
        TableSetting(
            Section(SensitiveTopic, "a table: [topic.health] and its words."),
            expected="tables: [topic.health] and its words.",
        ),
        "Topics by name",
        {},
    )


@dataclass(frozen=True)
class SensitiveProducts:
    """Topics by name, in the order declared.

    It knows words, not products: a product whose title and category hold none is not found.
    """

    declared: Mapping[str, SensitiveTopic]

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """Return the topics of a file, without one the shipped topics.

        Raises ConfigError with every mistake in ``problems``.
        """
        read = read_document(SensitiveFile, read_toml_document(Path(path or SHIPPED)))
        base = cls.load().declared if read.extends else {}
        names = [*base, *read.topic]
        return cls({name: _joined(base.get(name), read.topic.get(name)) for name in names})

    @property
    def names(self) -> tuple[str, ...]:
        """The topics."""
        return tuple(self.declared)

    @property
    def age_restricted(self) -> frozenset[str]:
        """The topics that may be sold to adults only."""
        return frozenset(name for name, topic in self.declared.items() if topic.age_restricted)

    def topics(
        self, titles: Sequence[str | None], categories: Sequence[str | None]
    ) -> list[frozenset[str]]:
        """Return the topics of each product, from its title and its category; mostly none.

        Raises BadInput when the two are not equally long.
        """
        if len(titles) != len(categories):
            raise BadInput(
                f"{len(titles)} titles came with {len(categories)} categories; "
                "give one of each per product, None where there is none."
            )
        found = self._found({*titles, *categories})
        pairs = zip(titles, categories, strict=True)
        return [found[title] | found[category] for title, category in pairs]

    def _found(self, texts: Iterable[str | None]) -> dict[str | None, frozenset[str]]:
        topics_of, pattern = self._phrases(), self._pattern()
        found: dict[str | None, frozenset[str]] = {}
        for text in texts:
            phrases = pattern.findall(_plain(text)) if text else ()
            topics = [topics_of.get(phrase, NONE) for phrase in phrases]
            found[text] = NONE.union(*topics) if topics else NONE
        return found

    def _phrases(self) -> dict[str, frozenset[str]]:
        topics_of: dict[str, frozenset[str]] = {}
        for name, topic in self.declared.items():
            for word in map(_plain, topic.words):
                topics_of[word] = topics_of.get(word, NONE) | {name}
        return topics_of

    def _pattern(self) -> re.Pattern[str]:
        phrases = {
            _wildcard_phrase(word) for topic in self.declared.values() for word in topic.excepted
        }
        phrases |= self._phrases().keys()
        either = _either(sorted(phrases, key=_rank), 2).replace("* ", r"(?:\w+ ){0,2}")
        return re.compile(rf"\b({either})(?:e?s)?\b" if phrases else r"(?!)()")


def _joined(first: SensitiveTopic | None, second: SensitiveTopic | None) -> SensitiveTopic:
    one, two = first or SensitiveTopic(), second or SensitiveTopic()
    return SensitiveTopic(
        one.words + two.words,
        one.excepted + two.excepted,
        one.age_restricted or two.age_restricted,
    )


def _plain(text: str) -> str:
    """Return a text in small letters with single blanks between its words."""
    small = text.lower().translate(APOSTROPHES).replace("&", " and ")
    return BETWEEN.sub(" ", small).strip()


def _wildcard_phrase(phrase: str) -> str:
    """Return an exception as a plain phrase in which ``*`` stands for a gap."""
    return " * ".join(_plain(part) for part in phrase.split("*"))


def _either(phrases: Sequence[str], n_letters: int) -> str:
    """Return a pattern for any phrase; those with the same first letters are tried together."""
    if n_letters == 0 or len(phrases) < 2:
        return "|".join(phrases)
    groups: dict[str, list[str]] = {}
    for phrase in phrases:
        groups.setdefault(phrase[:1], []).append(phrase[1:])
    return "|".join(f"{one}(?:{_either(rest, n_letters - 1)})" for one, rest in groups.items())


def _rank(phrase: str) -> tuple[int, bool, int, str]:
    """Sort the phrases with most words first, those with a gap after those without."""
    words = [word for word in phrase.split() if word != "*"]
    return -len(words), "*" in phrase, -len(phrase), phrase
