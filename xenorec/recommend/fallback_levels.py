"""Fallback levels: how far an answer fell back from what is known of the customer."""

from __future__ import annotations

LEVELS = ("personal", "segment", "shop", "default", "editorial")
PERSONAL, SEGMENT, SHOP, DEFAULT, EDITORIAL = range(5)
"""With an editorial list that list is the last level, else what sold once."""
