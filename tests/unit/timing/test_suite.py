"""The suite for models of times passes a sound one and catches each kind of mistake."""

from __future__ import annotations

import pytest

from tests.unit.timing import toy
from xenorec.testing import TimingSuite


class TestToy(TimingSuite):
    def make(self):
        return toy.Toy()


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (toy.Leaks, "test_nothing_later_than_as_of_is_read"),
        (toy.Remembers, "test_a_second_fit_forgets_the_first"),
        (toy.ReadsInOrder, "test_the_order_of_the_rows_does_not_matter"),
        (toy.CountsTwice, "test_rows_loaded_twice_count_once"),
        (toy.Changes, "test_the_rows_stay_as_they_are"),
        (toy.Chances, "test_fitted_twice_it_answers_the_same"),
        (toy.Sorts, "test_answers_come_in_the_order_asked"),
        (toy.LooksAround, "test_no_answer_depends_on_who_else_is_asked"),
        (toy.Blocks, "test_no_answer_depends_on_the_blocks"),
        (toy.KnowsStrangers, "test_a_stranger_gets_what_holds_for_the_shop"),
        (toy.SaysNothing, "test_a_shop_of_single_orders"),
        (toy.SaysNothing, "test_a_shop_without_rows"),
        (toy.Divides, "test_a_shop_of_single_orders"),
        (toy.Overshoots, "test_answers_are_finite_in_their_bounds_and_have_a_level"),
        (toy.Turns, "test_answers_are_finite_in_their_bounds_and_have_a_level"),
        (toy.ReadsNumbers, "test_a_shop_with_ids_like_numbers"),
        (toy.Forgets, "test_a_saved_model_answers_the_same"),
        (toy.Trusts, "test_a_damaged_file_is_refused"),
        (toy.Trusts, "test_a_model_of_another_kind_is_refused"),
    ],
)
def test_a_mistake_is_caught(kind, test):
    suite = type("Suite", (TimingSuite,), {"make": lambda _: kind()})()
    with pytest.raises(AssertionError):
        getattr(suite, test)()
