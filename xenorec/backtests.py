"""Back-tests of the models on a workspace, or on The Complete Journey in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.config.durations import span
from xenorec.config.project import find_project
from xenorec.errors import BadInput, nearest
from xenorec.workspace import Workspace
from xenorec.workspace import open as open_workspace

if TYPE_CHECKING:
    from xenorec.modeling.backtest import Evaluation

COUNTRY, ZONE = "US", "America/New_York"


@dataclass(frozen=True)
class BacktestDefaults:
    """How a model is looked at where nothing else is said.

    ``as_of``: the first origin on The Complete Journey; ``within``: how far ahead; ``n`` origins,
    ``step`` apart; ``by`` what is scored.
    """

    as_of: str
    within: str = "14d"
    n: int = 1
    step: timedelta = timedelta(days=14)
    by: str = "product"


BACKTESTS: Mapping[str, BacktestDefaults] = {
    "shelves": BacktestDefaults("2017-11-01"),
    "next-order": BacktestDefaults("2017-11-06"),
    "timing": BacktestDefaults("2017-08-28", n=8),
    "replenish": BacktestDefaults("2017-08-28", n=8),
    "value": BacktestDefaults("2017-08-28", within="125d"),
    "send-time": BacktestDefaults("2017-08-28"),
    "lapse": BacktestDefaults("2017-08-28", within="90d", n=3),
    "occasions": BacktestDefaults("2018-01-02"),
}
WHAT = tuple(BACKTESTS)


@dataclass(frozen=True)
class BacktestRequest:
    """One back-test, complete: the data, the origins, the span ahead and what is scored."""

    shop: Workspace
    history: Any
    origins: tuple[datetime, ...]
    within: str
    by: str

    @property
    def as_of(self) -> datetime:
        """The first origin."""
        return self.origins[0]


def data_of(
    path: Path | None, *, complete_journey: bool = False, households: int = 0
) -> Workspace | None:
    """Return the workspace to look at; None stands for The Complete Journey.

    It is that at ``path``, else the project's upward of the working folder, as ``xr.open()`` takes
    it. The Complete Journey is taken where there is neither, or when it is asked for. Raises
    BadInput for ``households``, or ``complete_journey`` with a ``path``, that cannot be heeded.
    """
    if complete_journey and path is not None:
        raise BadInput("--complete-journey and --workspace were both given; give one of them.")
    is_own = path is not None or (find_project(Path.cwd()) is not None and not complete_journey)
    if is_own and households:
        raise BadInput(
            f"--households {households} is for The Complete Journey only; leave it out to take all "
            "customers of the workspace, or add --complete-journey without --workspace."
        )
    return open_workspace(path) if is_own else None


def name_of(crm: Workspace | None) -> str:
    """Return which data an evaluation is of: the workspace's file, or The Complete Journey."""
    return "The Complete Journey" if crm is None else str(crm.project.path or ":memory:")


def evaluate(
    what: str,
    crm: Workspace | None = None,
    *,
    as_of: str | None = None,
    within: str | None = None,
    by: str | None = None,
    origins: int | None = None,
    households: int = 0,
) -> Evaluation:
    """Back-test one of the models of ``BACKTESTS`` beside its baselines.

    Models learn from rows up to each origin and are scored on what happened in the span after it;
    next-order on each customer's last order since then, whatever ``within`` says; send-time on
    all later events; occasions on those before ``as_of``. ``as_of`` is the first origin and
    ``origins`` their number, 14 days apart (timing, replenish, value and lapse). What is not said
    is as in ``BACKTESTS`` for The Complete Journey, which is loaded into memory without a
    workspace; in a workspace of one's own the last windows that are over are taken. ``by``: score
    shelves, orders and replenishment by "product" or by "category".
    """
    if what not in BACKTESTS:
        raise BadInput(f"Cannot evaluate {what!r}.{nearest(what, WHAT)} Known: {', '.join(WHAT)}.")
    if crm is not None and households:
        raise BadInput(
            "households is for The Complete Journey only; leave it out with a workspace."
        )
    usual = BACKTESTS[what]
    shop = crm if crm is not None else _complete_journey(households)
    history, length = shop.history(), within or usual.within
    first = as_of if as_of is not None or crm is not None else usual.as_of
    moments = _origins(usual, first, history.as_of, span(length), origins or usual.n)
    asked = BacktestRequest(shop, history, moments, length, by or usual.by)
    return RUNS[what](asked)


