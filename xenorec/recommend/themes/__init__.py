"""Shelves as they are declared, the words on them, and which products stay private."""

from xenorec.recommend.themes.reading import read_themes
from xenorec.recommend.themes.reasons import KINDS, Reasons
from xenorec.recommend.themes.sensitive import Sensitive
from xenorec.recommend.themes.theme import SOURCES, Filter, Theme

__all__ = ["KINDS", "SOURCES", "Filter", "Reasons", "Sensitive", "Theme", "read_themes"]
