"""Feedback: what people do with the rows they were shown, and what is believed of each row then.

Importing this folder is cheap; numpy, pandas and scipy are loaded when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xenorec.renamed import renamed

if TYPE_CHECKING:
    from xenorec.recommend.feedback.attribution import WEIGHTS
    from xenorec.recommend.feedback.impressions import Impressions, read_cells
    from xenorec.recommend.feedback.position_bias import ExaminationModel, PositionModel
    from xenorec.recommend.feedback.shelf_priors import RowPriors
    from xenorec.recommend.feedback.shelf_swaps import ShelfExploration, ShelfOrders

__all__ = [
    "WEIGHTS",
    "ExaminationModel",
    "Impressions",
    "PositionModel",
    "RowPriors",
    "ShelfExploration",
    "ShelfOrders",
    "read_cells",
]

_HOMES = {
    "WEIGHTS": "attribution",
    "Impressions": "impressions",
    "ExaminationModel": "position_bias",
    "ShelfExploration": "shelf_swaps",
    "ShelfOrders": "shelf_swaps",
    "PositionModel": "position_bias",
    "RowPriors": "shelf_priors",
    "read_cells": "impressions",
}


_RENAMED = {
    "Cells": "Impressions",
    "Examination": "ExaminationModel",
    "Explore": "ShelfExploration",
    "Pages": "ShelfOrders",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        return renamed(__name__, name, _RENAMED)
    return getattr(import_module(f"xenorec.recommend.feedback.{_HOMES[name]}"), name)
