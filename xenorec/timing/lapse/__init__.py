"""Lapse: who is about to be lost by their own cycle, and when it still pays to win them back."""

from __future__ import annotations

from xenorec.timing.lapse.model import STATES, Lapse

__all__ = ["STATES", "Lapse"]
