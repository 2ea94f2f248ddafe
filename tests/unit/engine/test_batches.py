"""Scoring in pieces: the answer is the same whatever their size and however many work at once."""

from __future__ import annotations

import threading

import pyarrow as pa
import pytest

from tests.conftest import HANGING
from xenorec.engine import map_batches
from xenorec.modeling import parallel


def pairs(piece: pa.Table) -> pa.Table:
    """As many rows for each number as it says, as an answer per customer may have."""
    numbers = piece["n"].to_pylist()
    of = [n for n in numbers for _ in range(n)]
    thirds = pa.array([n / 3 for n in of], pa.float64())
    return pa.table({"of": pa.array(of, pa.int64()), "third": thirds})


NUMBERS = pa.table({"n": pa.array([3, 0, 1, 2, 0, 0, 4, 1] * 5, pa.int64())})


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("rows", [1, 2, 7, 39, 40, 41])
def test_the_scores_are_the_same_on_one_worker_and_on_more(
    monkeypatch: pytest.MonkeyPatch, workers: int, rows: int
) -> None:
    whole = pairs(NUMBERS).combine_chunks()
    monkeypatch.setattr(parallel, "_processors", lambda: workers)
    assert map_batches(pairs, NUMBERS, rows=rows).combine_chunks().equals(whole)


def test_more_workers_do_work_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    both_there = threading.Barrier(2, timeout=HANGING)

    def meet(piece: pa.Table) -> pa.Table:
        both_there.wait()
        return piece

    monkeypatch.setattr(parallel, "_processors", lambda: 2)
    two = NUMBERS.slice(0, 2)
    assert map_batches(meet, two, rows=1).combine_chunks().equals(two.combine_chunks())


def test_one_worker_works_in_the_thread_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def seen(piece: pa.Table) -> pa.Table:
        names.append(threading.current_thread().name)
        return piece

    monkeypatch.setattr(parallel, "_processors", lambda: 1)
    map_batches(seen, NUMBERS, rows=9)
    assert names == [threading.current_thread().name] * 5


def test_no_rows_are_scored_once_so_that_the_schema_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)
    told = map_batches(pairs, NUMBERS.slice(0, 0), rows=4)
    assert (told.num_rows, told.column_names) == (0, ["of", "third"])
    assert told.schema.equals(pairs(NUMBERS).schema)
