"""When: the next purchase, the best hour to send, the quiet hours, and the proof of each.

Importing this folder is cheap; the models load numpy, pandas and scipy when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xenorec.timing.quiet_hours import QuietHours

if TYPE_CHECKING:
    from xenorec.timing.evaluation.next_purchase import TimingEvaluation, evaluate_timing
    from xenorec.timing.evaluation.send_time import SendTimeEvaluation, evaluate_send_time
    from xenorec.timing.model_column import ModelColumn
    from xenorec.timing.next_purchase.model import MODEL_COLUMNS, NextPurchase
    from xenorec.timing.send_time.model import SendTime

__all__ = [
    "MODEL_COLUMNS",
    "ModelColumn",
    "NextPurchase",
    "QuietHours",
    "SendTime",
    "SendTimeEvaluation",
    "TimingEvaluation",
    "evaluate_send_time",
    "evaluate_timing",
]

_HOMES = {
    "MODEL_COLUMNS": "next_purchase.model",
    "ModelColumn": "model_column",
    "NextPurchase": "next_purchase.model",
    "SendTime": "send_time.model",
    "SendTimeEvaluation": "evaluation.send_time",
    "TimingEvaluation": "evaluation.next_purchase",
    "evaluate_send_time": "evaluation.send_time",
    "evaluate_timing": "evaluation.next_purchase",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.timing' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.timing.{_HOMES[name]}"), name)
