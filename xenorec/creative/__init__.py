"""Creative: which picture a customer sees, and how likely that was."""

from xenorec.creative.artwork_choice import Arm, ArmChooser, ArtworkChoice
from xenorec.creative.category_pictures import Picture, PictureShelf, pictures

__all__ = ["Arm", "ArmChooser", "ArtworkChoice", "Picture", "PictureShelf", "pictures"]
