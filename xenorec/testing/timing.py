"""What every model of times must keep to, as a class of tests: ``TimingSuite``."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from xenorec.errors import BadInput, ModelFileError, NotFitted
from xenorec.testing.timing_answers import (
    check_answers,
    customers_of,
    fell_back,
    same,
    told_of,
)
from xenorec.testing.timing_shops import AS_OF, TimingShop, degenerate_shop, usual_shop

if TYPE_CHECKING:
    import pandas as pd

STRANGERS = ("nobody", "", "weekly-0", "WEEKLY-00")
"""Customers that no shop here knows."""
MANY = 20_500
"""More customers than are answered in one block."""


class TimingSuite:
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

    counts_repeats: ClassVar[bool] = False
    n_each: ClassVar[int] = 24
    answers_all: ClassVar[bool] = True
    _shared: ClassVar[Any]

    def make(self) -> Any:
        """Return a new model that has learned nothing."""
        raise NotImplementedError("Write make(self) so that it returns the model to be tested.")

    def rows(self, shop: TimingShop) -> Any:
        """Return what the model reads of a shop."""
        return shop.orders()

    def fit(self, model: Any, rows: Any, as_of: datetime | None) -> Any:
        """Return the model, fitted to rows as of an instant; what it warns of is let pass."""
        import warnings

        from xenorec.errors import XenorecWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", XenorecWarning)
            return model.fit(rows, as_of=as_of)

    def ask(self, model: Any, customers: Sequence[str] | None) -> pd.DataFrame:
        """Return the model's answers for some customers, or for all that it knows."""
        frame: pd.DataFrame = model.predict(customers)
        return frame

    def usual(self) -> Any:
        """Return the model fitted to the usual shop: one, that the tests share and do not change.

        So that a model which takes its time learns once.
        """
        kind = type(self)
        if "_shared" not in vars(kind):
            kind._shared = self._fitted(self._shop())
        return kind._shared

    # -- fit ---------------------------------------------------------------------------------------

    def test_fit_returns_the_model(self) -> None:
        """So that it can be used in a row of calls."""
        model = self.make()
        assert self._fitted(usual_shop(2), model) is model

    def test_asked_before_fit_it_says_so(self) -> None:
        """NotFitted, and nothing is saved."""
        model = self.make()
        with TemporaryDirectory() as folder:
            asked = (lambda: self.ask(model, ["a"]), lambda: model.save(Path(folder) / "m"))
            assert all(_raises(NotFitted, ask) for ask in asked)
            assert not any(Path(folder).iterdir())

    def test_fitted_twice_it_answers_the_same(self) -> None:
        """Nothing is left to chance."""
        same(self._everything(self._fitted(self._shop())), self._everything(self.usual()))

    def test_the_rows_stay_as_they_are(self) -> None:
        """What is given is read only."""
        rows = self.rows(usual_shop(6))
        before = rows.copy(deep=True)
        self.fit(self.make(), rows, AS_OF)
        same(rows, before)

    def test_a_second_fit_forgets_the_first(self) -> None:
        """Nothing of the first shop is left."""
        small = usual_shop(6)
        model, plain = self._fitted(small, deepcopy(self.usual())), self._fitted(small)
        same(self._everything(model), self._everything(plain))
        assert (model.notes_, vars(model).keys()) == (plain.notes_, vars(plain).keys())

    def test_nothing_later_than_as_of_is_read(self) -> None:
        """Rows of the future change nothing, and who comes first in them is not known."""
        told = self._fitted(self._shop().later())
        same(self._everything(told), self._everything(self.usual()))
        assert told.notes_ == self.usual().notes_

    def test_the_order_of_the_rows_does_not_matter(self) -> None:
        """Rows in another order, same answers."""
        mixed = self._fitted(self._shop().mixed())
        same(self._everything(mixed), self._everything(self.usual()))

    def test_rows_loaded_twice_count_once(self) -> None:
        """A load may be repeated."""
        import pandas as pd

        if self.counts_repeats:
            return
        rows = self.rows(self._shop())
        loaded = pd.concat([rows, rows], ignore_index=True)
        twice = self.fit(self.make(), loaded, AS_OF)
        same(self._everything(twice), self._everything(self.usual()))

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
        assert _raises(BadInput, lambda: self.fit(self.make(), rows, None))

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

    # -- save and load -----------------------------------------------------------------------------

    def test_a_saved_model_answers_the_same(self) -> None:
        """To the last bit, and says the same."""
        with TemporaryDirectory() as folder:
            model = self.usual()
            again = type(model).load(model.save(Path(folder) / "m"))
        same(self._everything(again), self._everything(model))
        assert (again.notes_, str(again)) == (model.notes_, str(model))

    def test_a_saved_model_of_a_small_shop_answers_the_same(self) -> None:
        """One that fell back."""
        with TemporaryDirectory() as folder:
            model = self._fitted(degenerate_shop("one customer"))
            again = type(model).load(model.save(Path(folder) / "m"))
        same(self.ask(again, ["weekly-00", "nobody"]), self.ask(model, ["weekly-00", "nobody"]))
        assert again.notes_ == model.notes_

    def test_a_saved_model_is_the_same_bytes_again(self) -> None:
        """What was loaded saves what was saved."""
        with TemporaryDirectory() as folder:
            model, one = self.usual(), Path(folder) / "one"
            two = type(model).load(model.save(one)).save(Path(folder) / "two")
            assert _content(one) == _content(two)

    def test_nothing_is_pickled(self) -> None:
        """Only JSON and arrays of plain kinds."""
        import numpy as np

        with TemporaryDirectory() as folder:
            saved = self.usual().save(Path(folder) / "m")
            assert {path.suffix for path in saved.iterdir()} <= {".json", ".npz"}
            for path in saved.glob("*.npz"):
                with np.load(path, allow_pickle=False) as held:
                    assert all(held[name].dtype != object for name in held.files)

    def test_a_damaged_file_is_refused(self) -> None:
        """One byte that differs, or a file that is gone; the error names the file."""
        with TemporaryDirectory() as folder:
            model = self.usual()
            saved = model.save(Path(folder) / "m")
            for path in sorted(saved.iterdir()):
                whole = path.read_bytes()
                middle = len(whole) // 2
                for broken in (whole[:middle], _flipped(whole, middle)):
                    path.write_bytes(broken)
                    assert _raises(ModelFileError, lambda: type(model).load(saved), path.name)
                path.unlink()
                assert _raises(ModelFileError, lambda: type(model).load(saved), path.name)
                path.write_bytes(whole)
            type(model).load(saved)

    def test_a_model_of_another_kind_is_refused(self) -> None:
        """By its name, and it is not overwritten."""
        with TemporaryDirectory() as folder:
            model = self.usual()
            saved = model.save(Path(folder) / "m")
            other: Any = type("SomethingElse", (type(model),), {})
            assert _raises(ModelFileError, lambda: other.load(saved), type(model).__name__)
            assert _raises(ModelFileError, lambda: other.load(Path(folder) / "nowhere"))

    # -- how ---------------------------------------------------------------------------------------

    def _shop(self) -> TimingShop:
        return usual_shop(self.n_each)

    def _fitted(self, shop: TimingShop, model: Any = None) -> Any:
        """Return a model, a new one where none is given, fitted to a shop as of its instant."""
        return self.fit(self.make() if model is None else model, self.rows(shop), shop.as_of)

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


def _raises(kind: type[Exception], call: Any, word: str = "") -> bool:
    """Return whether a call raises an error of a kind whose text has a word."""
    try:
        call()
    except kind as error:
        return word in str(error)
    return False


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
