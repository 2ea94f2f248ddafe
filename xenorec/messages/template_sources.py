"""The source files of a template's channels, read and compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from xenorec.errors import ConfigError, Problem, TemplateRefused
from xenorec.messages.jinja_environment import Compiled, Kind, compile_source
from xenorec.messages.mjml import mjml_to_html
from xenorec.messages.template_allowlist import MAX_SOURCE

LARGEST = 4 * MAX_SOURCE
"""Bytes of a file that may hold a source: a character takes at most four."""


@dataclass(frozen=True)
class TemplateSources:
    """The compiled sources of one channel."""

    subject: Compiled | None = None
    html: Compiled | None = None
    text: Compiled | None = None
    is_json: bool = False

    @cached_property
    def words(self) -> Mapping[str, str]:
        """What the sources say themselves, by part (subject, html, text): no value is in it."""
        named = {"subject": self.subject, "html": self.html, "text": self.text or self.html}
        return MappingProxyType({name: part.words for name, part in named.items() if part})

    def compiled(self) -> list[Compiled]:
        """Return the sources that are there."""
        return [part for part in (self.subject, self.html, self.text) if part is not None]


def compile_optional(source: str | None, kind: Kind, name: str) -> Compiled | None:
    """Compile a source, or pass on that there is none."""
    return None if source is None else compile_source(source, kind, name)


def read_parts(folder: Path, channel: str, subject: str | None) -> TemplateSources:
    """Read one channel of a template's folder; ``subject`` is the one of template.toml.

    E-mail has ``email.html.j2`` or ``email.mjml.j2``, ``email.txt.j2`` and ``subject.txt.j2``;
    any other channel ``<channel>.txt.j2`` or ``<channel>.json.j2``. Raises ConfigError for a
    missing file and TemplateRefused for a source that may not run.
    """
    if channel == "email":
        return _read_email(folder, subject)
    for suffix in ("txt", "json"):
        path = folder / f"{channel}.{suffix}.j2"
        if path.is_file():
            return TemplateSources(text=_compile_file(path, "text"), is_json=suffix == "json")
    raise _missing_file(folder, f"{channel}.txt.j2 (or {channel}.json.j2)", channel)


def _read_email(folder: Path, subject: str | None) -> TemplateSources:
    mjml, subject_file = folder / "email.mjml.j2", folder / "subject.txt.j2"
    if subject_file.is_file():
        subject = _read(subject_file)
    if subject is None:
        raise _missing_file(folder, "subject.txt.j2 (or subject in template.toml)", "email")
    html = _compile_mjml(mjml) if mjml.is_file() else None
    parts = TemplateSources(
        subject=compile_optional(subject, "text", f"{folder.name}/subject"),
        html=html or _compile_file(folder / "email.html.j2", "html"),
        text=_compile_file(folder / "email.txt.j2", "text"),
    )
    if parts.html is None and parts.text is None:
        raise _missing_file(folder, "email.html.j2, email.mjml.j2 or email.txt.j2", "email")
    return parts


def _compile_file(path: Path, kind: Kind) -> Compiled | None:
    return compile_source(_read(path), kind, _label(path)) if path.is_file() else None


def _compile_mjml(path: Path) -> Compiled:
    source = _read(path)
    compile_source(source, "html", _label(path))  # refuses with the line of the MJML itself
    return compile_source(mjml_to_html(source, _label(path)), "html", _label(path))


def folder_version(folder: Path) -> str:
    """Return a hash of the names and bytes of all files of a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return version_of(
        chunk
        for path in paths
        for chunk in (path.relative_to(folder).as_posix().encode(), path.read_bytes())
    )


def version_of(chunks: Iterable[bytes]) -> str:
    """Return 16 hex digits of SHA-256 over chunks and their lengths."""
    digest = sha256()
    for chunk in chunks:
        digest.update(f"{len(chunk)}:".encode() + chunk)
    return digest.hexdigest()[:16]


def _missing_file(folder: Path, file: str, channel: str) -> ConfigError:
    text = f"declares the channel {channel!r}, but there is no {file} beside it."
    return ConfigError(str(folder / "template.toml"), [Problem("channels", text)])


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _read(path: Path) -> str:
    size = path.stat().st_size
    if size > LARGEST:
        raise TemplateRefused(f"{_label(path)}: the file has {size:,} bytes; at most {LARGEST:,}.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TemplateRefused(f"{_label(path)}: the file is not UTF-8 ({error}).") from error
