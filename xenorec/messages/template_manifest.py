"""``template.toml``: what a template is for, its channels, and the variables it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from xenorec.config.declared_settings import Section, TableSetting, read_document, setting
from xenorec.config.setting_types import Anything, Choice, Flag, Listed, Reading, Text
from xenorec.config.source_lines import read_toml_document

PURPOSES = ("marketing", "service")
TYPES = ("text", "number", "date", "flag", "list", "record")
ENGLISH = ("en",)


def _fallback(value: Any, at: Reading) -> Any:
    plain = isinstance(value, str | int | float | bool)
    return value if plain else at.wrong(value, "one text, number or flag")


def _identifier(value: str, at: Reading) -> Any:
    return value if value.isidentifier() else at.wrong(value, "a name such as 'email'")


PLAIN = Anything(_fallback, {"type": ["string", "number", "boolean"]})


@dataclass(frozen=True)
class Variable:
    """One value a template reads: its dotted name, meaning, and what stands in when missing.

    ``customer.first_name`` names a field and ``shelves[].items[].alt`` that field of every
    entry. ``optional`` means the template copes with None.
    """

    name: str = ""
    meaning: str = setting(Text(), "One sentence: what it is", "", needed=True)
    type: str = setting(Choice(TYPES), "What it holds", "text", needed=True)
    fallback: str | int | float | bool | None = setting(PLAIN, "Stands in for it", None)
    optional: bool = setting(Flag(), "The template copes without it", False)


@dataclass(frozen=True)
class TemplateArm:
    """One picture that a campaign may choose; without ``image`` an arm without picture."""

    image: str | None = setting(Text(), "File in images/", None)
    alt: str = setting(Text(), "What the picture shows, in words", "")
    tags: tuple[str, ...] = setting(Listed(), "Words of category texts that it stands for", ())

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield a picture that nobody is told of in words, and one that is not there."""
        images = (at.folder or Path()) / "images"
        if self.image and not self.alt:
            yield ("image", "alt"), "a picture needs alt, what it shows in words."
        elif self.image and not (images / self.image).is_file():
            yield ("image",), f"there is no images/{self.image} beside it."

    @property
    def shown(self) -> Mapping[str, Any]:
        """What a message reads of it."""
        image = f"cid:{self.image}" if self.image else None
        return MappingProxyType({"image": image, "alt": self.alt, "tags": self.tags})


CHANNELS = Listed(
    Text(check=_identifier),
    "a list of channels, for instance ['email', 'sms']",
    single=False,
    blank=False,
)
LANGUAGES = Listed(
    Text("a language such as 'ar'", re.compile("[a-z]{2,3}")),
    "a list of languages, for instance ['en', 'ar']",
    single=False,
    blank=False,
)
VARIABLES = TableSetting(
    Section(Variable, "a table with meaning and type; quote a dotted name"),
    called=lambda where, name: f'{where}."{name}"',
    expected='a table per variable: [variables."brand.name"]',
)
ARMS = TableSetting(
    Section(TemplateArm, "a table; an empty one is an arm without picture"),
    expected="a table per arm: [arms.produce]",
)


@dataclass(frozen=True)
class TemplateManifest:
    """A read ``template.toml``; ``languages`` are those it speaks, English unless it says so."""

    title: str = setting(Text("a text, for instance 'We miss you'", blank=False), "Its name")
    purpose: str = setting(Choice(PURPOSES, "is no purpose"), "What consent it needs")
    channels: tuple[str, ...] = setting(CHANNELS, "Channels that it has a file for")
    subject: str | None = setting(Text(), "Subject of the e-mail", None)
    languages: tuple[str, ...] = setting(LANGUAGES, "Languages of its words", ENGLISH)
    variables: Mapping[str, Variable] = setting(VARIABLES, "What it reads, by dotted name", {})
    arms: Mapping[str, Any] = setting(ARMS, "Pictures that a campaign may choose from", {})


def read_manifest(path: Path) -> TemplateManifest:
    """Read and check a ``template.toml``.

    Raises ConfigError listing every mistake.
    """
    read = read_document(TemplateManifest, read_toml_document(path, parse_float=float))
    variables = {name: replace(one, name=name) for name, one in read.variables.items()}
    arms = {name: arm.shown for name, arm in read.arms.items()}
    return replace(read, variables=MappingProxyType(variables), arms=MappingProxyType(arms))
