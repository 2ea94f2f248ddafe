"""Shelf registry: the trained recommenders of a workspace, and which fits an instant."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from xenorec.dataset.dataset import ShopHistory
from xenorec.errors import XenorecError
from xenorec.modeling.model_registry import ModelChoice, ModelRegistry
from xenorec.recommend.model_store.candidate_drift import drifted
from xenorec.recommend.model_store.recommender_manifest import RecommenderManifest
from xenorec.recommend.shelf_recommender import ShelfRecommender

OLDEST = timedelta(days=35)


class ShelfRegistry(ModelRegistry[ShelfRecommender]):
    """The folder ``shop.models/shelves`` beside the workspace's file ``shop.duckdb``."""

    anew = RecommenderManifest.anew

    @classmethod
    def beside(cls, path: Path) -> ShelfRegistry:
        """Return what is published for the workspace of a file."""
        folder = path.absolute().parent / f"{path.stem}.models"
        return cls(folder / "shelves", path.name)

    def fitting(self, history: ShopHistory) -> ModelChoice[ShelfRecommender]:
        """Return the first model, from the current one back, that fits the history, updated to it.

        It learned from nothing later than the history's ``as_of``, at most 35 days earlier, in a
        shop that has not drifted since.
        """
        return self.choose(partial(_updated, history=history))


def _updated(folder: Path, history: ShopHistory) -> ModelChoice[ShelfRecommender]:
    """Return the model of a folder, updated to the history, or why it does not fit."""
    try:
        learned = RecommenderManifest.read(folder).learned_at
        if learned > history.as_of:
            return ModelChoice(None, f"{folder.name} learned from what is later")
        if history.as_of - learned > OLDEST:
            return ModelChoice(None, f"{folder.name} is more than {OLDEST.days} days old")
        model, frame = ShelfRecommender.load(folder).renewed(history)
    except XenorecError as error:
        return ModelChoice(None, str(error))
    moved = drifted(frame)
    if len(moved):
        names = ", ".join(sorted(set(moved["feature"])))
        return ModelChoice(None, f"the shop has drifted since {folder.name} ({names})")
    return ModelChoice(model, f"{folder.name} fits")
