"""A configuration file as it was read: its values, and the line on which each of them stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from xenorec.errors import ConfigError, Problem

Keys = tuple[str | int, ...]
"""Where a value stands: names of keys, and numbers (from 0) of entries of a list."""
HEAD = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
AT = re.compile(r"\s*\(at line (\d+), column \d+\)$")


@dataclass(frozen=True)
class ConfigDocument:
    """A file that was read: where it is, what it holds, and the line of each key."""

    source: str
    data: Mapping[str, Any]
    lines: Mapping[Keys, int]

    def line(self, dotted: str) -> int | None:
        """Return the line of a dotted key."""
        return self.lines.get(tuple(dotted.split(".")))

    @property
    def folder(self) -> Path:
        """Where the file lies."""
        return Path(self.source).parent


def read_yaml_document(path: Path) -> ConfigDocument:
    """Read a YAML file of keys; raises ConfigError for any other."""
    import yaml

    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        problem = Problem("YAML", str(getattr(error, "problem", error)), line)
        raise ConfigError(str(path), [problem]) from error
    if not isinstance(data, Mapping):
        raise ConfigError(str(path), [Problem("file", "expected keys and what they are, as a: b")])
    return ConfigDocument(str(path), data, dict(_yaml_lines(node)))


def read_toml_document(
    path: Path, *, parse_float: Callable[[str], Any] = Decimal
) -> ConfigDocument:
    """Read a TOML file; raises ConfigError when it is not there or does not parse."""
    text = _text(path)
    try:
        data = tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as error:
        at = AT.search(str(error))
        problem = Problem("TOML", AT.sub("", str(error)), int(at[1]) if at else None)
        raise ConfigError(str(path), [problem]) from error
    return ConfigDocument(str(path), data, _toml_lines(text, data))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        problem = Problem("file", "is not UTF-8 text; save it so.")
        raise ConfigError(str(path), [problem]) from error
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        raise ConfigError(str(path), [Problem("file", f"{why}; give a file.")]) from error


def _yaml_lines(node: Any, keys: Keys = ()) -> Iterator[tuple[Keys, int]]:
    """Yield the line of each key and entry of a composed YAML document."""
    pairs: list[tuple[str | int, Any, Any]] = []
    if node.id == "mapping":
        pairs = [(str(key.value), key, value) for key, value in node.value]
    elif node.id == "sequence":
        pairs = [(number, value, value) for number, value in enumerate(node.value)]
    for name, at, value in pairs:
        yield (*keys, name), at.start_mark.line + 1
        yield from _yaml_lines(value, (*keys, name))


def _toml_lines(text: str, data: Mapping[str, Any]) -> Mapping[Keys, int]:
    """Return the line of each key and head of a TOML text that parses.

    A line within a text of several lines looks like a key to us; what it would name is not in
    ``data`` and is left out.
    """
    found: dict[Keys, int] = {}
    table: Keys = ()
    for number, line in enumerate(text.splitlines(), 1):
        head, key = HEAD.match(line), KEY.match(line)
        if head:
            at = _numbered(_parts(head[2]), found, is_entry=head[1] == "[[")
        elif key:
            at = (*table, *_parts(key[1]))
        if not (head or key) or not _is_in(data, at):
            continue
        table = at if head else table
        for n in range(1, len(at) + 1):
            found.setdefault(at[:n], number)
    return found


def _parts(dotted: str) -> Keys:
    return tuple(part.strip("\"'") for part in PART.findall(dotted))


def _numbered(parts: Keys, found: Mapping[Keys, int], *, is_entry: bool) -> Keys:
    """Return a head's keys with the number of the entry that each list is at."""
    at: Keys = ()
    for place, part in enumerate(parts):
        at = (*at, part)
        n_entries = sum(1 for keys in found if keys[:-1] == at and isinstance(keys[-1], int))
        if is_entry and place == len(parts) - 1:
            at = (*at, n_entries)
        elif n_entries:
            at = (*at, n_entries - 1)
    return at


def _is_in(data: Any, keys: Keys) -> bool:
    for key in keys:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
