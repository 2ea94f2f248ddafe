"""xenorec: whom to message, with which products, when, on which channel, saying what."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xenorec.version import __version__ as __version__

if TYPE_CHECKING:
    from xenorec.campaigns import choose_plans
    from xenorec.creative import Arm
    from xenorec.errors import TemplateError, TemplateRefused, XenorecError, XenorecWarning
    from xenorec.link_tokens import read_link_token
    from xenorec.messages import MessageTemplate
    from xenorec.recommend import (
        NextOrder,
        Rules,
        ShelfRecommender,
        evaluate_next_order,
        evaluate_shelves,
    )
    from xenorec.report import collect_outcomes, how_good, lift
    from xenorec.timing import (
        Lapse,
        LifetimeValue,
        NextPurchase,
        Occasions,
        OccasionUplift,
        Replenishment,
        SendTime,
        choose_contacts,
        draw_week,
        evaluate_lapse,
        evaluate_occasions,
        evaluate_replenishment,
        evaluate_send_time,
        evaluate_timing,
        evaluate_value,
        personal_occasions,
    )
    from xenorec.workspace import Workspace, open

_HOMES = {
    "Arm": "xenorec.creative",
    "Lapse": "xenorec.timing",
    "LifetimeValue": "xenorec.timing",
    "MessageTemplate": "xenorec.messages",
    "NextOrder": "xenorec.recommend",
    "NextPurchase": "xenorec.timing",
    "OccasionUplift": "xenorec.timing",
    "Occasions": "xenorec.timing",
    "Replenishment": "xenorec.timing",
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
    "choose_contacts": "xenorec.timing",
    "choose_plans": "xenorec.campaigns",
    "collect_outcomes": "xenorec.report",
    "draw_week": "xenorec.timing",
    "evaluate_lapse": "xenorec.timing",
    "evaluate_occasions": "xenorec.timing",
    "evaluate_replenishment": "xenorec.timing",
    "evaluate_send_time": "xenorec.timing",
    "evaluate_timing": "xenorec.timing",
    "evaluate_value": "xenorec.timing",
    "how_good": "xenorec.report",
    "lift": "xenorec.report",
    "open": "xenorec.workspace",
    "personal_occasions": "xenorec.timing",
    "read_link_token": "xenorec.link_tokens",
}

__all__ = [
    "Arm",
    "Lapse",
    "LifetimeValue",
    "MessageTemplate",
    "NextOrder",
    "NextPurchase",
    "OccasionUplift",
    "Occasions",
    "Replenishment",
    "Rules",
    "SendTime",
    "ShelfRecommender",
    "TemplateError",
    "TemplateRefused",
    "Workspace",
    "XenorecError",
    "XenorecWarning",
    "choose_contacts",
    "choose_plans",
    "collect_outcomes",
    "draw_week",
    "evaluate_lapse",
    "evaluate_next_order",
    "evaluate_occasions",
    "evaluate_replenishment",
    "evaluate_send_time",
    "evaluate_shelves",
    "evaluate_timing",
    "evaluate_value",
    "how_good",
    "lift",
    "open",
    "personal_occasions",
    "read_link_token",
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