def _origins(
    usual: BacktestDefaults, first: str | None, end: datetime, within: timedelta, n: int
) -> tuple[datetime, ...]:
    from xenorec.modeling.backtest import every, latest

    if first is None:
        return latest(end, n=n, step=usual.step, within=within)
    return every(first, n=n, step=usual.step)


def _shelves(asked: BacktestRequest) -> Evaluation:
    from xenorec.recommend import evaluate_shelves

    products, lines = asked.history.products().to_pandas(), asked.history.lines().to_pandas()
    return evaluate_shelves(
        lines, as_of=asked.as_of, within=asked.within, by=asked.by, products=products
    )


def _next_order(asked: BacktestRequest) -> Evaluation:
    from xenorec.recommend import evaluate_next_order

    products, lines = asked.history.products().to_pandas(), asked.history.lines().to_pandas()
    return evaluate_next_order(lines, since=asked.as_of, by=asked.by, products=products)


def _timing(asked: BacktestRequest) -> Evaluation:
    from xenorec.timing import evaluate_timing

    return evaluate_timing(asked.history.orders(), origins=asked.origins, within=asked.within)


def _lapse(asked: BacktestRequest) -> Evaluation:
    from xenorec.timing import evaluate_lapse

    return evaluate_lapse(asked.history.orders(), origins=asked.origins, within=asked.within)


def _value(asked: BacktestRequest) -> Evaluation:
    from xenorec.timing import evaluate_value

    return evaluate_value(asked.history.orders(), origins=asked.origins, within=asked.within)


def _replenish(asked: BacktestRequest) -> Evaluation:
    from xenorec.timing import evaluate_replenishment

    lines, within = asked.history.lines(), asked.within
    return evaluate_replenishment(lines, origins=asked.origins, within=within, by=asked.by)


def _send_time(asked: BacktestRequest) -> Evaluation:
    from xenorec.timing import evaluate_send_time

    return evaluate_send_time(asked.history.events(), as_of=asked.as_of)


def _occasions(asked: BacktestRequest) -> Evaluation:
    from xenorec.timing import evaluate_occasions
    from xenorec.timing.occasions.shop_calendar import OccasionCalendar

    project, zone = asked.shop.project, asked.shop.time_zone
    return evaluate_occasions(
        asked.history.lines(),
        occasions=OccasionCalendar(project.country, zone, project.occasions).of(
            project.country or COUNTRY
        ),
        as_of=asked.as_of,
        time_zone=zone or (ZONE if project.path is None else "UTC"),
    )


RUNS: Mapping[str, Callable[[BacktestRequest], Evaluation]] = {
    "shelves": _shelves,
    "next-order": _next_order,
    "timing": _timing,
    "replenish": _replenish,
    "value": _value,
    "send-time": _send_time,
    "lapse": _lapse,
    "occasions": _occasions,
}


def _complete_journey(households: int) -> Workspace:
    shop = open_workspace(":memory:")
    shop.load("complete_journey", options={"households": households})
    return shop


def check_pictures() -> None:
    """Raise MissingPackage where no pictures can be drawn."""
    from xenorec.modeling.charts import check_drawing

    check_drawing()


def draw(found: Any, folder: Path) -> list[Path]:
    """Write the pictures of an evaluation into the folder as PNG, and return the files."""
    from xenorec.modeling.charts import write_figures

    return write_figures(found.figures(), folder)
