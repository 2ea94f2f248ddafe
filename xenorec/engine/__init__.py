"""Engines run relational work; the rest of the code never sees one.

Importing this folder is cheap; DuckDB is loaded when an engine is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xenorec.engine.batch_scoring import map_batches

if TYPE_CHECKING:
    from xenorec.engine.duckdb_engine import DuckEngine, Session, query_frames

__all__ = ["DuckEngine", "Session", "map_batches", "query_frames"]


def __getattr__(name: str) -> Any:
    """Load DuckDB at the first use of what needs it (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'xenorec.engine' has no attribute {name!r}")
    from xenorec.engine import duckdb_engine

    return getattr(duckdb_engine, name)
