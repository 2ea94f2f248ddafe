"""A folder of CSV or Parquet files named after canonical tables."""

from __future__ import annotations

from pathlib import Path

from xenorec.errors import BadInput, MissingFile
from xenorec.schema import TABLES, table
from xenorec.sources.frames import in_order
from xenorec.sources.landing import Batch

ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv")


def read_sql(path: Path) -> str:
    """Return the query that reads one CSV or Parquet file; CSV values stay text."""
    name = str(path).replace("'", "''")
    if path.name.endswith(".parquet"):
        return f"select * from read_parquet('{name}')"
    return f"select * from read_csv('{name}', header = true, all_varchar = true)"


def find_file(folder: Path, stem: str) -> Path | None:
    """Return the file of that name in a folder, whatever its ending."""
    for ending in ENDINGS:
        path = folder / f"{stem}{ending}"
        if path.is_file():
            return path
    return None


def file_batches(
    folder: Path, *, source: str, time_zone: str | None, currency: str | None
) -> list[Batch]:
    """Return a batch for every file in ``folder`` that is named after a canonical table."""
    if not folder.is_dir():
        raise MissingFile(f"There is no folder {folder}. Give the folder with your CSV files.")
    found = {name: find_file(folder, name) for name in TABLES}
    batches = [
        Batch(table(name), read_sql(path), source, time_zone, currency)
        for name, path in found.items()
        if path is not None
    ]
    if not batches:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
        raise BadInput(
            f"No file in {folder} is named after a canonical table; there is {there}. "
            f"Name them like orders.csv or order_lines.parquet; tables: {', '.join(TABLES)}."
        )
    return in_order(batches)
