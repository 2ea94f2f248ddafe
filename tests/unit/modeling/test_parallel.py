from __future__ import annotations

import threading

import pytest

from tests.conftest import HANGING
from xenorec.modeling import parallel
from xenorec.modeling.parallel import in_threads


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_processors", lambda: 2)


def test_answers_come_in_the_order_of_the_pieces() -> None:
    assert list(in_threads(lambda n: n * n, range(20))) == [n * n for n in range(20)]


def test_pieces_are_worked_out_side_by_side() -> None:
    both_there = threading.Barrier(2, timeout=HANGING)
    assert len(list(in_threads(lambda _: both_there.wait(), range(2)))) == 2


def test_a_call_from_inside_makes_no_more_threads() -> None:
    def inner(_: int) -> str:
        return threading.current_thread().name

    def outer(_: int) -> tuple[str, set[str]]:
        return threading.current_thread().name, set(in_threads(inner, range(5)))

    for name, used in in_threads(outer, range(4)):
        assert used == {name}


def test_after_a_call_from_outside_there_are_threads_again() -> None:
    list(in_threads(abs, range(4)))
    both_there = threading.Barrier(2, timeout=HANGING)
    assert len(list(in_threads(lambda _: both_there.wait(), range(2)))) == 2
