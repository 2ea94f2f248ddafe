"""Modeling: how anything is learned, proved and kept, whatever it is about."""

from __future__ import annotations

__all__: list[str] = []
