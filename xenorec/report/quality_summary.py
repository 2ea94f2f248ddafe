"""How good is this: a box of plain sentences on what back-tests found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any

import pandas as pd

from xenorec.config.durations import span
from xenorec.errors import BadInput
from xenorec.profile import History
from xenorec.report.page_style import STYLE
from xenorec.timing import (
    ReplenishmentEvaluation,
    SendTimeEvaluation,
    TimingEvaluation,
    ValueEvaluation,
    evaluate_send_time,
    evaluate_timing,
)
from xenorec.timing.local_time import HOURS

MIDDLE = (0.2, 0.8)
"""Chances that say something: the tenth quoted is the one with the most customers among these."""
LEAST = 30
"""With fewer customers or acts to compare with nothing is said of a model."""
FEWEST = 20
"""Of fewer cases it is not said how often what was told happened."""
WINDOW = 3
"""Hours in a row in which a send time is looked for."""


@dataclass(frozen=True)
class QualityLine:
    """One line of the box: what was foretold, and how well."""

    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.what}: {self.text}"


@dataclass(frozen=True)
class HowGood:
    """What back-tests found, one line each; a notebook shows a box, ``print`` the lines.

    ``when``: how it was tested. ``notes``: what the models had to say of themselves.
    """

    when: str
    verdicts: tuple[QualityLine, ...]
    notes: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """Return the box as Markdown: a list with what was foretold in bold."""
        lines = [f"- **{line.what}**: {line.text}" for line in self.verdicts]
        return "\n".join([f"**How good is this?** {self.when}", "", *lines, *self.notes])

    def to_html(self) -> str:
        """Return the inside of the box for a page that has the report's style."""
        lines = "".join(
            f"<p><b>{escape(line.what)}</b><br>{escape(line.text)}</p>" for line in self.verdicts
        )
        notes = "".join(f'<p class="soft">{escape(note)}</p>' for note in self.notes)
        return f'<p class="soft">{escape(self.when)}</p><div class="note">{lines}{notes}</div>'

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a machine: when, verdicts by what was foretold, notes."""
        verdicts = {line.what: line.text for line in self.verdicts}
        return {"when": self.when, "verdicts": verdicts, "notes": list(self.notes)}

    def _repr_html_(self) -> str:
        style = f"<style>{STYLE}.xr.box{{margin:0;padding:12px 16px}}</style>"
        return f'{style}<div class="xr box"><h2>How good is this?</h2>{self.to_html()}</div>'

    def __str__(self) -> str:
        lines = [f"  {line}" for line in (*self.verdicts, *self.notes)]
        return "\n".join([f"How good is this? {self.when}", *lines])

    __repr__ = __str__


def how_good(*evaluations: Any) -> HowGood:
    """Return the box for what ``evaluate_timing`` and its like returned, one line each.

    Takes the evaluations of the next purchase, of who is lost, of replenishment, of send times
    and of lifetime value. Log-loss: lower is better. Raises ``BadInput`` for anything else, or
    for none.
    """
    if not evaluations:
        raise BadInput("There is no evaluation; give one, such as xr.evaluate_timing(...).")
    verdicts = tuple(map(_verdict, evaluations))
    notes = dict.fromkeys(note for found in evaluations for note in found.notes)
    return HowGood(_when(evaluations), verdicts, tuple(notes))


def quick_look(
    history: History,
    *,
    within: str | timedelta = "14d",
    told: Callable[[str], None] = lambda what: None,
) -> HowGood:
    """Return the box from one back-test: learn up to ``within`` before ``history.as_of``, compare.

    Of the next purchase and the send time, fitted anew on the shorter history: some seconds for a
    small shop, a minute for thousands of customers. ``told`` is called with what is tested next.
    What a shop is too new for gets a note.
    """
    length = span(within)
    origin = history.as_of - length
    looks: dict[str, Callable[[], Any]] = {
        f"who orders within {_days(length)}": lambda: evaluate_timing(
            history, as_of=origin, within=length
        ),
        "at which hour of the week they act": lambda: evaluate_send_time(history, as_of=origin),
    }
    found, notes = [], []
    for what, look in looks.items():
        told(f"testing {what}, learned up to {origin:%Y-%m-%d}")
        try:
            one = look()
        except BadInput as error:
            notes.append(f"Too little was seen to tell {what}: {error}")
            continue
        if (n := _n_tested(one)) >= LEAST:
            found.append(one)
        else:
            notes.append(f"Too little was seen to tell {what}: {n:,} cases to compare with.")
    if not found:
        return HowGood(_learned_until([origin]), (), tuple(notes))
    box = how_good(*found)
    return replace(box, notes=(*box.notes, *notes))


def _n_tested(found: TimingEvaluation | SendTimeEvaluation) -> int:
    """Return of how many customers or acts it is known what happened."""
    if isinstance(found, SendTimeEvaluation):
        return found.n_events
    ours = found.calibration[found.calibration["model"] == "next_purchase"]
    return int(ours["n"].sum())


def _verdict(evaluation: Any) -> QualityLine:
    for kind, say in SAYS.items():
        if isinstance(evaluation, kind):
            return say(evaluation)
    expected = ", ".join(kind.__name__ for kind in SAYS)
    raise BadInput(
        f"how_good() got a {type(evaluation).__name__}; expected {expected}, "
        "such as xr.evaluate_timing(...) returns."
    )


def _orders(found: TimingEvaluation) -> QualityLine:
    loss = found.table.set_index("model")["log_loss"]
    ours = found.calibration[found.calibration["model"] == "next_purchase"]
    text = (
        f"log-loss {loss['next_purchase']:.3f} against {loss['bg_nbd']:.3f} (BG/NBD) and "
        f"{loss['base_rate']:.3f} (base rate){_said_and_done(ours)}."
    )
    return QualityLine(f"{found.title} {_days(found.within)}", text)


def _running_out(found: ReplenishmentEvaluation) -> QualityLine:
    loss = found.table.set_index("method")["log_loss"]
    ours = found.calibration[found.calibration["method"] == "replenishment"]
    due = found.due_error_days
    dates = "" if pd.isna(due) else f"; half of the due dates are at most {due:.0f} days off"
    text = (
        f"log-loss {loss['replenishment']:.3f} against {loss['poisson_gamma']:.3f} (gap model) and "
        f"{loss['own_frequency']:.3f} (own frequency){_said_and_done(ours)}{dates}."
    )
    return QualityLine(f"The same {found.by} again within {_days(found.within)}", text)


def _hours(found: SendTimeEvaluation) -> QualityLine:
    share = found.table.set_index("model")["window_share"]
    text = (
        f"{_percent(share['send_time'], 1)} of {found.n_events:,} acts fell into the customer's "
        f"best 3 hours, against {_percent(share['shop'], 1)} with one answer for the whole shop "
        f"and {_percent(WINDOW / HOURS, 1)} by luck."
    )
    return QualityLine("Hour of the week", text)


def _value(found: ValueEvaluation) -> QualityLine:
    spend = found.table[found.table["target"] == "spend"]
    largest = spend.sort_values("n", kind="stable")["currency"].iloc[-1]
    rows = spend[spend["currency"] == largest].set_index("method").to_dict("index")
    ours, same = rows["lifetime_value"], rows["last_window"]
    text = (
        f"{_off(ours['bias'])}; one customer is {ours['mae']:,.0f} off on average, against "
        f"{same['mae']:,.0f} (the same again as before); {_percent(ours['coverage'])} spent "
        f"within their range (80 % promised)."
    )
    return QualityLine(f"Spend within {_days(found.within)}", text)


SAYS: Mapping[type, Callable[[Any], QualityLine]] = {
    TimingEvaluation: _orders,
    ReplenishmentEvaluation: _running_out,
    SendTimeEvaluation: _hours,
    ValueEvaluation: _value,
}


def _said_and_done(calibration: pd.DataFrame) -> str:
    """Return what happened where the most customers were told a middling chance; "" of few."""
    enough = calibration[calibration["n"] >= FEWEST]
    if enough.empty:
        return ""
    middle = enough[enough["predicted"].between(*MIDDLE)]
    row = (middle if len(middle) else enough).sort_values("n", kind="stable").iloc[-1]
    said, done = _percent(row["predicted"]), _percent(row["observed"])
    return f"; when we say {said}, it happens in {done} (of {row['n']:,.0f})"


def _off(bias: float) -> str:
    if pd.isna(bias):
        return "nobody spent anything"
    return f"the total told was {_percent(abs(bias))} too {'high' if bias > 0 else 'low'}"


def _percent(share: float, digits: int = 0) -> str:
    return f"{share:.{digits}%}".replace("%", " %")


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):g} days"


def _when(evaluations: tuple[Any, ...]) -> str:
    moments: list[datetime] = []
    for found in evaluations:
        if isinstance(found, SendTimeEvaluation):
            moments.append(datetime.fromisoformat(found.as_of))
        else:
            moments += getattr(found, "origins", ())
    return _learned_until(moments)


def _learned_until(moments: list[datetime]) -> str:
    days = sorted({f"{moment:%Y-%m-%d}" for moment in moments})
    if not days:
        return ""
    past = " and ".join(days) if len(days) < 3 else f"{len(days)} days from {days[0]} to {days[-1]}"
    return f"Learned up to {past}, compared with what happened after."
