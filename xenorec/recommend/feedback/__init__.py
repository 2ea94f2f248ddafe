"""Feedback: what people do with the rows they were shown, and what is believed of each row then.

Importing this folder is cheap; numpy, pandas and scipy are loaded when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xenorec.recommend.feedback.cells import Cells, read_cells
    from xenorec.recommend.feedback.credit import WEIGHTS
    from xenorec.recommend.feedback.explore import Explore, Pages
    from xenorec.recommend.feedback.positions import Examination, PositionModel
    from xenorec.recommend.feedback.priors import RowPriors
    from xenorec.recommend.feedback.simulate import Scene, play

__all__ = [
    "WEIGHTS",
    "Cells",
    "Examination",
    "Explore",
    "Pages",
    "PositionModel",
    "RowPriors",
    "Scene",
    "play",
    "read_cells",
]

_HOMES = {
    "WEIGHTS": "credit",
    "Cells": "cells",
    "Examination": "positions",
    "Explore": "explore",
    "Pages": "explore",
    "PositionModel": "positions",
    "RowPriors": "priors",
    "Scene": "simulate",
    "play": "simulate",
    "read_cells": "cells",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.recommend.feedback' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.recommend.feedback.{_HOMES[name]}"), name)
