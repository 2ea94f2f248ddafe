from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pandas as pd
import pyarrow as pa

import xenorec as xr
from tests.conftest import orders
from xenorec.report.outcome_metrics import measured
from xenorec.report.svg_charts import bars, columns, interval

AS_OF = datetime(2024, 3, 15, tzinfo=UTC)


def test_outcomes_are_of_the_window_after_and_of_the_one_before(crm: xr.Workspace) -> None:
    rows = [
        ("early", "a", "2024-02-29T23:59:59+00:00", "1"),
        ("before", "a", "2024-03-02T00:00:00+00:00", "2"),
        ("at", "a", "2024-03-15T00:00:00+00:00", "4"),
        ("after", "a", "2024-03-15T00:00:01+00:00", "8"),
        ("last", "a", "2024-03-29T00:00:00+00:00", "16"),
        ("late", "a", "2024-03-29T00:00:01+00:00", "32"),
    ]
    crm.load({"orders": orders(*rows)})
    who = pa.table({"customer_id": ["a", "b"], "arm": ["treatment", "control"]})
    a, b = measured(crm.engine, who, as_of=AS_OF, within=timedelta(days=14)).to_dict("records")
    assert (a["spend"], a["n_orders"], a["has_ordered"]) == (24.0, 2, True)
    assert (a["spend_before"], a["n_orders_before"], a["had_ordered"]) == (6.0, 2, True)
    assert (b["spend"], b["n_orders"], b["has_ordered"], b["had_ordered"]) == (0.0, 0, False, False)


def test_everybody_is_measured_from_their_own_decision(crm: xr.Workspace) -> None:
    rows = [
        ("a1", "a", "2024-03-03T00:00:00+00:00", "1"),
        ("b1", "b", "2024-03-03T00:00:00+00:00", "2"),
        ("a2", "a", "2024-03-20T00:00:00+00:00", "4"),
        ("b2", "b", "2024-03-20T00:00:00+00:00", "8"),
    ]
    crm.load({"orders": orders(*rows)})
    starts = [AS_OF - timedelta(days=14), AS_OF]
    who = pa.table(
        {"customer_id": ["a", "b"], "arm": ["treatment", "control"], "starts_at": starts}
    )
    a, b = measured(crm.engine, who, as_of=AS_OF, within=timedelta(days=14)).to_dict("records")
    assert (a["spend"], a["spend_before"]) == (1.0, 0.0)
    assert (b["spend"], b["spend_before"]) == (8.0, 2.0)


def test_accounts_of_one_person_are_one_and_in_one_arm(crm: xr.Workspace) -> None:
    pairs = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c": "c"}
    keys = pd.DataFrame(
        {
            "customer_id": list(pairs),
            "kind": "email",
            "value": [f"{owner}@shop.example" for owner in pairs.values()],
        }
    )
    rows = [
        (f"o-{who}", who, "2024-03-16T00:00:00+00:00", str(2**place))
        for place, who in enumerate(pairs)
    ]
    people = pd.DataFrame({"customer_id": list(pairs)})
    crm.load({"orders": orders(*rows), "customers": people, "identifiers": keys})
    assert crm.link().n_customers == 3
    arms = ["treatment", "treatment", "treatment", "control", "control"]
    who = pa.table({"customer_id": list(pairs), "arm": arms})
    found = measured(crm.engine, who, as_of=AS_OF, within=timedelta(days=14))
    assert found[["arm", "spend"]].values.tolist() == [["treatment", 3.0], ["control", 16.0]]


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_figures_are_whole_and_hide_no_markup() -> None:
    for figure in (
        bars([("<b>&", 3), ("x", 0)], label="n"),
        columns([1.0, 0.0], ["<i>", ""], label="n"),
        interval(-1.0, -3.0, 1.0, unit=" points", label="n"),
    ):
        parser = _Balance()
        parser.feed(figure)
        assert parser.open == []
        assert "<b>&" not in figure
        assert "<i>" not in figure


def test_a_figure_of_nothing_is_still_a_figure() -> None:
    assert "<svg" in columns([], [])
    assert "bars" in bars([])
