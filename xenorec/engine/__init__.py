"""Engines run relational work; the rest of the code never sees one."""

from xenorec.engine.batches import map_batches
from xenorec.engine.duckdb import DuckEngine, Session, query_frames

__all__ = ["DuckEngine", "Session", "map_batches", "query_frames"]
