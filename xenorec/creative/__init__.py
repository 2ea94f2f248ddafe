"""Creative: which picture a customer sees, and how likely that was."""

from xenorec.creative.arms import Arm, ArmChooser, Choice
from xenorec.creative.pictures import Picture, PictureShelf, pictures

__all__ = ["Arm", "ArmChooser", "Choice", "Picture", "PictureShelf", "pictures"]
