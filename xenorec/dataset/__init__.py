"""Data for models: frames as coded columns, and which rows are of one order."""

from __future__ import annotations

__all__: list[str] = []
