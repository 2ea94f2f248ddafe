"""What was shown: whom, in which row, how likely; and the way there for an older ledger."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.unit.campaigns.outbox import NOON, Recorder, decision, fill, worker
from xenorec.errors import BadInput
from xenorec.ledger import Ledger

ADDED = ("customer_id", "shelf_rank", "segment", "shelf_propensity")
ADDED_LATER = ("send_propensity", "is_hour_explored")


def page(*shelves: str, **facts: object) -> str:
    return json.dumps(
        [
            {"shelf": name, "items": [{"product_id": f"{name}-{n}", "score": 0.5} for n in (1, 2)]}
            | facts
            for name in shelves
        ]
    )


def cells(ledger: Ledger) -> list[dict[str, object]]:
    return ledger.snapshot("exposures").to_pylist()


def test_a_cell_says_whom_where_and_how_likely(both: Ledger) -> None:
    shelves = page("buy_again", "trending", segment="regular", propensity=0.975)
    fill(both, decision("a", shelves=shelves, creative_id="sweets", creative_propensity=0.4))
    worker(both, Recorder()).deliver(NOON)
    assert [(c["shelf"], c["shelf_rank"], c["position"]) for c in cells(both)] == [
        ("buy_again", 1, 1),
        ("buy_again", 1, 2),
        ("trending", 2, 1),
        ("trending", 2, 2),
    ]
    for cell in cells(both):
        assert (cell["customer_id"], cell["segment"]) == ("a", "regular")
        assert (cell["shelf_propensity"], cell["propensity"]) == (0.975, 0.4)


def test_a_decision_keeps_how_likely_its_hour_was(both: Ledger) -> None:
    drawn = decision("a", send_propensity=0.0125, is_hour_explored=True)
    fill(both, drawn, decision("b"))
    kept = {row["customer_id"]: row for row in both.snapshot("decisions").to_pylist()}
    assert [kept["a"][name] for name in ADDED_LATER] == [0.0125, True]
    assert [kept["b"][name] for name in ADDED_LATER] == [None, None]
    (due, _) = both.due(drawn.campaign_id, "1", NOON, 10)
    assert due.decision == drawn


def test_who_was_held_out_or_not_reached_was_shown_nothing(both: Ledger) -> None:
    held = decision("held", arm="control", state="suppressed", reason="control")
    lost = decision("lost", body_hash="not what was planned")
    fill(both, *[_with_page(one) for one in (held, lost, decision("sent"))])
    worker(both, Recorder()).deliver(NOON)
    assert {cell["customer_id"] for cell in cells(both)} == {"sent"}


def test_a_plan_that_was_stored_before_says_so_little(both: Ledger) -> None:
    fill(both, _with_page(decision("a")))
    worker(both, Recorder()).deliver(NOON)
    (first, _) = cells(both)
    assert [first[name] for name in ADDED] == ["a", 1, None, 1.0]


def test_a_snapshot_up_to_an_instant_holds_nothing_later(both: Ledger) -> None:
    fill(both, _with_page(decision("a")), _with_page(decision("b", planned_at=NOON + _hours(2))))
    for hour in (0, 2):
        worker(both, Recorder()).deliver(NOON + _hours(hour))
    early = both.snapshot("exposures", until=NOON + _hours(1)).to_pylist()
    assert {cell["customer_id"] for cell in early} == {"a"}
    assert {cell["customer_id"] for cell in cells(both)} == {"a", "b"}
    with pytest.raises(BadInput, match="decisions has no column 'at'"):
        both.snapshot("decisions", until=NOON)


def test_an_older_ledger_learns_whom_and_where_from_its_decisions(both: Ledger) -> None:
    fill(both, decision("a", shelves=page("trending", "buy_again")))
    worker(both, Recorder()).deliver(NOON)
    before = cells(both)
    _make_older(both)
    assert "customer_id" not in _columns(both)

    again = Ledger(both.url)
    again.create()

    assert set(ADDED) <= set(_columns(again))
    (old,) = again.snapshot("decisions").to_pylist()
    assert [old[name] for name in ADDED_LATER] == [None, None]
    found = again.snapshot("exposures").to_pylist()
    assert [cell["shelf_rank"] for cell in found] == [2, 2, 1, 1]
    assert found == before
    fill(again, _with_page(decision("b")), plan="q")
    worker(again, Recorder()).deliver(NOON)
    assert {cell["customer_id"] for cell in again.snapshot("exposures").to_pylist()} == {"a", "b"}
    Ledger(both.url).create()
    again._database.engine.dispose()


def _with_page(one: object) -> object:
    from dataclasses import replace

    return replace(one, shelves=page("buy_again"))  # type: ignore[type-var]


def _hours(n: int) -> timedelta:
    return timedelta(hours=n)


def _make_older(ledger: Ledger) -> None:
    """Bring a ledger back to version 1."""
    with ledger._database.writing() as connection:
        for name in ADDED:
            connection.execute(sa.text(f"alter table exposures drop column {name}"))
        for name in (*ADDED_LATER, "why"):
            connection.execute(sa.text(f"alter table decisions drop column {name}"))
        connection.execute(sa.text("delete from ledger_version where version > 1"))


def _columns(ledger: Ledger) -> list[str]:
    with ledger._database.reading() as connection:
        return [str(column["name"]) for column in sa.inspect(connection).get_columns("exposures")]
