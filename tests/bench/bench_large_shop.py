"""Fit and full shelves of a large drawn shop: does the time grow no worse than the lines?

Run by hand: ``python -m tests.bench.bench_large_shop [customers ...]``, by default 100,000 (5M
lines) and 1,000,000 (50M lines) of 20,000 products. Each shop is fitted in a process of its own,
so that the peak of its memory is its own too; the frame of lines, which the caller holds, is in it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa

from tests.bench.bench_scorers import drawn_lines
from xenorec.recommend import ShelfRecommender

N_PRODUCTS, N_CATEGORIES = 20_000, 120
SIZES = (100_000, 1_000_000)
ASKED = 20_000


def lines(n_customers: int) -> pa.Table:
    """Return 50 lines of each customer with text ids, each text kept once."""
    table = drawn_lines(n_customers, N_PRODUCTS)
    category = pa.array(np.asarray(table["product_id"]) % N_CATEGORIES)
    table = table.append_column("category", category)
    for name in ("customer_id", "order_id", "product_id", "store_id", "category"):
        at = table.column_names.index(name)
        coded = table[name].combine_chunks().dictionary_encode()
        texts = pa.DictionaryArray.from_arrays(coded.indices, coded.dictionary.cast(pa.string()))
        table = table.set_column(at, name, texts)
    return table


def measure(n_customers: int) -> None:
    """Print the times and the memory of one shop."""
    frame = lines(n_customers)
    held = frame.nbytes / 1e9
    begin = time.perf_counter()
    model = ShelfRecommender().fit(frame)
    fit = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    ids = [str(number) for number in range(min(ASKED, n_customers))]
    begin = time.perf_counter()
    rows = model.shelves(ids)
    rate = len(ids) / (time.perf_counter() - begin)
    print(
        f"{n_customers:>9,} customers {len(frame):>11,} lines: fit {fit:6.1f} s, "
        f"peak {peak:5.2f} GB of which the frame {held:4.2f}, shelves {rate:6,.0f} customers/s "
        f"({len(rows):,} items)",
        flush=True,
    )


def main(sizes: list[str]) -> int:
    """Measure every size in a process of its own."""
    if sizes[:1] == ["one"]:
        measure(int(sizes[1]))
        return 0
    for size in sizes or map(str, SIZES):
        command = [sys.executable, "-m", "tests.bench.bench_large_shop", "one", size]
        subprocess.run(command, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
