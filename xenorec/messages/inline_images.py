"""Pictures that travel inside a message: found by name, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from xenorec.errors import TemplateError, nearest

TYPES = {".gif": "gif", ".jpeg": "jpeg", ".jpg": "jpeg", ".png": "png"}
_REFERENCE = re.compile(r"cid:([\w.-]+)")
_SOURCE = re.compile(r"(?:\b(?:src|background)\s*=\s*[\"']|url\(\s*[\"']?)\Z", re.IGNORECASE)
_BEFORE = 32
"""Characters before a reference in which its attribute begins."""


@dataclass(frozen=True)
class InlineImages:
    """The pictures a template may name as ``cid:FILE``: given ones, then folders in order."""

    folders: tuple[Path, ...] = ()
    given: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    _seen: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def named_in(self, html: str) -> Mapping[str, bytes]:
        """Return the bytes of every picture that an HTML text names, by file name, sorted.

        Raises TemplateError naming the nearest file when one is not there.
        """
        names = sorted(set(references(html)))
        return MappingProxyType({name: self._read(name) for name in names})

    def _read(self, name: str) -> bytes:
        if name not in self._seen:
            self._seen[name] = self.given[name] if name in self.given else self._find(name)
        return self._seen[name]

    def _find(self, name: str) -> bytes:
        for folder in self.folders:
            path = folder / name
            if path.suffix in TYPES and path.is_file():
                return path.read_bytes()
        known = sorted({*self.given, *self._files()})
        raise TemplateError(
            f"There is no picture {name!r} for cid:{name}.{nearest(name, known)} "
            f"Known: {', '.join(known) or 'none'}."
        )

    def _files(self) -> Iterator[str]:
        for folder in self.folders:
            if folder.is_dir():
                yield from (path.name for path in folder.iterdir() if path.suffix in TYPES)


def references(html: str) -> list[str]:
    """Return the picture names behind ``cid:`` in the sources of an HTML text, in order."""
    return [match[1] for match in _REFERENCE.finditer(html) if _is_source(match)]


def replace_references(html: str, names: Mapping[str, str]) -> str:
    """Return the HTML with each ``cid:NAME`` written as the address ``names`` gives for it."""
    return _REFERENCE.sub(
        lambda match: names.get(match[1], match[0]) if _is_source(match) else match[0], html
    )


def _is_source(match: re.Match[str]) -> bool:
    """Tell whether the template's own markup names a picture: a value's quotes are escaped."""
    start = match.start()
    return _SOURCE.search(match.string[max(start - _BEFORE, 0) : start]) is not None
