"""Types of settings: what values one takes, how a mistake is told, and the same as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from xenorec.config.source_lines import Keys
from xenorec.config.time_zones import zone_info
from xenorec.errors import ConfigError, Problem, XenorecError, nearest

Schema = dict[str, Any]
WRONG: Any = object()
"""What a type reads of a value with a mistake; the field has its default then."""


@dataclass(frozen=True)
class Reading:
    """Where in a document the reader stands; ``names`` are closed lists known only at run time."""

    lines: Mapping[Keys, int] = field(default_factory=dict)
    names: Any = None
    folder: Path | None = None
    keys: Keys = ()
    where: str = ""
    problems: list[Problem] = field(default_factory=list)

    def at(self, key: str | int, called: str | None = None) -> Reading:
        """Return the reading of an inner value; ``called`` is what a mistake calls it."""
        between = " " if self.where.endswith(",") else "."
        joined = called or f"{self.where}{between}{key}".lstrip(".")
        return replace(self, keys=(*self.keys, key), where=joined)

    def report(self, text: str) -> None:
        """Note a mistake here."""
        some = (self.keys[:n] for n in range(len(self.keys), 0, -1))
        line = next((self.lines[keys] for keys in some if keys in self.lines), None)
        self.problems.append(Problem(self.where.rstrip(","), text, line))

    def wrong(self, value: Any, expected: str) -> Any:
        """Note that a value is none that was expected."""
        self.report(f"came as {shown(value)}; expected {expected}")
        return WRONG

    def checked(self, check: Callable[[Any, Reading], Any], value: Any) -> Any:
        """Return what a check makes of a value; what it raises is noted."""
        try:
            return check(value, self)
        except ConfigError as error:
            for problem in error.problems:
                self.report(f"{error.source}: {problem}")
        except XenorecError as error:
            self.report(str(error))
        return WRONG


class SettingType:
    """What values a setting takes: how one is read, and the same as a JSON Schema."""

    def read(self, value: Any, at: Reading) -> Any:
        """Return the value as a record holds it, or ``WRONG`` after a report."""
        return self._read(value, at)

    def schema(self, names: Any = None) -> Schema:
        """Return the JSON Schema of the values; ``names`` are closed lists of a shop."""
        return self._schema(names)

    def _read(self, value: Any, at: Reading) -> Any:
        raise NotImplementedError

    def _schema(self, names: Any) -> Schema:
        raise NotImplementedError


@dataclass(frozen=True)
class Text(SettingType):
    """A text of a form, or one that ``check`` (value, reading) takes and may turn into another."""

    expected: str = "text"
    form: re.Pattern[str] | None = None
    check: Callable[[Any, Reading], Any] | None = None
    blank: bool = True
    hidden: bool = False
    """What came is not repeated: it may be a secret."""

    def _read(self, value: Any, at: Reading) -> Any:
        is_text = isinstance(value, str) and (self.blank or bool(value.strip()))
        if not is_text or (self.form and not self.form.fullmatch(value)):
            if not self.hidden:
                return at.wrong(value, self.expected)
            at.report(f"came as a {type(value).__name__}; expected {self.expected}")
            return WRONG
        return at.checked(self.check, value) if self.check else value

    def _schema(self, names: Any) -> Schema:
        shape = {} if self.form is None else {"pattern": f"^(?:{self.form.pattern})$"}
        return {"type": "string", **shape, **({} if self.blank else {"minLength": 1})}


@dataclass(frozen=True)
class Choice(SettingType):
    """One of a closed list: its names, or the attribute of ``names`` that has them (if any)."""

    of: str | tuple[str, ...]
    text: str = "is not known"
    hint: Callable[[str, Iterable[str]], str] = nearest

    def known(self, names: Any) -> tuple[str, ...]:
        """Return the closed list."""
        return tuple(getattr(names, self.of, ())) if isinstance(self.of, str) else self.of

    def _read(self, value: Any, at: Reading) -> Any:
        known = self.known(at.names)
        if known and value not in known:
            hint = self.hint(value, known) if isinstance(value, str) else ""
            at.report(f"{value!r} {self.text}.{hint} Known: {', '.join(known)}")
            return WRONG
        return value if isinstance(value, str) else at.wrong(value, "text")

    def _schema(self, names: Any) -> Schema:
        known = self.known(names)
        return {"enum": list(known)} if known else {"type": "string"}


@dataclass(frozen=True)
class Number(SettingType):
    """A number from ``low`` to ``high``, or, with ``low`` alone, a whole one of at least that."""

    low: float = 0
    high: float | None = None
    whole: bool = False
    expected: str = ""

    def _read(self, value: Any, at: Reading) -> Any:
        takes = int if self.whole else int | float | Decimal
        is_number = isinstance(value, takes) and not isinstance(value, bool)
        top = float("inf") if self.high is None else self.high
        if not is_number or not self.low <= value <= top:
            return at.wrong(value, self.expected or self._expected())
        return value if self.whole else float(value)

    def _schema(self, names: Any) -> Schema:
        top = {} if self.high is None else {"maximum": self.high}
        return {"type": "integer" if self.whole else "number", "minimum": self.low, **top}

    def _expected(self) -> str:
        whole = "whole " if self.whole else ""
        if self.high is None:
            return f"a {whole}number of at least {self.low:g}"
        return f"a {whole}number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Flag(SettingType):
    """True or false."""

    def _read(self, value: Any, at: Reading) -> Any:
        return value if isinstance(value, bool) else at.wrong(value, "true or false")

    def _schema(self, names: Any) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Listed(SettingType):
    """A list of texts, each of the type ``of``; ``single``: one text stands for a list of one.

    ``blank``: the list, or a text in it, may be empty.
    """

    of: SettingType = field(default_factory=Text)
    expected: str = "a list of names"
    single: bool = True
    blank: bool = True
    unique: bool = False

    def _read(self, value: Any, at: Reading) -> Any:
        listed = [value] if self.single and isinstance(value, str) else value
        is_list = isinstance(listed, list | tuple) and all(isinstance(v, str) for v in listed)
        if not is_list or not (self.blank or (listed and all(v.strip() for v in listed))):
            return at.wrong(value, self.expected)
        read = [self.of.read(one, at) for one in listed]
        return WRONG if WRONG in read else tuple(dict.fromkeys(read) if self.unique else read)

    def _schema(self, names: Any) -> Schema:
        one = self.of.schema(names)
        least = {} if self.blank else {"minItems": 1}
        listed = {"type": "array", "items": one, **least}
        return {"anyOf": [one, listed]} if self.single else listed


@dataclass(frozen=True)
class Anything(SettingType):
    """Any value: what it may be is another's to say."""

    check: Callable[[Any, Reading], Any] | None = None
    shape: Mapping[str, Any] = field(default_factory=dict)

    def _read(self, value: Any, at: Reading) -> Any:
        return at.checked(self.check, value) if self.check else value

    def _schema(self, names: Any) -> Schema:
        return dict(self.shape)


def shown(value: Any) -> str:
    """Return a value as a file has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal) else repr(value)


def parsed(by: Any, expected: str) -> Text:
    """Return the type of texts that a function takes; they stay as they are written."""

    def check(value: str, at: Reading) -> str:
        by(value)
        return value

    return Text(f"text, such as {expected}", check=check)


DAY = {"type": "string", "format": "date"}
ZONE = parsed(zone_info, "Asia/Kolkata")
"""An IANA time zone."""
