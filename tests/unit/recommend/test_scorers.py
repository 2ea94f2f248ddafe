from __future__ import annotations

import numpy as np
import pytest

from xenorec.modeling import parallel
from xenorec.recommend.scorers import (
    Ease,
    ItemKnn,
    Scores,
    TifuKnn,
    UpCf,
    item_similarity,
    knn,
    tifuknn,
)
from xenorec.recommend.scorers import scorer as scorer_module
from xenorec.recommend.shop_data import ShopData
from xenorec.testing import ScorerSuite
from xenorec.testing.scorer_shops import shop_of


class TestNeighbours(ScorerSuite):
    def make(self) -> TifuKnn:
        return TifuKnn()


class TestUserPopularity(ScorerSuite):
    def make(self) -> UpCf:
        return UpCf()


class TestCustomerItems(ScorerSuite):
    def make(self) -> ItemKnn:
        return ItemKnn()


class TestEase(ScorerSuite):
    def make(self) -> Ease:
        return Ease()


def toy() -> ShopData:
    return shop_of(
        [
            (f"c{c:02d}", f"o{c}-{visit}", float(visit * 3 + c % 3), f"p{(c * c + visit * k) % 9}")
            for c in range(30)
            for visit in range(1 + c % 11)
            for k in range(1, 4)
        ]
    )


def matrix(scores: Scores, shop: ShopData) -> np.ndarray:
    table = np.zeros((len(shop.purchases.customers), shop.n_products))
    table[scores.asked, scores.product] = scores.score
    return table


def everything(scorer: object, shop: ShopData) -> Scores:
    who = np.arange(len(shop.purchases.customers))
    is_open = np.ones(shop.n_products, dtype=bool)
    return scorer.fit(shop).score(who, depth=shop.n_products, is_open=is_open)  # type: ignore[attr-defined]


def baskets(shop: ShopData) -> list[list[np.ndarray]]:
    """Each customer's orders as rows of zeros and ones, oldest first."""
    purchases = shop.purchases
    held = np.zeros((len(purchases.orders), shop.n_products))
    held[purchases.order, purchases.product] = 1.0
    return [list(held[purchases.orders.customer == c]) for c in range(len(purchases.customers))]


def plain_frequency(orders: list[np.ndarray]) -> np.ndarray:
    n = min(7, len(orders))
    size, extra = divmod(len(orders), n)
    sizes = [size] * (n - extra) + [size + 1] * extra
    ends = np.cumsum(sizes)
    groups = [np.mean(orders[end - k : end], axis=0) for k, end in zip(sizes, ends, strict=True)]
    return sum(0.9 ** (n - 1 - g) * group for g, group in enumerate(groups)) / n


def test_neighbours_are_those_of_a_plain_dense_computation() -> None:
    shop = toy()
    own = np.array([plain_frequency(orders) for orders in baskets(shop)])
    expected = []
    for c, mine in enumerate(own):
        apart = np.linalg.norm(own - mine, axis=1)
        apart[c] = np.inf
        near = np.argsort(np.round(apart, 9), kind="stable")[:5]
        expected.append(0.7 * mine + 0.3 * own[near].mean(axis=0))
    found = matrix(everything(TifuKnn(k=5), shop), shop)
    assert found == pytest.approx(np.array(expected), rel=1e-5)


def test_user_popularity_is_that_of_a_plain_dense_computation() -> None:
    shop = toy()
    orders = baskets(shop)
    sets = np.array([np.max(mine, axis=0) for mine in orders])
    popular = np.array([np.mean(mine[-4:], axis=0) for mine in orders])
    size = sets.sum(axis=1)
    expected = []
    for c in range(len(sets)):
        alike = sets @ sets[c] / (size[c] ** 0.75 * size**0.25)
        alike[c] = -np.inf
        near = np.argsort(-np.round(alike, 6), kind="stable")[:5]
        expected.append(popular[c] + alike[near] ** 5 @ popular[near])
    found = matrix(everything(UpCf(r=4, k=5), shop), shop)
    assert found == pytest.approx(np.array(expected), rel=1e-5)


def test_a_sample_of_all_customers_finds_the_exact_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = toy()
    exact = everything(UpCf(k=5), shop)
    monkeypatch.setattr(knn, "EXACT_UP_TO", 10)
    sampled = everything(UpCf(k=5, most=30), shop)
    assert matrix(sampled, shop).tolist() == matrix(exact, shop).tolist()


