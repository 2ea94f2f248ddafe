"""A message template: the files of one occasion, checked and compiled once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from xenorec.config import content
from xenorec.errors import BadInput, ConfigError, NotSupported, Problem, TemplateError, nearest
from xenorec.messages.default_values import DefaultValues
from xenorec.messages.html_text import plain_text
from xenorec.messages.inline_images import InlineImages
from xenorec.messages.jinja_environment import Compiled
from xenorec.messages.rendered_message import RenderedMessage
from xenorec.messages.safe_names import with_plain_names
from xenorec.messages.sms_segments import to_gsm
from xenorec.messages.template_manifest import ENGLISH, Variable, read_manifest
from xenorec.messages.template_sources import (
    TemplateSources,
    compile_optional,
    folder_version,
    read_parts,
    version_of,
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class MessageTemplate:
    """A template ready to render; ``version`` changes with any byte of any of its files.

    ``arms`` maps an arm to its ``image`` (``cid:FILE``), ``alt`` and ``tags``. ``languages``: those
    it speaks; the shelves in a message are titled in the customer's if it is one of them.

    >>> template = MessageTemplate.from_strings(channel="sms", text="Hi {{ name }}")
    >>> template.render({"name": "Ana"}).text
    'Hi Ana'
    """

    name: str
    title: str
    purpose: str
    version: str
    channels: tuple[str, ...]
    variables: Mapping[str, Variable]
    arms: Mapping[str, Mapping[str, Any]]
    images: InlineImages = field(repr=False)
    parts: Mapping[str, TemplateSources] = field(repr=False)
    languages: tuple[str, ...] = ENGLISH

    @classmethod
    def load(cls, name: str, own: Path | None = None) -> MessageTemplate:
        """Read the folder ``templates/<name>``, the retailer's ``own`` project first.

        Raises UnknownName, ConfigError (template.toml, a missing file, an undeclared name) and
        TemplateRefused (a source that may not run).
        """
        folder = content.find("templates", name, own)
        manifest = read_manifest(folder / "template.toml")
        parts = {
            channel: read_parts(folder, channel, manifest.subject) for channel in manifest.channels
        }
        _check_declared(folder, manifest.variables, parts.values())
        pictures = [root / "pictures" for root in content.roots("templates", own)]
        return cls(
            name=name,
            title=manifest.title,
            purpose=manifest.purpose,
            version=folder_version(folder),
            channels=manifest.channels,
            variables=manifest.variables,
            arms=manifest.arms,
            images=InlineImages((folder / "images", *pictures)),
            parts=MappingProxyType(parts),
            languages=manifest.languages,
        )

    @classmethod
    def from_strings(
        cls,
        *,
        channel: str = "email",
        subject: str | None = None,
        html: str | None = None,
        text: str | None = None,
        images: Mapping[str, bytes] | None = None,
    ) -> MessageTemplate:
        """Build a template of one channel from its sources.

        An e-mail needs a subject, and html or text; without text the plain version is made from
        the HTML. Raises TemplateRefused when a source may not run.
        """
        _check_strings(channel, subject, html, text)
        parts = TemplateSources(
            subject=compile_optional(subject, "text", f"subject of {channel}"),
            html=compile_optional(html, "html", f"html of {channel}"),
            text=compile_optional(text, "text", f"text of {channel}"),
        )
        return cls(
            name="from_strings",
            title="",
            purpose="marketing",
            version=version_of(repr(source).encode() for source in (channel, subject, html, text)),
            channels=(channel,),
            variables=MappingProxyType({}),
            arms=MappingProxyType({}),
            images=InlineImages(given=MappingProxyType(dict(images or {}))),
            parts=MappingProxyType({channel: parts}),
        )

    def render(self, context: Mapping[str, Any], *, channel: str | None = None) -> RenderedMessage:
        """Render one message; ``channel`` may be left out where there is one, or for e-mail.

        Names that others typed (of the customer, of products) are made plain words before: no line
        break, no web address in them becomes a link.

        Raises TemplateError naming the template, the line and the variable when a value is
        missing and has no declared fallback, and NotSupported for a channel it does not have.
        """
        chosen = self._channel(channel)
        values = self._fallbacks.fill(with_plain_names(context))
        try:
            return self._render(chosen, values)
        except TemplateError as error:
            raise TemplateError(f"{str(error).rstrip('.')}.{self._declared()}") from error

    @cached_property
    def _fallbacks(self) -> DefaultValues:
        return DefaultValues.of(self.variables.values())

    def _render(self, channel: str, values: Mapping[str, Any]) -> RenderedMessage:
        parts = self.parts[channel]
        html = None if parts.html is None else parts.html.render(values)
        text = plain_text(html or "") if parts.text is None else _tidy(parts.text.render(values))
        if parts.is_json and parts.text is not None:
            _check_json(text, parts.text.name)
        return RenderedMessage(
            channel=channel,
            subject=None if parts.subject is None else _one_line(parts.subject.render(values)),
            html=html,
            text=to_gsm(text) if channel == "sms" else text,
            images=self.images.named_in(html) if html else MappingProxyType({}),
            words=parts.words,
        )

    def _channel(self, channel: str | None) -> str:
        if channel is None:
            channel = self.channels[0] if len(self.channels) == 1 else "email"
        if channel not in self.channels:
            raise NotSupported(
                f"The template {self.name!r} has no channel {channel!r}."
                f"{nearest(channel, self.channels)} It has: {', '.join(self.channels)}."
            )
        return channel

    def _declared(self) -> str:
        if not self.variables:
            return " Give the value in the context, or use the filter default(...)."
        return (
            f" template.toml of {self.name!r} declares: {', '.join(self.variables)}. "
            "Give the value in the context, or declare a fallback there."
        )


def _check_strings(channel: str, subject: str | None, html: str | None, text: str | None) -> None:
    if channel == "email" and (subject is None or (html is None and text is None)):
        raise BadInput("An e-mail needs a subject, and html or text or both.")
    if channel != "email" and (text is None or html is not None or subject is not None):
        raise BadInput(f"A message of channel {channel!r} has text only: give text=... alone.")


def _check_declared(
    folder: Path, variables: Mapping[str, Variable], parts: Iterable[TemplateSources]
) -> None:
    """Raise ConfigError when a source reads a name that template.toml does not declare."""
    declared = {re.split(r"[.\[]", name)[0] for name in variables}
    problems = [
        _undeclared(compiled, name, declared)
        for part in parts
        for compiled in part.compiled()
        for name in sorted(compiled.reads - declared)
    ]
    if problems:
        raise ConfigError(str(folder / "template.toml"), problems)


def _undeclared(compiled: Compiled, name: str, declared: Iterable[str]) -> Problem:
    return Problem(compiled.name, f"reads {name!r}, not declared here.{nearest(name, declared)}")


def _check_json(text: str, name: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise TemplateError(
            f"{name}: the result is not JSON ({error}); write values with the filter tojson"
        ) from error


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
