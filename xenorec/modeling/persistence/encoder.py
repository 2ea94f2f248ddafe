"""Encoder: a model becomes arrays by name, and JSON that says how they go together."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xenorec.errors import NotSupported
from xenorec.modeling.persistence.savable_classes import NO_CLASSES, SavableClasses, saved_name
from xenorec.modeling.persistence.text_arrays import encode_texts
from xenorec.timestamps import microseconds

PLAIN = "biufcmMSU"
"""Kinds of numpy arrays that are saved as they are."""


class Encoder:
    """Turns values into JSON; what holds arrays is kept in ``arrays``, and each thing once.

    JSON's own kinds stay; everything else is an object with one key that names its kind. The
    second time something comes it is ``{"again": n}``, the n-th that was finished.
    """

    def __init__(self, registry: SavableClasses = NO_CLASSES) -> None:
        self.registry = registry
        self.arrays: dict[str, npt.NDArray[Any]] = {}
        self._seen: dict[int, tuple[int, Any]] = {}

    def encode(self, value: Any, path: str) -> Any:
        """Return ``value`` as JSON; ``path`` names its arrays. Raises NotSupported by name."""
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, Real | np.bool_):
            return _number(value)
        if id(value) in self._seen:
            return {"again": self._seen[id(value)][0]}
        if isinstance(value, np.ndarray):
            return self._once(value, self._array(value, path))
        if self.registry.knows(type(value)):
            return self._once(value, self._object(value, path))
        return self._collection(value, path)

    def _once(self, value: Any, encoded: Any) -> Any:
        self._seen[id(value)] = (len(self._seen), value)
        return encoded

    def _array(self, value: npt.NDArray[Any], path: str) -> Any:
        if value.dtype == object:
            for name, part in encode_texts(value)._asdict().items():
                self.arrays[f"{path}.{name}"] = part
            return {"texts": path}
        if value.dtype.kind not in PLAIN:
            raise NotSupported(f"{path} is an array of {value.dtype}, which cannot be saved.")
        self.arrays[path] = value
        return {"array": path}

    def _object(self, value: Any, path: str) -> Any:
        name = saved_name(type(value))
        if type(value) in self.registry.self_saved:
            arrays, about = value.as_arrays()
            held = {"arrays": dict(arrays), "about": about}
            return {"object": name, "of": self._named(held, path)}
        return {"object": name, "of": self._named(state_of(value), path)}

    def _named(self, parts: Mapping[str, Any], path: str) -> dict[str, Any]:
        return {name: self.encode(part, f"{path}.{name}") for name, part in parts.items()}

    def _collection(self, value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            return {"map": self._listed([part for pair in value.items() for part in pair], path)}
        if isinstance(value, list):
            return self._listed(value, path)
        if type(value) is tuple:
            return {"tuple": self._listed(value, path)}
        if isinstance(value, frozenset | set):
            return {"set": self._listed(sorted(value), path)}
        found = scalar(value)
        if found is None:
            raise self._strange(value, path)
        return found

    def _listed(self, values: Any, path: str) -> list[Any]:
        return [self.encode(part, f"{path}.{at}") for at, part in enumerate(values)]

    def _strange(self, value: Any, path: str) -> NotSupported:
        known = ", ".join(("arrays", "collections of them", *sorted(self.registry.classes)))
        return NotSupported(
            f"{path} is a {type(value).__name__}, which cannot be saved. Known are numbers, texts, "
            f"{known}; another class has to be named in {self.registry.home}."
        )


def encoded(
    model: Any, registry: SavableClasses, *, without: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return (JSON, arrays) of all that a model holds; raises NotSupported by name.

    Left out are values of cached properties, and the names in ``without``: what it makes again.
    """
    encoder, of = Encoder(registry), type(model)
    state = {
        name: encoder.encode(part, name)
        for name, part in vars(model).items()
        if name not in without and not isinstance(getattr(of, name, None), cached_property)
    }
    return state, encoder.arrays


def state_of(value: Any) -> dict[str, Any]:
    """Return what an object was made from, and what it learned (names that end in ``_``)."""
    given = {name: getattr(value, name) for name in signature(type(value)).parameters}
    held = getattr(value, "__dict__", {})
    learned = {n: part for n, part in held.items() if n.endswith("_") and not n.startswith("_")}
    return {**given, **learned}


def _number(value: Any) -> Any:
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    return float(value) if math.isfinite(value) else {"number": str(float(value))}


def scalar(value: Any) -> dict[str, Any] | None:
    """Return JSON of a single value that JSON itself has not; None for what is not known."""
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, time):
        return {"clock": value.isoformat()}
    if isinstance(value, timedelta):
        return {"microseconds": microseconds(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return {"path": str(value)} if isinstance(value, Path) else None