@pytest.mark.parametrize("make", [TifuKnn, UpCf])
def test_a_sample_answers_the_same_one_by_one_as_all_at_once(
    make: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knn, "EXACT_UP_TO", 10)
    monkeypatch.setattr(tifuknn, "EXACT_UP_TO", 10)
    shop = toy()
    together = everything(scorer := make(k=5, most=20), shop)
    assert len(scorer.nearest_.customer) == 20
    is_open = np.ones(shop.n_products, dtype=bool)
    for person in range(len(shop.purchases.customers)):
        alone = scorer.score(np.array([person]), depth=shop.n_products, is_open=is_open)
        mine = together.take(together.asked == person)
        assert alone.score.tolist() == mine.score.tolist()


def two_tastes() -> ShopData:
    """Even customers buy p0 p2 p4, odd ones p1 p3 p5; c00 lacks p4 and c01 lacks p5."""
    rows = [
        (f"c{c:02d}", f"o{c}-{visit}", float(visit), f"p{p}")
        for c in range(20)
        for visit in range(5)
        for p in range(c % 2, 6, 2)
        if (c, p) not in {(0, 4), (1, 5)}
    ]
    return shop_of(rows)


@pytest.mark.parametrize("make", [ItemKnn, Ease])
def test_what_the_like_minded_bought_is_offered_with_an_own_product_as_reason(make: type) -> None:
    shop = two_tastes()
    names = shop.purchases.products
    is_open = np.ones(shop.n_products, dtype=bool)
    scorer = make(only_new=True).fit(shop)
    found = scorer.score(np.array([0, 1]), depth=1, is_open=is_open)
    assert names[found.product].tolist() == ["p4", "p5"]
    assert names[found.because].tolist() in (["p0", "p1"], ["p2", "p3"])


def test_customer_items_have_the_similarity_and_the_reason_of_a_plain_dense_computation() -> None:
    shop = toy()
    scorer = ItemKnn(k=3).fit(shop)
    value = scorer.tastes_.csr().toarray()
    mass = value.sum(axis=1) ** 2
    most = np.quantile(mass, 0.9, method="higher")
    capped = value * np.sqrt(most / np.maximum(mass, most))[:, None]
    product, length = capped.T @ capped, np.linalg.norm(capped, axis=0)
    common = product / np.mean(capped[capped > 0] ** 2)
    alike = product / np.outer(length, length) * common / (common + 5.0)
    np.fill_diagonal(alike, 0.0)
    alike[alike < np.sort(alike, axis=1)[:, [-3]]] = 0.0
    assert scorer.alike_.csr().toarray() == pytest.approx(alike, rel=1e-4)
    found = everything(scorer, shop)
    assert matrix(found, shop) == pytest.approx(value @ alike, rel=1e-4)
    adds = value[found.asked] * alike[:, found.product].T
    assert found.because.tolist() == adds.argmax(axis=1).tolist()


@pytest.mark.parametrize("make", [ItemKnn, Ease])
def test_without_reasons_the_same_is_offered(make: type) -> None:
    shop = toy()
    plain, told = everything(make(with_reasons=False), shop), everything(make(), shop)
    assert (plain.because == -1).all()
    assert (told.because >= 0).all()
    assert matrix(plain, shop).tolist() == matrix(told, shop).tolist()


@pytest.mark.parametrize("make", [ItemKnn, Ease, TifuKnn, UpCf])
def test_blocks_and_threads_change_nothing(make: type, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = toy()
    together = everything(make(), shop)
    monkeypatch.setattr(scorer_module, "AT_ONCE", 2)
    monkeypatch.setattr(item_similarity, "ENTRIES_AT_ONCE", 10)
    monkeypatch.setattr(item_similarity, "PEOPLE_AT_ONCE", 1)
    for n in (1, 4):
        monkeypatch.setattr(parallel, "_processors", lambda n=n: n)
        apart = everything(make(), shop)
        assert matrix(apart, shop).tolist() == matrix(together, shop).tolist()
        assert apart.because.tolist() == together.because.tolist()


def test_ease_has_the_weights_of_the_closed_form() -> None:
    shop = toy()
    scorer = Ease(ridge=0.5).fit(shop)
    value = scorer.tastes_.csr().toarray()
    mass = value.sum(axis=1) ** 2
    most = np.quantile(mass, 0.9, method="higher")
    value = value * np.sqrt(most / np.maximum(mass, most))[:, None]
    gram = value.T @ value
    inverse = np.linalg.inv(gram + 0.5 * np.trace(gram) / len(gram) * np.eye(len(gram)))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    assert scorer.weight_ == pytest.approx(expected, abs=1e-5)
