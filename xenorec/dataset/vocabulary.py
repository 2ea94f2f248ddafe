"""Vocabularies: the ids that a column holds, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
        if isinstance(column, list | np.ndarray):
            return positions(np.asarray(column, dtype=object), self.ids)
        return self.recode(*encode(column))

    def recode(self, ids: Texts, code: npt.NDArray[Any]) -> Ints:
        """Return codes of other ``ids`` as codes of these."""
        found: Ints = np.append(positions(ids, self.ids), -1)[code]
        return found
