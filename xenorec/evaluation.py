"""Back-tests of the models on a workspace, or on The Complete Journey in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from xenorec.errors import BadInput, nearest
from xenorec.workspace import Workspace
from xenorec.workspace import open as open_workspace

WHAT = ("shelves", "next-order", "timing", "send-time", "occasions")
PICTURED = ("shelves", "next-order")
SINCE = {"next-order": "2017-11-06", "occasions": "2018-01-02"}
COUNTRY, ZONE = "US", "America/New_York"
AS_OF = "2017-11-01"


class Evaluation(Protocol):
    """A table of figures that can be printed and read by a machine."""

    def to_json(self) -> str: ...  # noqa: D102


def evaluate(
    what: str,
    crm: Workspace | None = None,
    *,
    as_of: str | None = None,
    within: str = "14d",
    by: str = "product",
    households: int = 0,
) -> Evaluation:
    """Back-test shelves, next-order, timing, send-time or occasions beside its baselines.

    ``by``: score shelves and orders by "product" or by "category". Models learn from rows up to
    ``as_of`` (2017-11-01, for next-order 2017-11-06) and are scored on what happened in the span
    after it; for next-order on each customer's last order since then, whatever ``within`` says.
    Occasions are those before ``as_of`` (2018-01-02), each forecast from the days before it, of the
    workspace's country (US where it has none). Without a workspace The Complete Journey is loaded
    into memory.
    """
    if what not in WHAT:
        raise BadInput(f"Cannot evaluate {what!r}.{nearest(what, WHAT)} Known: {', '.join(WHAT)}.")
    shop = crm if crm is not None else _complete_journey(households)
    moment = as_of or SINCE.get(what, AS_OF)
    return _run(what, shop, moment, within, by, shop.history())


def _run(what: str, shop: Workspace, as_of: str, within: str, by: str, history: Any) -> Evaluation:
    if what == "shelves":
        from xenorec.recommend import evaluate_shelves

        products = history.products().to_pandas()
        lines = history.lines().to_pandas()
        return evaluate_shelves(lines, as_of=as_of, within=within, by=by, products=products)
    if what == "next-order":
        from xenorec.recommend import evaluate_next_order

        products = history.products().to_pandas()
        lines = history.lines().to_pandas()
        return evaluate_next_order(lines, since=as_of, by=by, products=products)
    if what == "timing":
        from xenorec.timing import evaluate_timing

        return evaluate_timing(history.orders().to_pandas(), as_of=as_of, within=within)
    if what == "occasions":
        return _occasions(shop, history, as_of)
    from xenorec.timing import evaluate_send_time

    return evaluate_send_time(history.events().to_pandas(), as_of=as_of)


def _occasions(shop: Workspace, history: Any, as_of: str) -> Evaluation:
    from xenorec.timing import evaluate_occasions

    project = shop.project
    occasions = project.calendar.of(project.country or COUNTRY)
    zone = project.time_zone or (ZONE if project.path is None else "UTC")
    return evaluate_occasions(history.lines(), occasions=occasions, as_of=as_of, time_zone=zone)


def _complete_journey(households: int) -> Workspace:
    shop = open_workspace(":memory:")
    shop.load("complete_journey", options={"households": households})
    return shop


def check_pictures(what: str) -> None:
    """Raise BadInput or MissingPackage where no pictures of ``what`` can be drawn."""
    from xenorec.recommend.metrics import check_drawing

    if what not in PICTURED:
        raise BadInput(
            f"There are no pictures of {what}; leave --pictures out. "
            f"There are some of {' and '.join(PICTURED)}."
        )
    check_drawing()


def draw(found: Any, folder: Path) -> list[Path]:
    """Write the pictures of an evaluation into the folder as PNG, and return the files."""
    from xenorec.recommend.metrics import write_figures

    return write_figures(found.figures(), folder)
