"""Declared stand-ins for values that a context lacks, filled in before rendering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xenorec.messages.filters import is_missing
from xenorec.messages.manifest import Variable


def fill(context: Mapping[str, Any], variables: Iterable[Variable]) -> dict[str, Any]:
    """Return a copy in which missing values have their declared fallback (None when optional).

    What is not touched is shared with the given context, which stays as it was.
    """
    filled = dict(context)
    for variable in variables:
        if variable.optional or variable.fallback is not None:
            filled = _put(filled, variable.name.split("."), variable.fallback)
    return filled


def _put(node: Any, path: list[str], fallback: object) -> Any:
    """Return ``node`` with the fallback at ``path`` if the value there is missing."""
    if not path:
        return fallback if is_missing(node) else node
    if not isinstance(node, Mapping):
        return node
    key, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    value = node.get(key)
    if each:
        new = _put_each(value, path[1:], fallback)
    elif is_missing(value) and len(path) > 1:
        new = _put({}, path[1:], fallback)
    else:
        new = _put(value, path[1:], fallback)
    if new is value and key in node:
        return node
    return {**node, key: new}


def _put_each(values: Any, path: list[str], fallback: object) -> Any:
    if not isinstance(values, list | tuple):
        return values
    new = [_put(value, path, fallback) for value in values]
    return values if all(map(_same, new, values)) else new


def _same(one: object, other: object) -> bool:
    return one is other
