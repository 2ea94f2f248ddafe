"""Vocabularies: the ids that a column holds, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Ints, Texts
from xenorec.dataset.data_frames import encode, positions


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Distinct ids; the code of an id is its position, -1 for one that is not there.

    >>> Vocabulary(np.array(["milk", "tea"], dtype=object)).codes(["tea", None, "salt"]).tolist()
    [1, -1, -1]
    """

    ids: Texts

    def __len__(self) -> int:
        return len(self.ids)

    def codes(self, column: Any) -> Ints:
        """Return the code of the id in each row of an Arrow column or of an array of texts."""
        if not hasattr(column, "type"):
            return positions(np.asarray(column, dtype=object), self.ids)
        listed, code = encode(column)
        return np.append(positions(listed, self.ids), -1)[code]
