"""Back-tests of the models on a workspace, or on The Complete Journey in memory."""

from __future__ import annotations

from typing import Any, Protocol

from xenorec.errors import BadInput, nearest
from xenorec.workspace import Workspace
from xenorec.workspace import open as open_workspace

WHAT = ("shelves", "timing", "send-time")


class Evaluation(Protocol):
    """A table of figures that can be printed and read by a machine."""

    def to_json(self) -> str: ...  # noqa: D102


def evaluate(
    what: str,
    crm: Workspace | None = None,
    *,
    as_of: str = "2017-11-01",
    within: str = "14d",
    by: str = "product",
    households: int = 0,
) -> Evaluation:
    """Back-test ``shelves``, ``timing`` or ``send-time`` at ``as_of`` beside its baselines.

    ``by``: score shelves by "product" or by "category". Models learn from rows up to ``as_of`` and
    are scored on what happened in the span after it.
    Without a workspace The Complete Journey is loaded into memory.
    """
    if what not in WHAT:
        raise BadInput(f"Cannot evaluate {what!r}.{nearest(what, WHAT)} Known: {', '.join(WHAT)}.")
    shop = crm if crm is not None else _complete_journey(households)
    return _run(what, shop, as_of, within, by, shop.history())


def _run(what: str, shop: Workspace, as_of: str, within: str, by: str, history: Any) -> Evaluation:
    if what == "shelves":
        from xenorec.recommend import evaluate_shelves

        products = history.products().to_pandas()
        lines = history.lines().to_pandas()
        return evaluate_shelves(lines, as_of=as_of, within=within, by=by, products=products)
    if what == "timing":
        from xenorec.timing import evaluate_timing

        return evaluate_timing(history.orders().to_pandas(), as_of=as_of, within=within)
    from xenorec.timing import evaluate_send_time

    return evaluate_send_time(history.events().to_pandas(), as_of=as_of)


def _complete_journey(households: int) -> Workspace:
    shop = open_workspace(":memory:")
    shop.load("complete_journey", options={"households": households})
    return shop
