"""Find content (connectors, templates): the retailer's own folder first, then the shipped one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xenorec.errors import UnknownName, nearest

PACKAGE = Path(__file__).resolve().parents[1]


def shipped(kind: str) -> Path:
    """Return the folder of the shipped ``kind`` (``connectors`` or ``templates``).

    In a wheel it lies under the package; in an editable install at the root of the repository.
    """
    inside = PACKAGE / kind
    return inside if inside.is_dir() else PACKAGE.parent / kind


def roots(kind: str, own: Path | None = None) -> list[Path]:
    """Return the folders that are searched for ``kind``, the retailer's ``own`` project first."""
    folders = [] if own is None else [own / kind]
    return [*folders, shipped(kind)]


def names(kind: str, own: Path | None = None) -> list[str]:
    """Return the names of all content of one ``kind``, sorted."""
    found = {
        folder.name
        for root in roots(kind, own)
        if root.is_dir()
        for folder in root.iterdir()
        if _is_content(folder)
    }
    return sorted(found)


def find(kind: str, name: str, own: Path | None = None) -> Path:
    """Return the folder of one connector or template.

    Raises UnknownName with the nearest name when there is none.
    """
    for root in roots(kind, own):
        folder = root / name
        if _is_content(folder):
            return folder
    known: Sequence[str] = names(kind, own)
    raise UnknownName(
        f"There is no {kind.removesuffix('s')} named {name!r}.{nearest(name, known)} "
        f"Known: {', '.join(known) or 'none'}."
    )


def _is_content(folder: Path) -> bool:
    return any((folder / file).is_file() for file in ("connector.toml", "template.toml"))
