"""Sources: connectors, folders of files and data frames, landed as canonical rows."""

from xenorec.sources.connector import Connector
from xenorec.sources.file_reader import file_batches
from xenorec.sources.frame_reader import frame_batches
from xenorec.sources.land_batch import Batch, Landing, land, prepare
from xenorec.sources.load_report import LoadReport, TableLoad

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
