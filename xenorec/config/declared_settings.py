"""Declared settings: a field says once its type, default, closed list and meaning.

From the fields of a dataclass a file is read, with every mistake told at once, each with its line
and the nearest name, and a JSON Schema is written, by which editors complete and check it.

Why none of the libraries for it: msgspec stops at the first mistake (its maintainers mean to keep
that), and pydantic, which goes on, knows no lines of a file and no nearest name and says all in
words of its own; so the reader around it would be as long as this one, and a further 0.2 seconds of
every command are its import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from xenorec.config.setting_types import WRONG, Choice, Reading, Schema, SettingType
from xenorec.config.source_lines import ConfigDocument
from xenorec.errors import ConfigError, Problem, nearest

T = TypeVar("T")


@dataclass(frozen=True)
class TableSetting(SettingType):
    """A table whose keys are free or of a closed list; each value is of the type ``of``."""

    of: SettingType
    keys: Choice | None = None
    called: Callable[[str, str], str] | None = None
    """What a mistake calls an entry, of the table's own place and the key."""
    expected: str = "a table"

    def _read(self, value: Any, at: Reading) -> Any:
        if not isinstance(value, Mapping):
            return at.wrong(value, self.expected)
        found = {}
        for key, one in value.items():
            inner = at.at(key, self.called(at.where, key) if self.called else None)
            if self.keys and key not in self.keys.known(at.names):
                known = self.keys.known(at.names)
                inner.report(f"{self.keys.text}.{nearest(key, known)} Known: {', '.join(known)}")
            found[key] = self.of.read(one, inner)
        return WRONG if WRONG in found.values() else found

    def _schema(self, names: Any) -> Schema:
        named = {"propertyNames": self.keys.schema(names)} if self.keys else {}
        return {"type": "object", "additionalProperties": self.of.schema(names), **named}


@dataclass(frozen=True)
class Entries(SettingType):
    """A list of tables, each a section; ``called`` is what a mistake calls one, with a comma."""

    of: type
    called: Callable[[int, Mapping[str, Any]], str]
    expected: str

    def _read(self, value: Any, at: Reading) -> Any:
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            at.report(self.expected)
            return WRONG
        inner = [at.at(place, self.called(place, one)) for place, one in enumerate(value)]
        pairs = zip(value, inner, strict=True)
        return tuple(read_section(self.of, one, entry) for one, entry in pairs)

    def _schema(self, names: Any) -> Schema:
        return {"type": "array", "items": section_schema(self.of, names)}


@dataclass(frozen=True)
class Section(SettingType):
    """A table with the keys that the fields of a dataclass declare."""

    of: type
    expected: str = ""

    def _read(self, value: Any, at: Reading) -> Any:
        if not isinstance(value, Mapping):
            return at.wrong(value, self.expected or f"keys {', '.join(keys_of(self.of))}")
        return read_section(self.of, value, at)

    def _schema(self, names: Any) -> Schema:
        return section_schema(self.of, names)


@dataclass(frozen=True)
class Setting:
    """What a field declares beside its default: type and meaning, and its key where another."""

    type: SettingType
    meaning: str
    key: str = ""
    needed: bool = False


def setting(
    type_: SettingType, meaning: str, default: Any = MISSING, *, key: str = "", needed: bool = False
) -> Any:
    """Return the field of a setting; in a file it is ``needed`` where it has no default.

    ``default`` may be a class or an empty dictionary, of which each record has its own; ``key`` is
    that of the file, where it is not the field's name.
    """
    metadata = {"setting": Setting(type_, meaning, key, needed or default is MISSING)}
    if isinstance(default, type) or default == {}:
        factory = default if isinstance(default, type) else dict
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def section(of: type, meaning: str, *default: Any) -> Any:
    """Return the field of a section whose keys are those of the dataclass ``of``."""
    return setting(Section(of), meaning, *(default or (of,)))


def declared(cls: Any) -> Iterator[tuple[str, Any, Setting]]:
    """Yield the key, the field and the declaration of each setting of a dataclass."""
    for one in fields(cls):
        if "setting" in one.metadata:
            found: Setting = one.metadata["setting"]
            yield found.key or one.name, one, found


def keys_of(cls: Any) -> tuple[str, ...]:
    """Return the keys of a section."""
    return tuple(key for key, _, _ in declared(cls))


def read_section(cls: type[T], data: Mapping[str, Any], at: Reading) -> T:
    """Return the record that a table makes; its mistakes are noted in ``at.problems``.

    A dataclass with a method ``mistakes(at)`` says what values do not go together: keys (dotted;
    the first is the one that is told) and a text each, left out where one of the keys is wrong
    already.
    """
    known = keys_of(cls)
    for key in data:
        if key not in known:
            hint = nearest(str(key), known)
            at.at(str(key)).report(f"is not a key here.{hint} Keys: {', '.join(known)}")
    values: dict[str, Any] = {}
    before = len(at.problems)
    for key, one, declaration in declared(cls):
        given = data.get(key)
        if given is None and isinstance(one.default_factory, type):
            given = {}
        read = WRONG if given is None else declaration.type.read(given, at.at(key))
        if given is None and declaration.needed:
            known_names = getattr(declaration.type, "known", lambda names: ())(at.names)
            listed = f" Known: {', '.join(known_names)}" if known_names else ""
            at.at(key).report(f"is missing: {declaration.meaning}{listed}")
        values[one.name] = _default(one) if read is WRONG else read
    record = cls(**values)
    wrong = [problem.where for problem in at.problems[before:]]
    for dotted, text in getattr(record, "mistakes", lambda at: ())(at):
        spots = [_inner(at, one) for one in dotted]
        if not any(_touch(one, spot.where) for one in wrong for spot in spots):
            spots[0].report(text)
    return record


def read_document(cls: type[T], document: ConfigDocument, names: Any = None) -> T:
    """Return the record of a file; raises ConfigError with every mistake in it."""
    at = Reading(document.lines, names, document.folder)
    record = read_section(cls, document.data, at)
    refuse(document.source, at.problems)
    return record


def refuse(source: str, problems: Iterable[Problem], *, by_line: bool = False) -> None:
    """Raise ConfigError for mistakes; nothing for none."""
    found = list(problems)
    if by_line:
        found.sort(key=lambda problem: problem.line or 0)
    if found:
        raise ConfigError(source, found)


def section_schema(cls: Any, names: Any = None) -> Schema:
    """Return the JSON Schema of a section."""
    properties, needed = {}, []
    for key, one, declaration in declared(cls):
        default = {} if one.default in (MISSING, None) else {"default": plain(one.default)}
        properties[key] = {
            **declaration.type.schema(names),
            "description": declaration.meaning,
            **default,
        }
        if declaration.needed:
            needed.append(key)
    required = {"required": needed} if needed else {}
    return {
        "type": "object",
        "properties": properties,
        **required,
        "additionalProperties": False,
    }


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def _default(one: Any) -> Any:
    if one.default is not MISSING:
        return one.default
    return None if one.default_factory is MISSING else one.default_factory()


def _touch(one: str, other: str) -> bool:
    """Return whether one place is, or lies in, the other."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _inner(at: Reading, dotted: str) -> Reading:
    for key in dotted.split("."):
        at = at.at(key)
    return at
