"""Occasions: when feasts, paydays and personal days are, and how much more is sold around them.

Public names are those of ``xenorec.timing``; this folder loads nothing by itself.
"""

__all__: list[str] = []
