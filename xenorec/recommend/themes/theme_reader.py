"""Read declared shelves from TOML; every mistake of the file is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xenorec.config.declared_settings import Entries, read_section, refuse, setting
from xenorec.config.setting_types import Flag, Listed, Reading
from xenorec.config.source_lines import read_toml_document
from xenorec.errors import nearest
from xenorec.recommend.themes.theme import Theme

HERE = Path(__file__).resolve().parent


def _called(place: int, table: Mapping[str, Any]) -> str:
    name = table.get("name")
    return f"shelf {place + 1}{f' ({name})' if isinstance(name, str) and name else ''},"


@dataclass(frozen=True)
class ThemeFile:
    """The keys of a file of shelves."""

    extends: bool = setting(Flag(), "Start from the shipped shelves", False)
    drop: tuple[str, ...] = setting(Listed(single=False), "Shipped shelves that are taken away", ())
    shelf: tuple[Theme, ...] = setting(
        Entries(Theme, _called, "came as one table; write [[shelf]] before each shelf."),
        "The shelves, in their order",
        (),
    )


def read_themes(path: str | Path | None = None) -> tuple[Theme, ...]:
    """Return the shelves that a file declares, in its order; without a file the shipped ones.

    A file that says ``extends = true`` starts from the shipped shelves. Raises ConfigError with
    every mistake in ``problems``.
    """
    if path is None:
        return read_themes(HERE / "shelves.toml")
    document = read_toml_document(Path(path))
    at = Reading(document.lines)
    read = read_section(ThemeFile, document.data, at)
    base = read_themes() if read.extends else ()
    _check_dropped(read, [theme.name for theme in base], document.data, at.at("drop"))
    _check_names(read.shelf, at.at("shelf"))
    kept = [theme for theme in base if theme.name not in read.drop]
    if not kept and not read.shelf and not at.problems:
        at.at("shelf").report("is not there; declare at least one [[shelf]].")
    refuse(str(path), at.problems, by_line=True)
    return tuple({theme.name: theme for theme in [*kept, *read.shelf]}.values())


def _check_dropped(read: ThemeFile, known: list[str], data: Mapping[str, Any], at: Reading) -> None:
    if read.drop and "extends" not in data:
        at.report("takes shipped shelves away; it needs extends = true.")
    for name in read.drop if known else ():
        if name not in known:
            hint = f"{nearest(name, known)} Known: {', '.join(known)}."
            at.report(f"{name!r} is no shipped shelf.{hint}")


def _check_names(themes: tuple[Theme, ...], at: Reading) -> None:
    first: dict[str, int] = {}
    for place, theme in enumerate(themes):
        if theme.name and first.setdefault(theme.name, place) != place:
            entry = at.at(place, _called(place, {"name": theme.name})).at("name")
            entry.report(f"{theme.name!r} is the name of shelf {first[theme.name] + 1} already.")
