"""Products that are like one's own by category, brand, price and words of the title."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.recommend.scorers.item_knn import HALF_LIFE, by_similar
from xenorec.recommend.scorers.item_similarity import SimilarItems, similar_products, taste
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores
from xenorec.recommend.scorers.sparse_table import transpose
from xenorec.recommend.shop_data import ShopData

COMMON = 2_000
"""A trait that more products have tells little and is left out; it also bounds the work."""


@dataclass(eq=False)
class ContentBased:
    """Cosine of what is known of two products; each product has its ``k`` nearest.

    ``brand`` (text or None) and ``price`` (NaN when unknown) have one entry per product of the
    purchases. Prices are cut into ``n_bands`` of equal number. A new product is reached as soon
    as it is in the catalog and sold once; where nothing is known nothing is scored.
    """

    brand: Texts | None = None
    price: Floats | None = None
    k: int = 50
    n_bands: int = 5
    half_life: timedelta = HALF_LIFE
    only_new: bool = False
    name: str = "content"

    def fit(self, shop: ShopData) -> Self:
        """Learn the tastes, and what is like what."""
        self.place_, self.tastes_ = shop.popularity.place, taste(shop, self.half_life)
        traits = self._traits(shop)

        def finish(block: Any, rows: slice) -> None:
            np.minimum(block.data, 1.0, out=block.data)

        nearest = similar_products(traits, traits.T.tocsr(), self.place_, self.k, finish)
        self.alike_ = transpose(nearest)
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        owned = self.tastes_ if self.only_new else None
        ask = ScoreRequest(depth, is_open, pairs, self.place_, owned)
        return by_similar(SimilarItems(self.tastes_, self.alike_), customer, ask)

    def _traits(self, shop: ShopData) -> Any:
        """Return products x traits, each row of length 1 or empty."""
        from scipy.sparse import hstack

        n = shop.n_products
        parts = [_one_hot(shop.catalog.category, n), _words(shop.catalog.title, n)]
        if self.brand is not None:
            named = self.brand != None  # noqa: E711  elementwise
            code = np.full(n, -1, dtype=np.int64)
            code[named] = np.unique(self.brand[named].astype(str), return_inverse=True)[1]
            parts.append(_one_hot(code, n))
        if self.price is not None:
            parts.append(0.5 * _one_hot(_bands(self.price, self.n_bands), n, most=n))
        traits = hstack(parts, format="csr")
        length = np.sqrt(np.asarray(traits.multiply(traits).sum(axis=1)).ravel())
        traits.data /= length[np.repeat(np.arange(n), np.diff(traits.indptr))]
        return traits


def _one_hot(code: Ints, n: int, most: int = COMMON) -> Any:
    """Return products x codes; a code of -1, and one that too many have, is none."""
    from scipy.sparse import csr_array

    width = int(code.max(initial=-1)) + 1
    often = np.bincount(code[code >= 0], minlength=width) > most
    row = np.flatnonzero(code >= 0)
    row = row[~often[code[row]]]
    return csr_array((np.ones(len(row)), (row, code[row])), shape=(n, width))


def _words(title: Texts, n: int) -> Any:
    """Return the TF-IDF of the words of the titles."""
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["" if text is None else str(text) for text in title]
    if not any(any(sign.isalnum() for sign in text) for text in texts):
        return csr_array((n, 0))
    words = TfidfVectorizer(token_pattern=r"(?u)\w+", max_df=COMMON if n > COMMON else 1.0)
    try:
        return csr_array(words.fit_transform(texts))
    except ValueError:  # every word is too common
        return csr_array((n, 0))


def _bands(price: Floats, n_bands: int) -> Ints:
    """Return the band of each price, of as many products each as may be; -1 when unknown."""
    known = np.isfinite(price)
    if not known.any():
        return np.full(len(price), -1, dtype=np.int64)
    edges = np.quantile(price[known], np.arange(1, n_bands) / n_bands)
    return np.where(known, np.searchsorted(edges, np.where(known, price, 0.0)), -1)
