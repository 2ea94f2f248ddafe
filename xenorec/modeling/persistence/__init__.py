"""Persistence: a model as a folder of arrays and JSON, and back.

Nothing here is pickled: a folder is data, and reading it runs no code that came with it.
"""

from xenorec.modeling.persistence.decoder import Decoder, revived
from xenorec.modeling.persistence.encoder import Encoder, encoded
from xenorec.modeling.persistence.model_folder import (
    STATE,
    read_folder,
    write_atomically,
    write_folder,
)
from xenorec.modeling.persistence.model_manifest import (
    ANEW,
    ModelManifest,
    damaged,
    is_model,
    read_manifest,
    readable,
    versions,
    write_manifest,
)
from xenorec.modeling.persistence.personal_data import forget_everywhere, holds
from xenorec.modeling.persistence.savable_classes import (
    NO_CLASSES,
    SavableClasses,
    reachable_classes,
    saved_name,
)
from xenorec.modeling.persistence.savable_model import (
    FitManifest,
    SavableModel,
    load_model,
    save_model,
)

__all__ = [
    "ANEW",
    "NO_CLASSES",
    "STATE",
    "Decoder",
    "Encoder",
    "FitManifest",
    "ModelManifest",
    "SavableClasses",
    "SavableModel",
    "damaged",
    "encoded",
    "forget_everywhere",
    "holds",
    "is_model",
    "load_model",
    "reachable_classes",
    "read_folder",
    "read_manifest",
    "readable",
    "revived",
    "save_model",
    "saved_name",
    "versions",
    "write_atomically",
    "write_folder",
    "write_manifest",
]
