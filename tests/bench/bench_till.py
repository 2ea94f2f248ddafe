"""How fast a till answers with 100,000 customers, beside a bare dict look-up; run as a script."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xenorec.hash_uniform import uniform
from xenorec.pos import Till
from xenorec.pos.identifier_hashes import keyed_hash
from xenorec.pos.revocations import revoke
from xenorec.pos.serving_store import NAME, write_serving

N_CUSTOMERS = 100_000
N_OFFERS = 8
N_PRODUCTS = 20_000
N_COUPONS = 5_000
N_CALLS = 5_000
N_ORDERS = 300
N_REVOKED = 10_000
SALT = "salt"


def phone(number: int) -> str:
    return f"+91{9_800_000_000 + number}"


def rows() -> dict[str, Iterator[tuple[Any, ...]]]:
    """Return a chain's rows: every customer with eight offers, every product with five pairs."""
    people, products = range(N_CUSTOMERS), range(N_PRODUCTS)
    coupons = range(N_COUPONS)
    return {
        "keys": ((keyed_hash("phone", phone(n), SALT), f"c{n}") for n in people),
        "offers": (_offer(n, k) for n in people for k in range(N_OFFERS)),
        "popular": ((k, f"p{k}", "A product, 12 oz", "why", "3.50", None) for k in range(40)),
        "pairs": (
            (f"p{n}", k, f"p{(n + 97 * k) % N_PRODUCTS}", "A product, 12 oz", "why", "3.50")
            for n in products
            for k in range(1, 6)
        ),
        "coupons": ((f"o{n}", "Coupon", "10%", f"C{n}", None, None) for n in coupons),
        "coupon_products": ((f"o{n}", f"p{n * 3 % N_PRODUCTS}") for n in coupons),
    }


def _offer(n: int, k: int) -> tuple[Any, ...]:
    product_id = f"p{(n * 7 + k * 31) % N_PRODUCTS}"
    return (f"c{n}", k, product_id, "A product, 12 oz", "for_you", "why", "3.50", None)


def report(label: str, call: Callable[[int], object], n: int = N_CALLS) -> None:
    """Print the median and the 99th percentile of ``call``, in microseconds."""
    times = []
    for i in range(n):
        start = time.perf_counter_ns()
        call(i)
        times.append(time.perf_counter_ns() - start)
    times.sort()
    print(
        f"{label:44s} p50 {times[n // 2] / 1e3:9.1f} µs   p99 {times[n * 99 // 100] / 1e3:9.1f} µs"
    )


def main() -> int:
    some = [int(uniform("bench", str(i)) * N_CUSTOMERS) for i in range(N_CALLS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        write_serving(folder, meta={"store_id": "s1", "currency": "INR", "salt": SALT}, rows=rows())
        size = (folder / NAME).stat().st_size / 1e6
        print(f"write_serving {time.perf_counter() - start:.1f} s, {size:.0f} MB")
        start = time.perf_counter()
        revoke(folder, (f"erased {n}" for n in range(N_REVOKED)))
        print(f"revoke {N_REVOKED:,} customers {time.perf_counter() - start:.2f} s")
        start = time.perf_counter()
        till = Till.open(folder)
        print(f"Till.open {(time.perf_counter() - start) * 1e3:.1f} ms")
        bare = {phone(n): f"c{n}" for n in range(N_CUSTOMERS)}
        who = [till.identify(phone=phone(n)) for n in some]
        report("a bare dict look-up", lambda i: bare[phone(some[i])])
        report("identify, known", lambda i: till.identify(phone=phone(some[i])))
        report("identify, unknown", lambda i: till.identify(phone=phone(-1 - some[i])))
        report("offers, known, empty basket", lambda i: till.offers(who[i]))
        basket = [f"p{n}" for n in range(0, 6_000, 300)]
        report("offers, known, basket of 20", lambda i: till.offers(who[i], basket=basket))
        report("offers, unknown, basket of 20", lambda i: till.offers(None, basket=basket))
        lines = [(f"p{n}", 1, "3.50") for n in range(12)]
        report(
            "record_order, 12 lines, on disk",
            lambda i: till.record_order(f"s1/{i}", customer=who[i], lines=lines),
            N_ORDERS,
        )
        report(
            "record_order, the same again",
            lambda i: till.record_order(f"s1/{i}", customer=who[i], lines=lines),
            N_ORDERS,
        )
        report("redeem, on disk", lambda i: till.redeem(f"o{i}", order_id=f"s1/{i}"), N_ORDERS)
        start = time.perf_counter()
        till.check()
        print(f"check {time.perf_counter() - start:.1f} s")
        till.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
