"""Configuration: what a shop sets, read and checked once, for all floors above."""

from __future__ import annotations

__all__: list[str] = []
