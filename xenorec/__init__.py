"""xenorec: whom to message, with which products, when, on which channel, saying what."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xenorec.creative import Arm
    from xenorec.errors import TemplateError, TemplateRefused, XenorecError, XenorecWarning
    from xenorec.messages import MessageTemplate
    from xenorec.recommend import (
        NextOrder,
        Rules,
        ShelfRecommender,
        evaluate_next_order,
        evaluate_shelves,
    )
    from xenorec.report import lift
    from xenorec.timing import NextPurchase, SendTime, evaluate_timing
    from xenorec.workspace import Workspace, open

__version__ = "0.1.0"

_HOMES = {
    "Arm": "xenorec.creative",
    "MessageTemplate": "xenorec.messages",
    "NextOrder": "xenorec.recommend",
    "NextPurchase": "xenorec.timing",
    "Rules": "xenorec.recommend",
    "SendTime": "xenorec.timing",
    "ShelfRecommender": "xenorec.recommend",
    "Workspace": "xenorec.workspace",
    "TemplateError": "xenorec.errors",
    "TemplateRefused": "xenorec.errors",
    "XenorecError": "xenorec.errors",
    "XenorecWarning": "xenorec.errors",
    "evaluate_next_order": "xenorec.recommend",
    "evaluate_shelves": "xenorec.recommend",
    "evaluate_timing": "xenorec.timing",
    "lift": "xenorec.report",
    "open": "xenorec.workspace",
}

__all__ = [
    "Arm",
    "MessageTemplate",
    "NextOrder",
    "NextPurchase",
    "Rules",
    "SendTime",
    "ShelfRecommender",
    "TemplateError",
    "TemplateRefused",
    "Workspace",
    "XenorecError",
    "XenorecWarning",
    "evaluate_next_order",
    "evaluate_shelves",
    "evaluate_timing",
    "lift",
    "open",
]


def __getattr__(name: str) -> Any:
    """Import a public name the first time it is used."""
    if name == "errors":
        return import_module("xenorec.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
