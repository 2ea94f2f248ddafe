"""Pictures of categories, for products that have no picture of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xenorec.config import content
from xenorec.errors import ConfigError, MissingFile, Problem

FOLDER = "pictures"
FILE = "pictures.toml"


@dataclass(frozen=True)
class Picture:
    """One picture: how a message names it (``cid:...``), its file, and what it shows in words."""

    image: str
    path: Path
    alt: str


@dataclass(frozen=True)
class PictureShelf:
    """All pictures, and the words of a category text that lead to each."""

    by_word: Mapping[str, Picture]
    default: Picture

    def pick(self, category_path: Sequence[str]) -> Picture:
        """Return the picture of the longest word found in the category, the narrowest first."""
        for text in reversed(category_path):
            small = text.lower()
            found = [word for word in self.by_word if word in small]
            if found:
                return self.by_word[max(found, key=lambda word: (len(word), word))]
        return self.default


@cache
def pictures(own: Path | None = None) -> PictureShelf:
    """Read ``templates/pictures/pictures.toml``, a retailer's own before the shipped one.

    Raises MissingFile when there is none and ConfigError, with every mistake, when it is wrong.
    """
    for root in content.roots("templates", own):
        path = root / FOLDER / FILE
        if path.is_file():
            return _read(path)
    raise MissingFile(f"There is no {FOLDER}/{FILE} among the templates.")


def _read(path: Path) -> PictureShelf:
    data = tomllib.loads(path.read_text("utf-8"))
    made, by_word, problems = dict[str, Picture](), dict[str, Picture](), list[Problem]()
    for name, entry in data.items():
        file = path.parent / str(entry.get("file", ""))
        if not file.is_file() or not entry.get("alt"):
            problems.append(Problem(name, "needs file = (one that is there) and alt ="))
            continue
        made[name] = Picture(f"cid:{file.name}", file, entry["alt"])
        by_word.update({word.lower(): made[name] for word in entry.get("words", ())})
    if "default" not in made:
        problems.append(Problem("default", "is missing: the picture of everything else"))
    if problems:
        raise ConfigError(str(path), problems)
    return PictureShelf(by_word, made["default"])
