"""Sources: connectors, folders of files and data frames, landed as canonical rows."""

from xenorec.sources.connector import Connector
from xenorec.sources.files import file_batches
from xenorec.sources.frames import frame_batches
from xenorec.sources.landing import Batch, Landing, land, prepare
from xenorec.sources.report import LoadReport, TableLoad

__all__ = [
    "Batch",
    "Connector",
    "Landing",
    "LoadReport",
    "TableLoad",
    "file_batches",
    "frame_batches",
    "land",
    "prepare",
]
