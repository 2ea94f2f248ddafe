"""Boosting: trees learned by scikit-learn, kept as arrays that are quick to ask and to save."""

from xenorec.boosting.leaves import NOTHING_ALIKE, Alike
from xenorec.boosting.trees import Boosting, Model, Trees, fit_model

__all__ = ["NOTHING_ALIKE", "Alike", "Boosting", "Model", "Trees", "fit_model"]
