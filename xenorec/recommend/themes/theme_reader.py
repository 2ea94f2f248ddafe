"""Read declared shelves from TOML; every mistake of the file is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from xenorec.errors import ConfigError, Problem, nearest
from xenorec.recommend.themes.language_fallback import DEFAULT, fallbacks
from xenorec.recommend.themes.theme import FACTS, MIN_ITEMS, SOURCES, ShelfFilter, Theme, names_in
from xenorec.recommend.themes.toml_document import HERE, TomlDocument, read_document
from xenorec.recommend.themes.toml_entry import TomlEntry

TOP = ("extends", "drop", "shelf")
KEYS = ("name", "source", "title", "plain", "min_items", "where")
FILTERS = tuple(f.name for f in fields(ShelfFilter))
NAME = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def read_themes(path: str | Path | None = None) -> tuple[Theme, ...]:
    """Return the shelves that a file declares, in its order; without a file the shipped ones.

    A file that says ``extends = true`` starts from the shipped shelves. Raises ConfigError with
    every mistake in ``problems``.
    """
    if path is None:
        return read_themes(HERE / "shelves.toml")
    reading = ThemeReader(read_document(path))
    themes = reading.themes()
    if reading.problems:
        raise ConfigError(str(path), sorted(reading.problems, key=lambda found: found.line or 0))
    return themes


@dataclass(frozen=True)
class ThemeReader:
    """A file while it is read, and the mistakes found so far."""

    document: TomlDocument
    problems: list[Problem] = field(default_factory=list)

    def themes(self) -> tuple[Theme, ...]:
        """Return the shelves; meaningful only when ``problems`` stays empty."""
        top = TomlEntry(self.document.data, self._report_top)
        top.only(TOP)
        base = read_themes() if top.flag("extends") else ()
        kept = self._dropped(top, base)
        own = list(self._own())
        if not kept and not own and not self.problems:
            self._report_top("shelf", "is not there; declare at least one [[shelf]].")
        return tuple({theme.name: theme for theme in [*kept, *own]}.values())

    def _report_top(self, key: str, text: str) -> None:
        self.problems.append(Problem(key, text, self.document.line(key)))

    def _dropped(self, top: TomlEntry, base: tuple[Theme, ...]) -> list[Theme]:
        drop, known = top.texts("drop"), [theme.name for theme in base]
        if not base:
            if drop and "extends" not in top.table:
                self._report_top("drop", "takes shipped shelves away; it needs extends = true.")
            return []
        for name in drop:
            if name not in known:
                hint = f"{nearest(name, known)} Known: {', '.join(known)}."
                self._report_top("drop", f"{name!r} is no shipped shelf.{hint}")
        return [theme for theme in base if theme.name not in drop]

    def _own(self) -> Iterator[Theme]:
        tables = self.document.data.get("shelf", [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            self._report_top("shelf", "came as one table; write [[shelf]] before each shelf.")
            return
        first: dict[str, int] = {}
        for place, table in enumerate(tables):
            theme = self._theme(place, table)
            if theme.name and first.setdefault(theme.name, place) != place:
                text = f"{theme.name!r} is the name of shelf {first[theme.name] + 1} already."
                self._report(place, table, "name", text)
            yield theme

    def _report(self, place: int, table: Mapping[str, Any], key: str, text: str) -> None:
        name = table.get("name")
        called = f" ({name})" if isinstance(name, str) and name else ""
        line = self.document.entry_line("shelf", place, reversed(key.split(".")))
        self.problems.append(Problem(f"shelf {place + 1}{called}, {key}", text, line))

    def _theme(self, place: int, table: Mapping[str, Any]) -> Theme:
        entry = TomlEntry(table, lambda key, text: self._report(place, table, key, text))
        entry.only(KEYS)
        titles, plain = _titles(entry, "title"), _titles(entry, "plain")
        _check_titles(entry, titles, plain)
        theme = Theme(
            name=_name(entry),
            source=_source(entry),
            titles=titles,
            where=_filter(entry),
            min_items=entry.whole("min_items") or MIN_ITEMS,
            plain=plain,
        )
        if theme.source == "editorial" and not theme.where.products:
            entry.report("where.products", "is needed: the source 'editorial' shows these ids.")
        return theme


def _name(entry: TomlEntry) -> str:
    name = entry.text("name")
    if "name" not in entry.table:
        entry.report("name", "is needed, such as 'summer_drinks'.")
    elif name and not NAME.fullmatch(name):
        entry.report("name", f"came as {name!r}; expected small letters, digits and _.")
    return name or ""


def _source(entry: TomlEntry) -> str:
    source = entry.text("source")
    if "source" not in entry.table:
        entry.report("source", f"is needed. Known: {', '.join(SOURCES)}.")
    elif source and source not in SOURCES:
        hint = f"{nearest(source, SOURCES)} Known: {', '.join(SOURCES)}."
        entry.report("source", f"{source!r} is no source.{hint}")
    return source or ""


def _titles(entry: TomlEntry, key: str) -> Mapping[str, str]:
    table = entry.table.get(key, {})
    if not isinstance(table, dict):
        entry.report(key, f'came as {table!r}; expected one per language: {{ en = "Tea time" }}.')
        return MappingProxyType({})
    words = TomlEntry(table, lambda language, text: entry.report(f"{key}.{language}", text))
    read = {language: words.text(language) for language in table if _is_language(words, language)}
    return MappingProxyType({fallbacks(name)[0]: text for name, text in read.items() if text})


def _is_language(words: TomlEntry, language: str) -> bool:
    if LANGUAGE.fullmatch(language):
        return True
    words.report(language, "is no language; expected such as en, es or hi-IN.")
    return False


def _check_titles(entry: TomlEntry, titles: Mapping[str, str], plain: Mapping[str, str]) -> None:
    if DEFAULT not in titles and DEFAULT not in _table(entry, "title"):
        entry.report("title.en", "is needed: an English title stands in for every language.")
    for language, text in titles.items():
        if _names(entry, f"title.{language}", text) and language not in plain:
            expected = "is needed: the title for when the name in braces is not known."
            entry.report(f"plain.{language}", expected)
    for language, text in plain.items():
        if _names(entry, f"plain.{language}", text):
            entry.report(f"plain.{language}", f"came as {text!r}; expected no name in braces.")


def _table(entry: TomlEntry, key: str) -> Mapping[str, Any]:
    table = entry.table.get(key, {})
    return table if isinstance(table, dict) else {DEFAULT: table}


def _names(entry: TomlEntry, where: str, text: str) -> tuple[str, ...]:
    try:
        names = names_in(text)
    except ValueError:
        entry.report(where, f"came as {text!r}; a brace is not closed. Write {{{{ for a brace.")
        return ()
    unknown = [name for name in names if name not in FACTS]
    for name in unknown:
        hint = f"{nearest(name, FACTS)} Known: {', '.join(FACTS)}."
        entry.report(where, f"names {{{name}}}, which is not known.{hint}")
    return () if unknown else names


def _filter(entry: TomlEntry) -> ShelfFilter:
    table = entry.table.get("where", {})
    if not isinstance(table, dict):
        entry.report("where", f"came as {table!r}; expected a table: [shelf.where].")
        return ShelfFilter()
    where = TomlEntry(table, lambda key, text: entry.report(f"where.{key}", text))
    where.only(FILTERS)
    found = ShelfFilter(
        min_orders=where.whole("min_orders"),
        bought_within=where.span("bought_within"),
        not_bought_within=where.span("not_bought_within"),
        categories=where.texts("categories"),
        not_categories=where.texts("not_categories"),
        brands=where.texts("brands"),
        max_price=where.price("max_price"),
        min_discount=where.share("min_discount"),
        products=where.texts("products"),
        occasion=where.text("occasion"),
    )
    _check_filter(where, found)
    return found


def _check_filter(where: TomlEntry, found: ShelfFilter) -> None:
    within, without = found.bought_within, found.not_bought_within
    if within is not None and without is not None and within <= without:
        where.report("bought_within", "is not longer than not_bought_within: nothing is left.")
    for name in sorted(set(found.categories) & set(found.not_categories)):
        where.report("not_categories", f"{name!r} is among categories too: nothing is left.")
