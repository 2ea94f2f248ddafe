"""Renamed: what a package gave by another name before, still found by it, with a warning."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from warnings import warn


def renamed(package: str, name: str, names: Mapping[str, str]) -> Any:
    """Return what ``package`` has under the new name of ``name``; warns of the old one.

    ``names``: new names by old ones. Raises AttributeError for a name that is not among them.
    """
    if name not in names:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    warn(
        f"{package}.{name} is called {names[name]} now; use that name.",
        DeprecationWarning,
        stacklevel=3,
    )
    return getattr(import_module(package), names[name])
