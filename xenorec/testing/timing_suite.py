"""What every model of times must keep to, as a class of tests: ``TimingSuite``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from xenorec.errors import BadInput
from xenorec.testing.saved_model_suite import SavedSuite, raises
from xenorec.testing.timing_answers import (
    check_answers,
    customers_of,
    fell_back,
    same,
    told_of,
)
from xenorec.testing.timing_shops import degenerate_shop

if TYPE_CHECKING:
    import pandas as pd

STRANGERS = ("nobody", "", "weekly-0", "WEEKLY-00")
"""Customers that no shop here knows."""
MANY = 20_500
"""More customers than are answered in one block."""


class TimingSuite(SavedSuite):
    """Tests for one model of times; inherit and write ``make``.

    Write ``rows`` too where it does not read orders, and ``fit`` or ``ask`` where it is called in
    another way. The answers of ``ask`` have customer_id and level; probabilities are called ``p``
    or ``p_...``, and days ``..._from``, ``..._on`` and ``..._to``. Set ``counts_repeats`` where the
    model cannot know that a row has come twice, and ``n_each`` (customers of each of five habits)
    where it learns in larger shops only. Unset ``answers_all`` where a customer may have no row.

    >>> class TestMine(TimingSuite):
    ...     def make(self):
    ...         return Mine()
    """

    answers_all: ClassVar[bool] = True

    # -- ask ---------------------------------------------------------------------------------------

    def test_answers_are_finite_in_their_bounds_and_have_a_level(self) -> None:
        """Of all customers and of strangers."""
        check_answers(self._everything(self.usual()))

    def test_asked_for_nobody_in_particular_it_answers_for_all(self) -> None:
        """Those known at ``as_of``, in text order."""
        self._check_who(self.ask(self.usual(), None), self._shop().customers)

    def test_answers_come_in_the_order_asked(self) -> None:
        """Each customer once, whoever is known."""
        asked = ["weekly-03", "nobody", "irregular-07", "single-02", "lapsed-00", "new-01", ""]
        self._check_who(self.ask(self.usual(), asked), asked)

    def test_nobody_asked_is_nothing(self) -> None:
        """No customers, no rows, the same columns."""
        model = self.usual()
        nothing, something = self.ask(model, []), self.ask(model, ["weekly-00"])
        assert len(nothing) == 0
        assert list(nothing.columns) == list(something.columns)
        assert list(map(str, nothing.dtypes)) == list(map(str, something.dtypes))

    def test_a_stranger_gets_what_holds_for_the_shop(self) -> None:
        """All strangers the same, and at no personal level."""
        told = self.ask(self.usual(), STRANGERS)
        assert set(told["level"]) <= {"segment", "shop", "default"}
        first = told_of(told, STRANGERS[0])
        for other in STRANGERS[1:]:
            same(told_of(told, other), first)

    def test_no_answer_depends_on_who_else_is_asked(self) -> None:
        """One by one, all at once and backwards, and asking changes nothing."""
        model, asked = self.usual(), [*self._shop().customers[::5], "nobody"]
        together, backwards = self.ask(model, asked), self.ask(model, asked[::-1])
        for who in asked:
            alone = told_of(self.ask(model, [who]), who)
            same(told_of(together, who), alone)
            same(told_of(backwards, who), alone)
        same(self.ask(model, asked), together)

    def test_no_answer_depends_on_the_blocks(self) -> None:
        """Many strangers between the customers change nothing."""
        model, known = self.usual(), list(self._shop().customers)
        strangers = [f"stranger-{n}" for n in range(MANY)]
        told = self.ask(model, [*known[::2], *strangers, *known[1::2]])
        kept = told[told["customer_id"].isin(known)]
        same(kept.reset_index(drop=True), self.ask(model, [*known[::2], *known[1::2]]))

    def test_columns_for_profiles_are_as_declared(self) -> None:
        """One row per customer, finite or null, the same as on their own; where there are such."""
        import numpy as np

        model = self.usual()
        declared = getattr(model, "columns", None)
        if declared is None:
            return
        table = model.profile_columns(["weekly-00", "nobody"])
        assert table.column_names == ["customer_id", *(column.name for column in declared)]
        assert [str(kind) for kind in table.schema.types[1:]] == [c.type for c in declared]
        assert table["customer_id"].to_pylist() == ["weekly-00", "nobody"]
        for name in table.column_names[1:]:
            assert np.isfinite(table[name].drop_null().to_numpy()).all(), name
        assert table.slice(1).equals(model.profile_columns(["nobody"]))

    # -- degenerate shops --------------------------------------------------------------------------

    def test_a_shop_without_rows(self) -> None:
        """A clear BadInput, or answers at the default level."""
        try:
            model = self._fitted(degenerate_shop("no rows"))
        except BadInput:
            return
        told = self.ask(model, STRANGERS)
        check_answers(told)
        assert set(told["level"]) <= {"default"}
        assert len(told) or not self.answers_all
        assert model.notes_, "Everything is a default and no sentence in notes_ says why."

    def test_a_shop_without_rows_and_without_as_of(self) -> None:
        """There is nothing to tell it from."""
        rows = self.rows(degenerate_shop("no rows"))
        assert raises(BadInput, lambda: self.fit(self.make(), rows, None))

    def test_a_shop_of_one_customer(self) -> None:
        """Who came every week."""
        self._answered("one customer")

    def test_a_shop_of_one_day(self) -> None:
        """All orders on the day of ``as_of``."""
        self._answered("one day")

    def test_a_shop_of_single_orders(self) -> None:
        """Nobody has come back yet."""
        self._answered("singles only")

    def test_a_shop_of_new_customers(self) -> None:
        """All came first in the last three weeks."""
        self._answered("all new")

    def test_a_shop_that_everybody_left(self) -> None:
        """No order in the second half."""
        self._answered("all inactive")

    def test_a_shop_of_fifty_customers(self) -> None:
        """As few as are fitted at all."""
        self._answered("fifty customers")

    def test_a_shop_with_two_orders_in_one_second(self) -> None:
        """Of one customer, always."""
        self._answered("two at once")

    def test_a_shop_without_zones(self) -> None:
        """Nobody's clock is known."""
        self._answered("no zones")

    def test_a_shop_with_some_zones(self) -> None:
        """Half of the customers have none."""
        self._answered("some zones")

    def test_a_shop_with_ids_of_all_alphabets(self) -> None:
        """Ids that look alike are not the same."""
        self._answered("unicode ids")

    def test_a_shop_with_ids_like_numbers(self) -> None:
        """7, 007 and 7.0 are three customers."""
        self._answered("ids like numbers")

    def test_a_shop_where_all_is_free(self) -> None:
        """Amounts of 0."""
        self._answered("all free")

    # -- how ---------------------------------------------------------------------------------------

    def _everything(self, model: Any) -> pd.DataFrame:
        """Return the answers for all who are known, and for strangers."""
        import pandas as pd

        return pd.concat([self.ask(model, None), self.ask(model, STRANGERS)], ignore_index=True)

    def _check_who(self, told: pd.DataFrame, asked: Sequence[str]) -> None:
        found = customers_of(told)
        assert found == [who for who in asked if self.answers_all or who in found]

    def _answered(self, name: str) -> None:
        """See that all customers of a shop, and strangers, get answers that can be used."""
        shop = degenerate_shop(name)
        model = self._fitted(shop)
        told = self._everything(model)
        check_answers(told)
        self._check_who(self.ask(model, None), shop.customers)
        assert all(note.endswith(".") for note in model.notes_), model.notes_
        assert model.notes_ or not fell_back(told), "All fell back and notes_ does not say why."
