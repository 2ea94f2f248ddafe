"""A message template: a folder with a manifest and one source per format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from xenorec import content
from xenorec.errors import BadInput, ConfigError, MissingFile, NotSupported, Problem, nearest
from xenorec.messages.environment import Compiled, compile_source
from xenorec.messages.fallbacks import fill
from xenorec.messages.manifest import Manifest, Variable, read_manifest
from xenorec.messages.mjml import mjml_to_html
from xenorec.messages.rendered import RenderedMessage
from xenorec.messages.sms import to_gsm

CID = re.compile(r"cid:([\w.-]+)")
SHARED_PICTURES = "pictures"
FORMATS: Mapping[str, tuple[str, ...]] = {
    "email": ("subject", "html", "text"),
    "sms": ("text",),
    "whatsapp": ("text",),
}
KINDS: Mapping[str, str] = {"subject": "text", "html": "html", "text": "text"}


@dataclass(frozen=True)
class MessageTemplate:
    """A template that passed the guard: compiled once, rendered for everybody."""

    name: str
    version: str
    channels: tuple[str, ...]
    variables: Mapping[str, Variable]
    sources: Mapping[str, Mapping[str, Compiled]]
    arms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    purpose: str = "marketing"
    folders: tuple[Path, ...] = ()

    @classmethod
    def load(cls, name: str, own: Path | None = None) -> MessageTemplate:
        """Find a template folder (the retailer's own before the shipped one) and compile it.

        Raises UnknownName with the nearest name, ConfigError for a wrong manifest or a missing
        source, TemplateRefused for a source that may not run.
        """
        folder = content.find("templates", name, own)
        shared = tuple(root / SHARED_PICTURES for root in content.roots("templates", own))
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        marks = tuple((str(path), path.stat().st_mtime_ns) for path in files)
        return _load(name, folder, shared, marks)

    @classmethod
    def from_strings(
        cls,
        channel: str = "email",
        *,
        subject: str | None = None,
        html: str | None = None,
        text: str | None = None,
    ) -> MessageTemplate:
        """Return a template of the given sources.

        Raises TemplateRefused when one may not run, BadInput for an unknown channel or no source.

        >>> MessageTemplate.from_strings("sms", text="Hello {{ name }}").render({"name": "Ana"}).text
        'Hello Ana'
        """
        parts = {"subject": subject, "html": html, "text": text}
        given = {part: source for part, source in parts.items() if source is not None}
        if channel not in FORMATS:
            raise BadInput(
                f"channel came as {channel!r}.{nearest(channel, FORMATS)} "
                f"Known: {', '.join(FORMATS)}."
            )
        if not given:
            raise BadInput("A template needs at least one source: subject=, html= or text=.")
        compiled = {
            part: compile_source(source, KINDS[part], f"{channel} {part}")  # type: ignore[arg-type]
            for part, source in given.items()
        }
        version = sha256("\x1f".join(f"{k}={v}" for k, v in given.items()).encode()).hexdigest()
        return cls("strings", version[:16], (channel,), {}, {channel: compiled})

    def render(self, context: Mapping[str, Any], *, channel: str | None = None) -> RenderedMessage:
        """Return the message of one customer.

        ``context`` is as in ``xenorec.messages.context``; declared fallbacks fill what is missing.
        Raises TemplateError when a value is still missing, NotSupported for a channel that the
        template has no format for.
        """
        wanted = channel or self.channels[0]
        if wanted not in self.sources:
            raise NotSupported(
                f"The template {self.name!r} has no format for {wanted!r}; it has "
                f"{', '.join(self.channels)}."
            )
        filled = fill(context, self.variables.values())
        parts = {part: source.render(filled) for part, source in self.sources[wanted].items()}
        text = parts.get("text")
        if text is not None and wanted == "sms":
            text = to_gsm(" ".join(text.split()))
        subject = parts.get("subject")
        html = parts.get("html")
        return RenderedMessage(
            wanted,
            subject=None if subject is None else " ".join(subject.split()),
            html=html,
            text=text,
            images=_images(html, self.folders),
        )


@lru_cache(maxsize=64)
def _load(
    name: str, folder: Path, shared: tuple[Path, ...], marks: tuple[tuple[str, int], ...]
) -> MessageTemplate:
    path = folder / "template.toml"
    manifest = read_manifest(path)
    raw = tomllib.loads(path.read_text("utf-8"))
    problems = [*_missing_sources(folder, manifest), *_wrong_arms(folder, raw.get("arms", {}))]
    if problems:
        raise ConfigError(str(path), problems)
    sources = {channel: _sources(folder, channel, manifest) for channel in manifest.channels}
    return MessageTemplate(
        name=name,
        version=_version(folder, [Path(file) for file, _ in marks]),
        channels=manifest.channels,
        variables=manifest.variables,
        sources=sources,
        arms={key: _arm(value) for key, value in raw.get("arms", {}).items()},
        purpose=manifest.purpose,
        folders=(folder / "images", *shared),
    )


def _sources(folder: Path, channel: str, manifest: Manifest) -> dict[str, Compiled]:
    found: dict[str, Compiled] = {}
    for part in FORMATS.get(channel, ("text",)):
        source = _source(folder, channel, part, manifest)
        if source is not None:
            title = f"{folder.name}/{channel} {part}"
            found[part] = compile_source(source, KINDS[part], title)  # type: ignore[arg-type]
    return found


def _source(folder: Path, channel: str, part: str, manifest: Manifest) -> str | None:
    if part == "subject":
        path = folder / "subject.txt.j2"
        return path.read_text("utf-8") if path.is_file() else manifest.subject
    ending = "html" if part == "html" else "txt"
    path, mjml = folder / f"{channel}.{ending}.j2", folder / f"{channel}.mjml.j2"
    if path.is_file():
        return path.read_text("utf-8")
    if part == "html" and mjml.is_file():
        return mjml_to_html(mjml.read_text("utf-8"), f"{folder.name}/{mjml.name}")
    return None


def _missing_sources(folder: Path, manifest: Manifest) -> Iterable[Problem]:
    for channel in manifest.channels:
        if channel not in FORMATS:
            hint = nearest(channel, FORMATS)
            yield Problem("channels", f"{channel!r} has no format here.{hint}")
            continue
        for part in FORMATS[channel]:
            if _source(folder, channel, part, manifest) is None:
                yield Problem("channels", f"{channel!r} has no source for its {part}")


def _wrong_arms(folder: Path, arms: Mapping[str, Any]) -> Iterable[Problem]:
    for name, arm in arms.items():
        if not isinstance(arm, Mapping) or not arm.get("image") or not arm.get("alt"):
            yield Problem(f"arms.{name}", "needs image, alt and tags")
        elif not (folder / "images" / str(arm["image"])).is_file():
            yield Problem(f"arms.{name}", f"there is no images/{arm['image']}")


def _arm(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(
        {
            "image": f"cid:{entry['image']}",
            "alt": entry["alt"],
            "tags": tuple(entry.get("tags", ())),
        }
    )


def _version(folder: Path, files: Iterable[Path]) -> str:
    digest = sha256()
    for path in files:
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _images(html: str | None, folders: tuple[Path, ...]) -> Mapping[str, bytes]:
    if html is None:
        return MappingProxyType({})
    names = sorted(set(CID.findall(html)))
    return MappingProxyType({name: _image(name, folders) for name in names})


@lru_cache(maxsize=256)
def _image(name: str, folders: tuple[Path, ...]) -> bytes:
    for folder in folders:
        path = folder / name
        if path.is_file():
            return path.read_bytes()
    raise MissingFile(
        f"The message shows the picture {name!r}, which is in none of the folders of its template."
    )
