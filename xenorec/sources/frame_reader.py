"""Data frames as a source: whatever speaks Arrow's PyCapsule protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xenorec.engine import Session
from xenorec.schema import table
from xenorec.sources.land_batch import Batch


def frame_batches(
    session: Session,
    frames: Mapping[str, Any],
    *,
    source: str,
    time_zone: str | None,
    currency: str | None,
) -> list[Batch]:
    """Register frames by canonical name and return a batch for each, stores first."""
    batches = []
    for name, frame in frames.items():
        session.register(f"frame_{table(name).name}", frame)
        batches.append(
            Batch(table(name), f"select * from frame_{name}", source, time_zone, currency)
        )
    return in_order(batches)


def in_order(batches: list[Batch]) -> list[Batch]:
    """Return batches with stores first, since stores tell the zone of clock times."""
    return sorted(batches, key=lambda batch: batch.table.name != "stores")
