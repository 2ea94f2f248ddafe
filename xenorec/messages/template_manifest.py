"""``template.toml``: what a template is for, its channels, and the variables it reads."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from xenorec.errors import ConfigError, Problem, nearest

PURPOSES = ("marketing", "service")
TYPES = ("text", "number", "date", "flag", "list", "record")
_KEYS = ("arms", "channels", "languages", "purpose", "subject", "title", "variables")
ENGLISH = ("en",)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_VARIABLE_KEYS = ("fallback", "meaning", "optional", "type")


@dataclass(frozen=True)
class Variable:
    """One value a template reads: its dotted name, meaning, and what stands in when missing.

    ``customer.first_name`` names a field and ``shelves[].items[].alt`` that field of every
    entry. ``optional`` means the template copes with None.
    """

    name: str
    meaning: str
    type: str
    fallback: str | int | float | bool | None = None
    optional: bool = False


@dataclass(frozen=True)
class TemplateManifest:
    """A read ``template.toml``; ``languages`` are those it speaks, English unless it says so."""

    title: str
    purpose: str
    channels: tuple[str, ...]
    variables: Mapping[str, Variable]
    arms: Mapping[str, Mapping[str, Any]]
    subject: str | None = None
    languages: tuple[str, ...] = ENGLISH


def read_manifest(path: Path) -> TemplateManifest:
    """Read and check a ``template.toml``.

    Raises ConfigError listing every mistake.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [Problem("file", f"not valid TOML: {error}")]) from error
    problems = [*_problems(raw), *_arm_problems(raw.get("arms", {}), path.parent / "images")]
    if problems:
        raise ConfigError(str(path), problems)
    variables = {name: _variable(name, entry) for name, entry in raw.get("variables", {}).items()}
    return TemplateManifest(
        title=raw["title"],
        purpose=raw["purpose"],
        channels=tuple(raw["channels"]),
        variables=MappingProxyType(variables),
        arms=MappingProxyType({name: _arm(arm) for name, arm in raw.get("arms", {}).items()}),
        subject=raw.get("subject"),
        languages=tuple(raw.get("languages", ENGLISH)),
    )


def _variable(name: str, entry: Mapping[str, Any]) -> Variable:
    return Variable(
        name,
        meaning=entry["meaning"],
        type=entry["type"],
        fallback=entry.get("fallback"),
        optional=entry.get("optional", False),
    )


def _arm(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    image = entry.get("image")
    return MappingProxyType(
        {
            "image": f"cid:{image}" if image else None,
            "alt": str(entry.get("alt", "")),
            "tags": tuple(entry.get("tags", ())),
        }
    )


def _problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    for key in raw:
        if key not in _KEYS:
            yield Problem(key, f"unknown key.{nearest(key, _KEYS)} Known: {', '.join(_KEYS)}.")
    if not isinstance(raw.get("title"), str) or not raw["title"].strip():
        yield Problem("title", "a text is needed, for instance 'We miss you'.")
    if raw.get("purpose") not in PURPOSES:
        yield Problem("purpose", f"{raw.get('purpose')!r} is not one of {', '.join(PURPOSES)}.")
    channels = raw.get("channels")
    if not isinstance(channels, list) or not channels or not all(map(_is_name, channels)):
        yield Problem("channels", "a list of channels is needed, for instance ['email', 'sms'].")
    languages = raw.get("languages", list(ENGLISH))
    if not isinstance(languages, list) or not languages or not all(map(_is_language, languages)):
        yield Problem("languages", "a list of languages is needed, for instance ['en', 'ar'].")
    if not isinstance(raw.get("subject", ""), str):
        yield Problem("subject", "a text is needed.")
    variables = raw.get("variables", {})
    if not isinstance(variables, dict):
        yield Problem("variables", 'a table per variable is needed: [variables."brand.name"].')
        return
    for name, entry in variables.items():
        yield from _variable_problems(f'variables."{name}"', entry)


def _variable_problems(where: str, entry: object) -> Iterator[Problem]:
    if not isinstance(entry, dict):
        yield Problem(where, "a table with meaning and type is needed; quote a dotted name.")
        return
    for key in entry:
        if key not in _VARIABLE_KEYS:
            yield Problem(f"{where}.{key}", f"unknown key.{nearest(key, _VARIABLE_KEYS)}")
    if not isinstance(entry.get("meaning"), str):
        yield Problem(where, "says no meaning (one sentence).")
    if entry.get("type") not in TYPES:
        yield Problem(where, f"type {entry.get('type')!r} is not one of {', '.join(TYPES)}.")
    if not isinstance(entry.get("fallback", ""), str | int | float | bool):
        yield Problem(where, "fallback must be one text, number or flag.")


def _arm_problems(arms: object, images: Path) -> Iterator[Problem]:
    if not isinstance(arms, dict):
        yield Problem("arms", "a table per arm is needed: [arms.produce].")
        return
    for name, arm in arms.items():
        if not isinstance(arm, dict):
            yield Problem(
                f"arms.{name}", "a table is needed; an empty one is an arm without picture."
            )
        elif not arm.get("image"):
            continue
        elif not arm.get("alt"):
            yield Problem(f"arms.{name}", "a picture needs alt, what it shows in words.")
        elif not (images / str(arm["image"])).is_file():
            yield Problem(f"arms.{name}", f"there is no images/{arm['image']} beside it.")


def _is_language(value: object) -> bool:
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isidentifier()
