"""Shelves as they are declared, the words on them, and which products stay private."""

from __future__ import annotations

from typing import Any

from xenorec.recommend.themes.reason_templates import KINDS, ReasonTemplates
from xenorec.recommend.themes.sensitive_products import SensitiveProducts
from xenorec.recommend.themes.theme import SOURCES, ShelfFilter, Theme
from xenorec.recommend.themes.theme_reader import read_themes
from xenorec.renamed import renamed

__all__ = [
    "KINDS",
    "SOURCES",
    "ReasonTemplates",
    "SensitiveProducts",
    "ShelfFilter",
    "Theme",
    "read_themes",
]

_RENAMED = {"Filter": "ShelfFilter", "Reasons": "ReasonTemplates", "Sensitive": "SensitiveProducts"}


def __getattr__(name: str) -> Any:
    """Give what was renamed by its old name, with a warning (PEP 562)."""
    return renamed(__name__, name, _RENAMED)
