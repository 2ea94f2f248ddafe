"""What models read: a dataset of coded tables, cut at one instant, and what an order is of."""

from __future__ import annotations

__all__: list[str] = []
