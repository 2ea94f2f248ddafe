"""What must hold of rules and caps for every shop."""

from __future__ import annotations

from copy import copy

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.test_recommend import rows, shop_of
from xenorec.recommend import Rules, ShelfRecommender
from xenorec.recommend.eligibility.category_caps import BEYOND, TAKEN, Cap, Caps
from xenorec.recommend.page.shelf_selection import PageLayout, choose_page

GROUPS = st.lists(st.integers(-1, 3), min_size=12, max_size=12)
NAMES = np.array(list("abcd"), dtype=object)


def caps_of(first: list[int], second: list[int], most: tuple[int, int]) -> Caps:
    groups = (np.array(first), np.array(second))
    return Caps(
        tuple(Cap(rule, NAMES, g, m) for rule, g, m in zip("xy", groups, most, strict=True))
    )


def greedy(products: list[int], caps: Caps, n: int) -> list[int]:
    """A plain loop from the top: what became of each product of one list."""
    counts: list[dict[int, int]] = [{} for _ in caps.caps]
    fates, n_taken = [], 0
    for product in products:
        if n_taken == n:
            fates.append(BEYOND)
            continue
        own = [int(cap.group[product]) for cap in caps.caps]
        full = [
            number
            for number, (cap, group) in enumerate(zip(caps.caps, own, strict=True))
            if group >= 0 and counts[number].get(group, 0) >= cap.most
        ]
        fates.append(full[0] if full else TAKEN)
        if not full:
            n_taken += 1
            for number, group in enumerate(own):
                counts[number][group] = counts[number].get(group, 0) + 1
    return fates


@settings(max_examples=150, deadline=None)
@given(
    GROUPS,
    GROUPS,
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.lists(st.permutations(range(12)), min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_a_capped_list_is_what_a_plain_loop_from_the_top_takes(first, second, most, lists, n):
    caps = caps_of(first, second, most)
    asked = np.repeat(np.arange(len(lists)), 12)
    product = np.array(lists).ravel()
    rank = np.tile(np.arange(1, 13), len(lists))
    mixed = np.random.default_rng(n).permutation(len(asked))
    fate = np.empty(len(asked), dtype=np.int64)
    fate[mixed] = caps.take(asked[mixed], product[mixed], rank[mixed], n)
    assert fate.tolist() == [f for one in lists for f in greedy(one, caps, n)]


@settings(max_examples=150, deadline=None)
@given(
    GROUPS,
    GROUPS,
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=4),
    st.integers(1, 6),
)
def test_the_cells_of_a_capped_shelf_are_what_a_plain_loop_picks(first, second, most, fits, n):
    caps = caps_of(first, second, most)
    table = np.array(fits)
    picked = caps.on(np.tile(np.arange(12), (len(fits), 1))).pick(table, n)
    for one, found in zip(fits, picked, strict=True):
        products = [product for product in range(12) if one[product]]
        taken = [p for p, f in zip(products, greedy(products, caps, n), strict=True) if f == TAKEN]
        assert np.flatnonzero(found).tolist() == taken


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 10_000),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(1, 3),
)
def test_a_capped_page_has_no_hole_and_no_shelf_that_is_too_short(seed, most, least):
    random = np.random.default_rng(seed)
    n, width, n_themes = 4, 16, 4
    groups = [random.integers(-1, 4, width).tolist() for _ in range(2)]
    caps = caps_of(*groups, most)
    product = np.stack([random.permutation(width) for _ in range(n)])
    p_buy = -np.sort(-random.random((n, width)), axis=1)
    fits = random.random((n_themes, n, width)) < 0.6
    page = choose_page(
        p_buy,
        fits,
        np.ones((n, n_themes)),
        np.full(n_themes, least),
        np.zeros(n_themes, dtype=bool),
        PageLayout(3, 3),
        caps.on(product),
    )
    for customer in range(n):
        sizes = (page.cell[customer] >= 0).sum(axis=1)
        themes = page.theme[customer]
        assert ((sizes > 0) == (themes >= 0)).all(), "a shelf that was chosen holds something"
        assert (np.diff(sizes == 0) >= 0).all(), "no empty shelf above a full one"
        assert (sizes[1:][sizes[1:] > 0] >= least).all()
        for cells in page.cell[customer]:
            assert (np.diff((cells < 0).astype(int)) >= 0).all(), "no hole in a shelf"
        cells = page.cell[customer][page.cell[customer] >= 0]
        assert len(set(cells)) == len(cells)
        for cap in caps.caps:
            own = cap.group[product[customer, cells]]
            assert (np.bincount(own[own >= 0], minlength=1) <= cap.most).all()


