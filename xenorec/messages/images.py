"""Pictures that travel inside a message: found by name, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from xenorec.errors import TemplateError, nearest

TYPES = {".gif": "gif", ".jpeg": "jpeg", ".jpg": "jpeg", ".png": "png"}
_REFERENCE = re.compile(r"\bcid:([\w.-]+)")


@dataclass(frozen=True)
class Images:
    """The pictures a template may name as ``cid:FILE``: given ones, then folders in order."""

    folders: tuple[Path, ...] = ()
    given: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def named_in(self, html: str) -> Mapping[str, bytes]:
        """Return the bytes of every picture that an HTML text names, by file name, sorted.

        Raises TemplateError naming the nearest file when one is not there.
        """
        names = sorted(set(references(html)))
        return MappingProxyType({name: self._read(name) for name in names})

    def _read(self, name: str) -> bytes:
        if name in self.given:
            return self.given[name]
        for folder in self.folders:
            path = folder / name
            if path.suffix in TYPES and path.is_file():
                return _bytes(path, path.stat().st_mtime_ns)
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
    """Return the picture names behind ``cid:`` in an HTML text, in order, with repeats."""
    return _REFERENCE.findall(html)


def replace_references(html: str, names: Mapping[str, str]) -> str:
    """Return the HTML with each ``cid:NAME`` written as the address ``names`` gives for it."""
    return _REFERENCE.sub(lambda match: names.get(match[1], match[0]), html)


@lru_cache(maxsize=256)
def _bytes(path: Path, changed_at_ns: int) -> bytes:
    return path.read_bytes()
