"""Creative: which picture a customer sees, and how likely that was."""

from __future__ import annotations

from typing import Any

from xenorec.creative.artwork_choice import Arm, ArmChooser, ArtworkChoice
from xenorec.creative.category_pictures import Picture, PictureShelf, pictures
from xenorec.renamed import renamed

__all__ = ["Arm", "ArmChooser", "ArtworkChoice", "Picture", "PictureShelf", "pictures"]

_RENAMED = {"Choice": "ArtworkChoice"}


def __getattr__(name: str) -> Any:
    """Give what was renamed by its old name, with a warning (PEP 562)."""
    return renamed(__name__, name, _RENAMED)
