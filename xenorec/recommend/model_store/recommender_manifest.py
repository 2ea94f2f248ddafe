"""Recommender manifest: what a saved model of products says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from xenorec.modeling.persistence import read_manifest
from xenorec.timestamps import as_instant

SHELVES = "ShelfRecommender"


@dataclass(frozen=True)
class RecommenderManifest:
    """What is known of a saved model without reading its arrays; all of it is plain JSON.

    ``as_of`` is up to when its shop was read, ``learned_as_of`` up to when the ranker learned.
    ``n_lines`` counts products in orders. ``features`` are those of each learned stage,
    ``figures`` those of the walk-forward, if there was one. ``files``: sha256 and n_bytes by name.
    ``of`` is the name of the model's class.
    """

    anew: ClassVar[str] = "Save the model again, or train it anew: xenorec train shelves."

    versions: Mapping[str, str]
    as_of: str
    learned_as_of: str
    first_line_at: str
    last_line_at: str
    n_customers: int
    n_products: int
    n_orders: int
    n_lines: int
    within_days: float
    settings: Mapping[str, Any]
    features: Mapping[str, list[str]]
    scorers: list[Mapping[str, Any]]
    figures: Mapping[str, Any] | None
    files: Mapping[str, Mapping[str, Any]]
    of: str = SHELVES

    @property
    def learned_at(self) -> datetime:
        """The instant that nothing learned is later than."""
        return as_instant(self.learned_as_of)

    @classmethod
    def read(cls, folder: Path, of: str = SHELVES) -> Self:
        """Read ``manifest.json``; raises ModelFileError, which names the file and says what to do.

        A damaged one is told from a foreign one and from one that a later release wrote.
        """
        return read_manifest(folder, cls, of)
