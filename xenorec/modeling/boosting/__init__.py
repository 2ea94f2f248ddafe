"""Boosting: trees learned by scikit-learn, kept as arrays that are quick to ask and to save."""

from xenorec.modeling.boosting.gradient_boosting import (
    BoostedModel,
    BoostingSettings,
    Trees,
    fit_model,
)
from xenorec.modeling.boosting.leaf_masks import NOTHING_ALIKE, Alike

__all__ = ["NOTHING_ALIKE", "Alike", "BoostedModel", "BoostingSettings", "Trees", "fit_model"]
