from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from tests.unit.campaigns.outbox import NOON, consent
from xenorec.errors import BadInput, MissingPackage, UnknownColumn
from xenorec.ledger import Ledger
from xenorec.ledger.migrations import steps


def points(entry_id: str, amount: object, **changes: object) -> dict[str, object]:
    return {
        "entry_id": entry_id,
        "account_id": "acc",
        "kind": "earn",
        "points": amount,
        "idempotency_key": f"key of {entry_id}",
        "at": NOON,
        "source": "till",
        "source_id": entry_id,
        "version": 1,
        **changes,
    }


def test_points_stay_exact_and_count_once(both: Ledger) -> None:
    rows = [points("1", "0.1"), points("2", Decimal("0.2")), points("3", -3)]
    assert both.append("loyalty_ledger", rows) == 3
    assert both.append("loyalty_ledger", rows) == 0
    again = points("9", "0.1", idempotency_key="key of 1")
    assert both.append("loyalty_ledger", [again]) == 0
    found = both.snapshot("loyalty_ledger")
    assert found.schema.field("points").type == pa.decimal128(12, 3)
    assert sum(found.column("points").to_pylist()) == Decimal("-2.700")


def test_a_consent_is_never_changed_by_a_later_row_of_the_same_id(both: Ledger) -> None:
    said = consent("a")
    assert both.append("consents", [said]) == 1
    assert both.append("consents", [{**said, "status": "withdrawn", "version": 9}]) == 0
    assert both.consents_at(NOON, "email", "marketing", ["a"]) == {"a"}


def test_of_two_consents_at_one_instant_the_one_that_ends_first_counts(both: Ledger) -> None:
    said = consent("a")
    ended = {**said, "source_id": "ended", "expires_at": NOON}
    for rows in ([said, ended], [ended, said]):
        both.append("consents", rows)
        assert both.consents_at(NOON, "email", "marketing", ["a"]) == set()


def test_versions_of_a_suppression_in_one_load_take_the_highest(both: Ledger) -> None:
    row = {"channel": "email", "value_hash": "h", "reason": "manual", "at": NOON, "source": "t"}
    rows = [{**row, "source_id": "1", "version": n, "until": NOON} for n in (3, 1, 2)]
    rows[0]["until"] = None
    assert both.append("suppressions", rows) == 1
    assert both.append("suppressions", rows) == 0
    assert both.suppressed(["h"], "email", NOON) == {"h"}


def test_an_outcome_is_kept_once(both: Ledger) -> None:
    row = {"outcome_id": "o", "kind": "ordered", "value_amount": "19.99", "at": NOON}
    assert both.append("outcomes", [row]) == 1
    assert both.append("outcomes", [row]) == 0
    assert both.snapshot("outcomes").column("value_amount").to_pylist() == [Decimal("19.9900")]


def test_a_column_that_is_none_is_answered_with_the_nearest(both: Ledger) -> None:
    with pytest.raises(UnknownColumn, match="'customer_id'"):
        both.append("consents", [{**consent("a"), "custmer_id": "a"}])


def test_an_instant_without_a_zone_is_refused(both: Ledger) -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001
    with pytest.raises(BadInput, match="aware instants"):
        both.append("consents", [{**consent("a"), "at": naive}])


def test_an_empty_table_keeps_its_types(both: Ledger) -> None:
    assert both.snapshot("deliveries").schema.field("at").type == pa.timestamp("us", "UTC")


def test_an_older_ledger_takes_the_steps_it_lacks(both: Ledger, tmp_path: Path) -> None:
    newest = steps()[-1].number
    (tmp_path / "0001_first_tables.sql").write_text("-- nothing")
    step = (
        "-- what is new\nalter table cursors add column note text;\ncreate table extra (id text);"
    )
    (tmp_path / f"{newest + 1:04}_a_note.sql").write_text(step)
    both._database.migrate(steps(tmp_path))
    with both._database.reading() as connection:
        assert connection.execute(sa.text("select note from cursors")).all() == []
        versions = connection.execute(sa.text("select version from ledger_version")).all()
    assert sorted(number for (number,) in versions) == [*range(1, newest + 2)]
    with pytest.raises(BadInput, match=f"version {newest + 1}"):
        Ledger(both.url).create()


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    ledger.create()
    with ledger._database.writing():
        assert ledger.snapshot("consents").num_rows == 0


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(MissingPackage, match="pip install"):
        Ledger("postgresql+asyncpg://user:secret@host/db")


def test_a_password_is_not_told() -> None:
    with pytest.raises(BadInput) as told:
        Ledger("postgresq!l://user:secret@host/db")
    assert "secret" not in str(told.value)
