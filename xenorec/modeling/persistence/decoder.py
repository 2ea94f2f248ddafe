"""Decoder: a model again from its arrays and the JSON that says how they go together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt

from xenorec.modeling.persistence.savable_classes import NO_CLASSES, SavableClasses
from xenorec.modeling.persistence.text_arrays import EncodedTexts, decode_texts

Of = TypeVar("Of")

SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "number": float,
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
    "clock": time.fromisoformat,
    "microseconds": lambda n: timedelta(microseconds=n),
    "decimal": Decimal,
    "path": Path,
}


class Decoder:
    """Turns JSON of ``Encoder`` into values; each thing that came twice is one thing again.

    Raises ValueError, LookupError or TypeError for JSON that no encoder wrote.
    """

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], registry: SavableClasses = NO_CLASSES
    ) -> None:
        self.arrays = arrays
        self.registry = registry
        self._seen: list[Any] = []
        self._readers: dict[str, Callable[[Any], Any]] = {
            **SCALARS,
            "again": self._again,
            "array": self._array,
            "texts": self._texts,
            "map": self._map,
            "tuple": lambda held: tuple(self.decode(held)),
            "set": lambda held: frozenset(self.decode(held)),
        }

    def decode(self, content: Any) -> Any:
        """Return the value."""
        if isinstance(content, list):
            return [self.decode(part) for part in content]
        if not isinstance(content, dict):
            return content
        if "object" in content:
            return self._once(self._object(content["object"], content["of"]))
        ((kind, held),) = content.items()
        return self._readers[kind](held)

    def _once(self, value: Any) -> Any:
        self._seen.append(value)
        return value

    def _again(self, number: int) -> Any:
        return self._seen[number]

    def _array(self, path: str) -> Any:
        return self._once(self.arrays[path])

    def _texts(self, path: str) -> Any:
        parts = (self.arrays[f"{path}.{name}"] for name in EncodedTexts._fields)
        return self._once(decode_texts(EncodedTexts(*parts)))

    def _map(self, held: list[Any]) -> dict[Any, Any]:
        listed = self.decode(held)
        return dict(zip(listed[::2], listed[1::2], strict=True))

    def _object(self, name: str, held: Mapping[str, Any]) -> Any:
        of = self.registry.classes[name]
        state = {part: self.decode(content) for part, content in held.items()}
        if of in self.registry.self_saved:
            return of.from_arrays(state["arrays"], state["about"])
        return made(of, state)


def made(of: Any, state: Mapping[str, Any]) -> Any:
    """Return an object made from its arguments, with what it learned.

    An argument that the file does not know gets its default; raises TypeError where it has none,
    and for a name that the class does not know (any more).
    """
    known = signature(of).parameters
    learned = {name: part for name, part in state.items() if name not in known}
    odd = sorted(name for name in learned if not name.endswith("_"))
    if odd:
        raise TypeError(f"{', '.join(odd)} of {of.__name__} is not known to this release")
    thing = of(**{name: part for name, part in state.items() if name in known})
    for name, part in learned.items():
        object.__setattr__(thing, name, part)
    return thing


def revived(
    of: type[Of], state: Any, arrays: Mapping[str, npt.NDArray[Any]], registry: SavableClasses
) -> Of:
    """Return a model made from its settings, which then holds all that was saved.

    Raises ValueError, LookupError, TypeError or AttributeError for what ``encoded`` did not write.
    """
    decoder = Decoder(arrays, registry)
    held = {name: decoder.decode(part) for name, part in state.items()}
    settings = signature(of).parameters
    model = of(**{name: part for name, part in held.items() if name in settings})
    vars(model).update(held)
    return model
