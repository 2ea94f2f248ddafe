"""When: the next purchase, the best hour, the quiet hours, the occasions, and the proof of each.

Importing this folder is cheap; the models load numpy, pandas and scipy when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xenorec.config.quiet_hours import QuietHours

if TYPE_CHECKING:
    from xenorec.timing.contact_selection.choose_contacts import choose_contacts
    from xenorec.timing.evaluation.evaluate_lapse import evaluate_lapse
    from xenorec.timing.evaluation.evaluate_replenishment import (
        ReplenishmentEvaluation,
        evaluate_replenishment,
    )
    from xenorec.timing.evaluation.evaluate_send_time import SendTimeEvaluation, evaluate_send_time
    from xenorec.timing.evaluation.evaluate_timing import TimingEvaluation, evaluate_timing
    from xenorec.timing.evaluation.evaluate_value import ValueEvaluation, evaluate_value
    from xenorec.timing.lapse.model import Lapse
    from xenorec.timing.lifetime_value.model import VALUE_COLUMNS, LifetimeValue
    from xenorec.timing.model_column import ModelColumn
    from xenorec.timing.next_purchase.model import MODEL_COLUMNS, NextPurchase
    from xenorec.timing.occasions.evaluate import OccasionEvaluation, evaluate_occasions
    from xenorec.timing.occasions.occasion import Occasion
    from xenorec.timing.occasions.occasion_calendar import Occasions
    from xenorec.timing.occasions.personal_days import personal_occasions
    from xenorec.timing.occasions.uplift import OccasionUplift
    from xenorec.timing.replenishment.model import Replenishment
    from xenorec.timing.send_time.model import SendTime
    from xenorec.timing.send_time.week_chart import draw_week

__all__ = [
    "MODEL_COLUMNS",
    "VALUE_COLUMNS",
    "Lapse",
    "LifetimeValue",
    "ModelColumn",
    "NextPurchase",
    "Occasion",
    "OccasionEvaluation",
    "OccasionUplift",
    "Occasions",
    "QuietHours",
    "Replenishment",
    "ReplenishmentEvaluation",
    "SendTime",
    "SendTimeEvaluation",
    "TimingEvaluation",
    "ValueEvaluation",
    "choose_contacts",
    "draw_week",
    "evaluate_lapse",
    "evaluate_occasions",
    "evaluate_replenishment",
    "evaluate_send_time",
    "evaluate_timing",
    "evaluate_value",
    "personal_occasions",
]

_HOMES = {
    "Lapse": "lapse.model",
    "LifetimeValue": "lifetime_value.model",
    "MODEL_COLUMNS": "next_purchase.model",
    "ModelColumn": "model_column",
    "NextPurchase": "next_purchase.model",
    "Occasion": "occasions.occasion",
    "OccasionEvaluation": "occasions.evaluate",
    "OccasionUplift": "occasions.uplift",
    "Occasions": "occasions.occasion_calendar",
    "Replenishment": "replenishment.model",
    "ReplenishmentEvaluation": "evaluation.evaluate_replenishment",
    "SendTime": "send_time.model",
    "SendTimeEvaluation": "evaluation.evaluate_send_time",
    "TimingEvaluation": "evaluation.evaluate_timing",
    "VALUE_COLUMNS": "lifetime_value.model",
    "ValueEvaluation": "evaluation.evaluate_value",
    "choose_contacts": "contact_selection.choose_contacts",
    "draw_week": "send_time.week_chart",
    "evaluate_lapse": "evaluation.evaluate_lapse",
    "evaluate_occasions": "occasions.evaluate",
    "evaluate_replenishment": "evaluation.evaluate_replenishment",
    "evaluate_send_time": "evaluation.evaluate_send_time",
    "evaluate_timing": "evaluation.evaluate_timing",
    "evaluate_value": "evaluation.evaluate_value",
    "personal_occasions": "occasions.personal_days",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.timing' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.timing.{_HOMES[name]}"), name)
