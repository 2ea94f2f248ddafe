"""Shelves as they are declared, the words on them, and which products stay private."""

from xenorec.recommend.themes.reason_templates import KINDS, ReasonTemplates
from xenorec.recommend.themes.sensitive_products import SensitiveProducts
from xenorec.recommend.themes.theme import SOURCES, ShelfFilter, Theme
from xenorec.recommend.themes.theme_reader import read_themes

__all__ = [
    "KINDS",
    "SOURCES",
    "ReasonTemplates",
    "SensitiveProducts",
    "ShelfFilter",
    "Theme",
    "read_themes",
]
