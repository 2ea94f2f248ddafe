"""A column that a fitted model can add to a profile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelColumn:
    """One profile column: its ``name``, its Arrow ``type`` as text, and what it means."""

    name: str
    type: str
    meaning: str
