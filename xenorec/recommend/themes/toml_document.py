"""A declaration file: its TOML, and on which line an entry stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from xenorec.errors import ConfigError, Problem

HERE = Path(__file__).resolve().parent
PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)$")


@dataclass(frozen=True)
class TomlDocument:
    """A read file; numbers with a point are exact decimals."""

    source: str
    text: str
    data: Mapping[str, Any]

    def line(self, key: str) -> int | None:
        """Return the line of a key at the top, None where it is not found."""
        return _find(self._lines, rf"\s*{re.escape(key)}\s*=", 0, len(self._lines))

    def entry_line(self, table: str, place: int, keys: Iterable[str] = ()) -> int | None:
        """Return the line of the first key found in an array's entry (from 0), or of its head."""
        found = [n for n, line in enumerate(self._lines) if _is_head(line, table)]
        if len(found) != len(self.data[table]):
            return None
        first, last = found[place], [*found, len(self._lines)][place + 1]
        own = (_find(self._lines, rf"\s*{re.escape(key)}\s*=", first, last) for key in keys)
        return next((line for line in own if line), first + 1)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()


def read_document(path: str | Path) -> TomlDocument:
    """Read a TOML file; raises ConfigError when it is not there or does not parse."""
    source = str(path)
    try:
        text = Path(path).read_text("utf-8")
        return TomlDocument(source, text, tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [_syntax(str(error))]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(source, [Problem("file", "is not UTF-8 text; save it so.")]) from error
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        raise ConfigError(source, [Problem("file", f"{why}; give a TOML file.")]) from error


def _syntax(text: str) -> Problem:
    place = PLACE.search(text)
    return Problem("TOML", PLACE.sub("", text), int(place[1]) if place else None)


def _find(lines: list[str], pattern: str, first: int, last: int) -> int | None:
    return next((n + 1 for n in range(first, last) if re.match(pattern, lines[n])), None)


def _is_head(line: str, table: str) -> bool:
    return re.match(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]", line) is not None
