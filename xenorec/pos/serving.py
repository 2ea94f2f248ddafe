"""``serving.sqlite``: what a till reads. Published whole and replaced by an atomic rename."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from xenorec.errors import BadInput, MissingFile
from xenorec.pos.disk import readable

VERSION = 1
NAME = "serving.sqlite"

TABLES = """
create table meta (name text primary key, value text not null);
create table keys (hash text primary key, ref text not null) without rowid;
create table offers (ref text, rank integer, product_id text, title text, shelf text, reason text,
  price text, image text, primary key (ref, rank)) without rowid;
create table popular (rank integer primary key, product_id text, title text, reason text,
  price text, image text);
create table pairs (product_id text, rank integer, other_id text, title text, reason text,
  price text, primary key (product_id, rank)) without rowid;
create table coupons (offer_id text primary key, title text, discount text, coupon_code text,
  valid_from text, valid_to text) without rowid;
create table coupon_products (offer_id text, product_id text, primary key (offer_id, product_id))
  without rowid;
"""

COLUMNS = {
    "keys": 2,
    "offers": 8,
    "popular": 6,
    "pairs": 6,
    "coupons": 6,
    "coupon_products": 2,
}


def write_serving(
    folder: Path, *, meta: dict[str, str], rows: dict[str, Iterable[Sequence[Any]]]
) -> dict[str, int]:
    """Write ``folder/serving.sqlite`` and return the number of rows of each table.

    The file is made under another name, forced to disk and put in place by one rename: a till
    sees the old one or the new one, never a part. ``rows`` are tuples in the tables' order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    try:
        counts = _fill(temporary, meta, rows)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def open_serving(path: Path) -> tuple[sqlite3.Connection, dict[str, str]]:
    """Open a serving file for reading and return it with its meta data.

    Raises MissingFile when there is none and BadInput when it is not one, or of a newer version.
    """
    if not path.is_file():
        raise MissingFile(
            f"There is no {path}. Publish the till first: xenorec till publish {path.parent} "
            "--store-id STORE"
        )
    with readable(path):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=True)
        meta = dict(connection.execute("select name, value from meta"))
    if int(meta.get("version", "0")) > VERSION:
        connection.close()
        raise BadInput(
            f"{path} has version {meta['version']}; this till knows {VERSION}. Upgrade xenorec "
            "on the till."
        )
    return connection, meta


def _fill(
    path: Path, meta: dict[str, str], rows: dict[str, Iterable[Sequence[Any]]]
) -> dict[str, int]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("pragma journal_mode = off; pragma synchronous = off;" + TABLES)
        connection.execute("begin")
        for name, width in COLUMNS.items():
            marks = ", ".join("?" * width)
            connection.executemany(
                f"insert or ignore into {name} values ({marks})", rows.get(name, ())
            )
        counts = {
            name: int(connection.execute(f"select count(*) from {name}").fetchone()[0])
            for name in COLUMNS
        }
        facts = {**meta, "version": str(VERSION), **{f"n_{k}": str(v) for k, v in counts.items()}}
        connection.executemany("insert into meta values (?, ?)", sorted(facts.items()))
        connection.execute("commit")
    finally:
        connection.close()
    return counts
