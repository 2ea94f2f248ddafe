"""Scoring: a pure function from an Arrow table to an Arrow table, a piece at a time."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from xenorec.modeling.parallel import in_threads

ROWS = 50_000


def map_batches(
    score: Callable[[pa.Table], pa.Table], table: pa.Table, *, rows: int = ROWS
) -> pa.Table:
    """Return ``score`` of every piece of ``table``, put together in order.

    ``score`` sees at most ``rows`` rows at a time and must give the same schema for each; pieces
    are scored side by side in threads, so it must change nothing. An empty table is scored once,
    so that its schema is known.
    """
    pieces = [table.slice(start, rows) for start in range(0, max(table.num_rows, 1), rows)]
    return pa.concat_tables(list(in_threads(score, pieces)))
