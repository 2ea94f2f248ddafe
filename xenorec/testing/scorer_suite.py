"""What every scorer must keep to, as a class of tests: ``ScorerSuite``."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from xenorec.testing.scorer_shops import (
    MANY,
    ORDINARY,
    degenerate_rows,
    sea,
    shop_of,
    usual_rows,
)

if TYPE_CHECKING:
    from xenorec.recommend.scorers import Scorer, Scores
    from xenorec.recommend.shop_data import ShopData


def state(scorer: Any) -> dict[str, Any]:
    """Return what a scorer has learned: its attributes whose names end in ``_``."""
    return {name: value for name, value in vars(scorer).items() if name.endswith("_")}


class ScorerSuite:
    """Tests for one scorer; inherit and write ``make``.

    >>> class TestMine(ScorerSuite):
    ...     def make(self):
    ...         return Mine()
    """

    def make(self) -> Scorer:
        """Return a new scorer that has learned nothing."""
        raise NotImplementedError("Write make(self) so that it returns the scorer to be tested.")

    def test_fit_returns_the_scorer(self) -> None:
        """So that it can be used in a row of calls."""
        scorer = self.make()
        assert scorer.fit(shop_of(usual_rows())) is scorer

    def test_a_second_fit_forgets_the_first(self) -> None:
        """Nothing of the first shop is left."""
        first, second = shop_of(usual_rows()), shop_of(usual_rows(n_customers=15, n_products=8))
        again = self.make().fit(first).fit(second)
        assert _same(_all(again, second), _all(self.make().fit(second), second))

    def test_scores_are_finite_above_zero_each_pair_once_and_sorted(self) -> None:
        """What ``Scores`` promises."""
        shop = shop_of(usual_rows())
        _check(_all(self.make().fit(shop), shop), shop)

    def test_no_more_than_depth(self) -> None:
        """The ``depth`` best are the first of all there are."""
        import numpy as np

        shop = shop_of(usual_rows())
        scorer = self.make().fit(shop)
        few, all_ = _all(scorer, shop, depth=3), _all(scorer, shop)
        counts, most = np.bincount(few.asked), np.bincount(all_.asked)
        assert (counts == np.minimum(most, 3)).all()
        assert _same(few, all_.take(_first(all_, shop, 3)))

    def test_closed_products_never_appear(self) -> None:
        """The best of the open ones are returned in their place."""
        shop = shop_of(usual_rows())
        scorer, is_open = self.make().fit(shop), _odd_ones(shop)
        found = scorer.score(_everybody(shop), depth=5, is_open=is_open)
        everything = _all(scorer, shop)
        still = everything.take(is_open[everything.product])
        assert is_open[found.product].all()
        assert _same(found, still.take(_first(still, shop, 5)))

    def test_pairs_asked_for_are_scored_beside_the_best(self) -> None:
        """The same score as among the best, and nothing else."""
        import numpy as np

        shop = shop_of(usual_rows())
        scorer = self.make().fit(shop)
        everything, best = _all(scorer, shop), _all(scorer, shop, depth=2)
        pairs = np.arange(0, len(shop.purchases.customers) * shop.n_products, 3)
        found = _all(scorer, shop, depth=2, pairs=pairs)
        kept = np.isin(_keys(everything, shop), np.union1d(pairs, _keys(best, shop)))
        assert _same(found, everything.take(kept))

    def test_an_unknown_customer_is_answered(self) -> None:
        """With nothing or with finite scores; others are not disturbed."""
        import numpy as np

        shop = shop_of(usual_rows())
        scorer, is_open = self.make().fit(shop), np.ones(shop.n_products, dtype=bool)
        found = scorer.score(np.array([-1, 0]), depth=5, is_open=is_open)
        alone = scorer.score(np.array([0]), depth=5, is_open=is_open)
        _check(found, shop)
        assert found.score[found.asked == 1].tolist() == alone.score.tolist()

    def test_nobody_asked_is_nothing(self) -> None:
        """No customers, no scores."""
        import numpy as np

        shop = shop_of(usual_rows())
        is_open = np.ones(shop.n_products, dtype=bool)
        nobody = np.empty(0, dtype=np.int64)
        assert len(self.make().fit(shop).score(nobody, depth=5, is_open=is_open).asked) == 0

    def test_the_same_one_by_one_as_all_at_once(self) -> None:
        """No customer's answer depends on who else is asked, and asking changes nothing."""
        import numpy as np

        shop = shop_of(usual_rows())
        scorer, is_open = self.make().fit(shop), np.ones(shop.n_products, dtype=bool)
        together = _all(scorer, shop, depth=7)
        for person in _everybody(shop):
            alone = scorer.score(np.array([person]), depth=7, is_open=is_open)
            mine = together.take(together.asked == person)
            for name in ("product", "score", "because"):
                assert getattr(alone, name).tolist() == getattr(mine, name).tolist()

    def test_the_order_of_the_rows_does_not_matter(self) -> None:
        """Rows backwards, same scores."""
        rows = usual_rows()
        plain, turned = shop_of(rows), shop_of(rows[::-1])
        assert _same(_all(self.make().fit(plain), plain), _all(self.make().fit(turned), turned))

    def test_nothing_later_than_as_of_is_read(self) -> None:
        """Rows of the future change nothing."""
        rows = usual_rows()
        then = [("c01", "later", 61.0, f"p{n}") for n in range(5)]
        plain, told = shop_of(rows), shop_of([*rows, *then])
        assert _same(_all(self.make().fit(plain), plain), _all(self.make().fit(told), told))

    def test_degenerate_shops_are_answered(self) -> None:
        """One product, one customer, one day, odd ids, no catalog."""
        for rows in degenerate_rows():
            for with_catalog in (True, False):
                shop = shop_of(rows, with_catalog=with_catalog)
                _check(_all(self.make().fit(shop), shop), shop)

    def test_a_whale_moves_nobody_elses_score(self) -> None:
        """One who buys 50,000 lines in place of 12 moves no score by 1 % of its customer's best."""
        import numpy as np

        small, large = sea(ORDINARY), sea(MANY)
        before, after = (self._matrix(shop) for shop in (small, large))
        best = np.maximum(before.max(axis=1, keepdims=True), 1e-12)
        assert (np.abs(after - before) <= 0.01 * best).all()
        shop_scores = _all(self.make().fit(large), large)
        _check(shop_scores, large)

    def test_what_is_learned_can_be_saved(self) -> None:
        """Arrays of numbers or texts, numbers, texts, and tuples of these."""
        learned = state(self.make().fit(shop_of(usual_rows())))
        assert learned
        assert [name for name, value in learned.items() if not _is_plain(value)] == []

    def _matrix(self, shop: ShopData) -> Any:
        """Return the scores of all but the whale, the last customer: customers x products."""
        import numpy as np

        who = _everybody(shop)[:-1]
        is_open = np.ones(shop.n_products, dtype=bool)
        found = self.make().fit(shop).score(who, depth=shop.n_products, is_open=is_open)
        table = np.zeros((len(who), shop.n_products))
        table[found.asked, found.product] = found.score
        return table


