"""Whatever comes in whatever order and however often, a till keeps each thing once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.pos.folders import meta
from xenorec.errors import BadInput
from xenorec.pos import Customer, Till
from xenorec.pos.identifier_hashes import normalise
from xenorec.pos.journal import read_journal
from xenorec.pos.serving_store import write_serving

LETTERS = st.characters(exclude_categories=("C", "Z"))
IDS = st.text(st.sampled_from("ab/%2F:' ") | LETTERS, min_size=1, max_size=6)
AMOUNTS = st.decimals(min_value=-9999, max_value=9999, places=4, allow_nan=False)
LINES = st.lists(st.tuples(IDS, st.integers(-9, 99), AMOUNTS), min_size=1, max_size=4)
PRODUCTS = st.sampled_from([f"p{n}" for n in range(9)])


@contextmanager
def till(**rows: list[tuple[object, ...]]) -> Iterator[Till]:
    with tempfile.TemporaryDirectory() as name:
        write_serving(Path(name), meta=meta(), rows=rows)  # type: ignore[arg-type]
        with Till.open(name) as found:
            yield found


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), LINES), max_size=8), st.randoms())
def test_the_first_content_of_each_order_is_kept_and_nothing_else(orders, random) -> None:
    first: dict[str, object] = {}
    with till() as found:
        for order_id, lines in orders:
            wanted = [(p, Decimal(q), a) for p, q, a in lines]
            try:
                is_new = found.record_order(order_id, lines=lines)
            except BadInput:
                assert first[order_id] != wanted
                continue
            assert is_new == (order_id not in first)
            assert first.setdefault(order_id, wanted) == wanted
        before = list(read_journal(found.folder))
        again = [(order_id, first[order_id]) for order_id in first]
        random.shuffle(again)
        for order_id, lines in again:
            assert found.record_order(order_id, lines=lines) is False
        assert list(read_journal(found.folder)) == before
    kept = {
        entry.body["order_id"]: [(p, Decimal(q), Decimal(a)) for p, q, a in entry.body["lines"]]
        for entry in before
    }
    assert kept == first


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=6))
def test_every_pair_of_offer_and_order_is_redeemed_once(pairs) -> None:
    coupons = [(offer_id, "t", "d", "c", None, None) for offer_id, _ in pairs]
    with till(coupons=coupons) as found:
        new = [found.redeem(offer_id, order_id=order_id) for offer_id, order_id in pairs * 2]
        kept = list(read_journal(found.folder))
    assert sum(new) == len(kept) == len(set(pairs))
    assert {(e.body["offer_id"], e.body["order_id"]) for e in kept} == set(pairs)


@settings(max_examples=60, deadline=None)
@given(
    own=st.lists(PRODUCTS, max_size=6),
    popular=st.lists(PRODUCTS, max_size=6),
    pairs=st.lists(st.tuples(PRODUCTS, PRODUCTS), max_size=8),
    basket=st.lists(PRODUCTS, max_size=4),
    limit=st.integers(0, 7),
)
def test_no_offer_is_in_the_basket_and_none_comes_twice(own, popular, pairs, basket, limit) -> None:
    rows = {
        "offers": [("w", n, p, p, "s", "r", "1", None) for n, p in enumerate(own)],
        "popular": [(n, p, p, "r", "1", None) for n, p in enumerate(popular)],
        "pairs": [(p, n, other, other, "r", "1") for n, (p, other) in enumerate(pairs)],
    }
    with till(**rows) as found:
        ids = [o.product_id for o in found.offers(Customer("w"), basket=basket, limit=limit)]
        all_ids = [o.product_id for o in found.offers(Customer("w"), basket=basket, limit=99)]
    assert len(ids) == len(set(ids)) <= limit
    assert not set(ids) & set(basket)
    assert ids == all_ids[:limit]
    firsts = [p for p in dict.fromkeys(own) if p not in basket]
    assert all_ids[: len(firsts)] == firsts


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["phone", "email", "card"]), st.text(max_size=20))
def test_a_normalised_key_stays_as_it_is(kind, text) -> None:
    try:
        once = normalise(kind, text)
    except BadInput:
        return
    assert normalise(kind, once) == once
    assert normalise(kind, f"  {once} ") == once


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"98[1-9][0-9]{7}", fullmatch=True), st.randoms())
def test_a_phone_is_one_however_it_is_written(digits, random) -> None:
    spaced = "".join(digit + random.choice(["", " ", "-", "."]) for digit in digits)
    for start in ("+91", "0091", " +9 1", "0 091"):
        assert normalise("phone", start + spaced) == f"+91{digits}"
    for start in ("", "0", "(0) ", "+91 (0)"):
        assert normalise("phone", start + spaced, "IN") == f"+91{digits}"
