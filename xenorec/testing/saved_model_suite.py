"""What must hold of every model that is fitted to a shop and saved, as a class of tests."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from xenorec.errors import ModelFileError, NotFitted
from xenorec.testing.timing_answers import same
from xenorec.testing.timing_shops import AS_OF, TimingShop, degenerate_shop, usual_shop

if TYPE_CHECKING:
    import pandas as pd


class SavedSuite:
    """Tests of fitting, saving and loading; inherit and write ``make``, and ``ask`` as needed.

    For a model of answers by customer inherit ``TimingSuite``, which has these and more.
    """

    counts_repeats: ClassVar[bool] = False
    n_each: ClassVar[int] = 24
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
            assert all(raises(NotFitted, ask) for ask in asked)
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
        same(self._everything(again), self._everything(model))
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
                    assert raises(ModelFileError, lambda: type(model).load(saved), path.name)
                path.unlink()
                assert raises(ModelFileError, lambda: type(model).load(saved), path.name)
                path.write_bytes(whole)
            type(model).load(saved)

    def test_a_model_of_another_kind_is_refused(self) -> None:
        """By its name, and it is not overwritten."""
        with TemporaryDirectory() as folder:
            model = self.usual()
            saved = model.save(Path(folder) / "m")
            other: Any = type("SomethingElse", (type(model),), {})
            assert raises(ModelFileError, lambda: other.load(saved), type(model).__name__)
            assert raises(ModelFileError, lambda: other.load(Path(folder) / "nowhere"))

    # -- how ---------------------------------------------------------------------------------------

    def _shop(self) -> TimingShop:
        return usual_shop(self.n_each)

    def _fitted(self, shop: TimingShop, model: Any = None) -> Any:
        """Return a model, a new one where none is given, fitted to a shop as of its instant."""
        return self.fit(self.make() if model is None else model, self.rows(shop), shop.as_of)

    def _everything(self, model: Any) -> pd.DataFrame:
        """Return all that the model answers."""
        return self.ask(model, None)


def raises(kind: type[Exception], call: Any, word: str = "") -> bool:
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