def _everybody(shop: ShopData) -> Any:
    import numpy as np

    return np.arange(len(shop.purchases.customers))


def _odd_ones(shop: ShopData) -> Any:
    import numpy as np

    return np.arange(shop.n_products) % 2 == 1


def _all(scorer: Scorer, shop: ShopData, *, depth: int | None = None, pairs: Any = None) -> Scores:
    import numpy as np

    is_open = np.ones(shop.n_products, dtype=bool)
    most = shop.n_products if depth is None else depth
    return scorer.score(_everybody(shop), depth=most, is_open=is_open, pairs=pairs)


def _keys(scores: Scores, shop: ShopData) -> Any:
    return scores.asked * shop.n_products + scores.product


def _first(scores: Scores, shop: ShopData, depth: int) -> Any:
    """Return where the ``depth`` best of each customer stand, by score and popularity."""
    import numpy as np

    from xenorec.recommend.grouped_arrays import best_each

    place = shop.popularity.place[scores.product]
    return np.sort(best_each(scores.asked, scores.score, place, depth)[0])


def _same(one: Scores, other: Scores) -> bool:
    import numpy as np

    return all(
        np.array_equal(getattr(one, part.name), getattr(other, part.name)) for part in fields(one)
    )


def _check(scores: Scores, shop: ShopData) -> None:
    import numpy as np

    assert np.isfinite(scores.score).all()
    assert (scores.score > 0).all()
    assert (np.diff(_keys(scores, shop)) > 0).all()
    assert ((scores.because >= -1) & (scores.because < shop.n_products)).all()


def _is_plain(value: Any) -> bool:
    import numpy as np

    if isinstance(value, tuple):
        return all(_is_plain(part) for part in value)
    if isinstance(value, np.ndarray):
        return value.dtype != object or all(isinstance(one, str) for one in value.flat)
    return isinstance(value, int | float | str | np.number)
