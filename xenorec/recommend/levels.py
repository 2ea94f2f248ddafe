"""Levels: how far an answer fell back from what is known of the customer."""

from __future__ import annotations

LEVELS = ("personal", "segment", "shop", "default")
PERSONAL, SEGMENT, SHOP, DEFAULT = range(4)
