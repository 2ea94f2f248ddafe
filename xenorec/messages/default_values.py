"""Declared stand-ins for values that a context lacks, filled in before rendering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xenorec.messages.template_filters import is_missing
from xenorec.messages.template_manifest import Variable


@dataclass
class DefaultValues:
    """What stands in at this place, and what may be missing below it; ``each`` means in a list."""

    value: object = None
    each: bool = False
    below: dict[str, DefaultValues] = field(default_factory=dict)

    @classmethod
    def of(cls, variables: Iterable[Variable]) -> DefaultValues:
        """Arrange declared fallbacks along the dotted paths of their variables."""
        root = cls()
        for variable in variables:
            if variable.optional or variable.fallback is not None:
                root._at(variable.name).value = variable.fallback
        return root

    def fill(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy in which missing values have their fallback (None when optional).

        What is not touched is shared with the given context, which stays as it was.
        """
        return dict(self._fill_record(context))

    def _at(self, name: str) -> DefaultValues:
        node = self
        for part in name.split("."):
            node = node.below.setdefault(part.removesuffix("[]"), DefaultValues())
            node.each = node.each or part.endswith("[]")
        return node

    def _fill_record(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        changes: dict[str, Any] = {}
        for key, node in self.below.items():
            value = record.get(key)
            new = node._fill(value)
            if new is not value or (value is None and key not in record):
                changes[key] = new
        return {**record, **changes} if changes else record

    def _fill(self, value: Any) -> Any:
        if self.each and isinstance(value, list | tuple):
            return [self._fill_record(v) if isinstance(v, Mapping) else v for v in value]
        if is_missing(value):
            inner = self._fill_record({}) if self.below and not self.each else {}
            return inner or self.value
        if self.below and isinstance(value, Mapping):
            return self._fill_record(value)
        return value