def listed_shop(drawn) -> tuple[ShelfRecommender, pd.DataFrame, list[str]]:
    shop = shop_of(drawn)
    names = [f"p{i}" for i in range(14)]
    products = pd.DataFrame({"product_id": names, "title": names})
    products["category"] = [f"k{i % 3}" for i in range(14)]
    products["brand"] = [None if i % 5 == 4 else f"b{i % 5}" for i in range(14)]
    model = ShelfRecommender(n_items=3, min_items=2).fit(shop, products)
    return model, products.set_index("product_id"), [*shop["customer_id"].unique(), "nobody"]


@settings(max_examples=40, deadline=None)
@given(rows, st.integers(1, 3), st.integers(1, 3))
def test_caps_hold_on_lists_and_pages_and_leave_no_hole(drawn, per_category, per_brand):
    model, products, asked = listed_shop(drawn)
    ranked = model.recommend(asked, 14)
    capped = copy(model)
    capped.rules = Rules(max_per_category=per_category, max_per_brand=per_brand)
    found, page = capped.recommend(asked, 4), capped.shelves(asked)
    for customer in asked:
        own = ranked[ranked["customer_id"] == customer]["product_id"].tolist()
        expected, counts = [], {}
        for product in own:
            groups = [products.loc[product, "category"], products.loc[product, "brand"]]
            most = {groups[0]: per_category, groups[1]: per_brand}
            named = [group for group in groups if isinstance(group, str)]
            if len(expected) < 4 and all(counts.get(g, 0) < most[g] for g in named):
                expected.append(product)
                for group in named:
                    counts[group] = counts.get(group, 0) + 1
        mine = found[found["customer_id"] == customer]
        assert mine["product_id"].tolist() == expected
        assert mine["rank"].tolist() == list(range(1, len(expected) + 1))
    page = page.join(products[["category", "brand"]], on="product_id")
    assert (page.groupby(["customer_id", "category"]).size() <= per_category).all()
    assert (page.groupby(["customer_id", "brand"]).size() <= per_brand).all()
    assert not page.duplicated(["customer_id", "product_id"]).any()
    assert set(page["customer_id"]) == set(asked)
    for _, shelf in page.groupby(["customer_id", "shelf"]):
        assert shelf["item_rank"].tolist() == list(range(1, len(shelf) + 1))
    ranks = page.groupby("customer_id")["shelf_rank"].unique()
    assert all(list(r) == list(range(1, len(r) + 1)) for r in ranks)


@settings(max_examples=40, deadline=None)
@given(rows, st.integers(1, 60), st.sets(st.sampled_from(["k0", "k1", "k2"]), min_size=1))
def test_nothing_closed_is_shown_and_the_counts_add_up(drawn, days, blocked):
    model, products, asked = listed_shop(drawn)
    shop = shop_of(drawn)
    everything = model.removals(asked)["n_cells"].sum()
    strict = copy(model)
    strict.rules = Rules(
        bought_within=f"{days}d",
        blocked=pd.DataFrame({"customer_id": asked[0], "category": sorted(blocked)}),
    )
    late = shop[shop["ordered_at"] > pd.Timestamp(model.as_of_) - pd.Timedelta(days=days)]
    closed = set(zip(late["customer_id"], late["product_id"], strict=True))
    unwanted = set(products.index[products["category"].isin(blocked)])
    closed |= {(asked[0], product) for product in unwanted}
    n_sold = shop["product_id"].nunique()
    listed = strict.recommend(asked, 14)
    for frame in (listed, strict.shelves(asked)):
        assert not closed & set(zip(frame["customer_id"], frame["product_id"], strict=True))
    for customer in asked:
        n_open = n_sold - len(
            {p for c, p in closed if c == customer and p in set(shop["product_id"])}
        )
        assert (listed["customer_id"] == customer).sum() == n_open, "everybody gets all there is"
    table = strict.removals(asked)
    assert table["n_cells"].sum() == everything
    assert table.set_index("rule").loc["left", "n_customers"] <= len(asked)
