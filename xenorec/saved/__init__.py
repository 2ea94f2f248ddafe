"""Saved: a model as a folder of arrays and JSON, and back.

Nothing here is pickled: a folder is data, and reading it runs no code that came with it.
"""

from xenorec.saved.decode import Decoder, revived
from xenorec.saved.encode import Encoder, encoded
from xenorec.saved.folder import STATE, read_folder, write_atomically, write_folder
from xenorec.saved.forget import forget_everywhere, holds
from xenorec.saved.manifest import (
    Manifest,
    damaged,
    is_model,
    read_manifest,
    readable,
    versions,
    write_manifest,
)
from xenorec.saved.registry import NO_CLASSES, Registry, reached

__all__ = [
    "NO_CLASSES",
    "STATE",
    "Decoder",
    "Encoder",
    "Manifest",
    "Registry",
    "damaged",
    "encoded",
    "forget_everywhere",
    "holds",
    "is_model",
    "reached",
    "read_folder",
    "read_manifest",
    "readable",
    "revived",
    "versions",
    "write_atomically",
    "write_folder",
    "write_manifest",
]
