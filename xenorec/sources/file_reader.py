"""A folder of CSV or Parquet files named after canonical tables."""

from __future__ import annotations

from pathlib import Path

from xenorec.errors import BadInput, MissingFile
from xenorec.schema import TABLES, table
from xenorec.sources.frame_reader import in_order
from xenorec.sources.land_batch import Batch

DATA = {".csv", ".tsv", ".gz", ".parquet", ".xlsx", ".json", ".jsonl"}
ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv")


def read_sql(path: Path) -> str:
    """Return the query that reads one CSV or Parquet file; CSV values stay text.

    Lines of a CSV file that cannot be read are kept by the engine, for the quarantine.
    """
    name = str(path).replace("'", "''")
    if path.name.lower().endswith(".parquet"):
        return f"select * from read_parquet('{name}')"
    return (
        f"select * from read_csv('{name}', header = true, all_varchar = true, quote = '\"', "
        "escape = '\"', store_rejects = true)"
    )


def find_file(folder: Path, stem: str) -> Path | None:
    """Return the file of that name in a folder, whatever its ending."""
    names = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    found = (names.get(f"{stem}{ending}".lower()) for ending in ENDINGS)
    return next((path for path in found if path is not None), None)


def file_batches(
    folder: Path, *, source: str, time_zone: str | None, currency: str | None
) -> tuple[list[Batch], tuple[str, ...]]:
    """Return a batch for every file named after a canonical table, and the names of the others."""
    if not folder.is_dir():
        raise MissingFile(f"There is no folder {folder}. Give the folder with your CSV files.")
    found = {name: find_file(folder, name) for name in TABLES}
    batches = [
        Batch(table(name), read_sql(path), source, time_zone, currency, _first_line(path))
        for name, path in found.items()
        if path is not None
    ]
    if not batches:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
        raise BadInput(
            f"No file in {folder} is named after a canonical table; there is {there}. "
            f"Name them like orders.csv or order_lines.parquet; tables: {', '.join(TABLES)}."
        )
    used = {path for path in found.values() if path is not None}
    others = tuple(
        sorted(p.name for p in folder.iterdir() if p not in used and p.suffix.lower() in DATA)
    )
    return in_order(batches), others


def _first_line(path: Path) -> int:
    """Return the line of a file's first row: a CSV file has its header before it."""
    return 1 if path.name.lower().endswith(".parquet") else 2
