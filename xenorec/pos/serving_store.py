"""``serving.sqlite``: what a till reads. Published whole and replaced by an atomic rename."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from xenorec.errors import BadInput, MissingFile
from xenorec.pos.file_errors import connect, make_private, readable, writable

VERSION = 2
READ = ("1", "2")
"""Versions that a till can read; in the first, a salt in the file alone hashed the keys."""
NAME = "serving.sqlite"
NEEDED = ("version", "store_id", "currency", "salt")

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
create table coupon_products (offer_id text, product_id text, primary key (product_id, offer_id))
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

    The file is made for its owner alone under another name, forced to disk and put in place by one
    rename: a till sees the old one or the new one, never a part. ``rows`` are tuples in the tables'
    order; ``meta`` needs store_id, currency and salt, and should say shop_id, former_shops,
    country, decimals and key_id. A key that two customers hold is left out: a till would show the
    offers of one to the other. Raises BadInput for missing meta data, DiskFull.
    """
    _need({"version": str(VERSION), **meta}, folder / NAME)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    try:
        with writable(temporary):
            make_private(temporary)
            counts = _fill(temporary, meta, rows)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def open_serving(
    path: Path, store_id: str | None = None
) -> tuple[sqlite3.Connection, dict[str, str]]:
    """Open a serving file for reading and return it with its meta data.

    Raises MissingFile when there is none and BadInput when it is not one, of a newer version, or
    of another store than ``store_id``.
    """
    if not path.is_file():
        raise MissingFile(
            f"There is no {path}. Publish the till first: xenorec till publish {path.parent} "
            "--store-id STORE"
        )
    with readable(path):
        connection = connect(path, mode="ro")
        try:
            meta = dict(connection.execute("select name, value from meta"))
            _accept(meta, path, store_id)
        except (sqlite3.Error, BadInput):
            connection.close()
            raise
    return connection, meta


def content_hash(connection: sqlite3.Connection) -> str:
    """Return a hash over every row but the meta data; two equal files have the same."""
    from hashlib import blake2b  # at first use: slow to load

    digest = blake2b(digest_size=16)
    for name in COLUMNS:
        digest.update(name.encode())
        for row in connection.execute(f"select * from {name} order by 1, 2"):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _accept(meta: dict[str, str], path: Path, store_id: str | None) -> None:
    _need(meta, path)
    if meta["version"] not in READ:
        raise BadInput(
            f"{path} has version {meta['version']}; this till knows {', '.join(READ)}. Install the "
            "same release of xenorec on the till and where it is published, and publish again."
        )
    if store_id is not None and store_id != meta["store_id"]:
        raise BadInput(
            f"{path.parent} was published for store {meta['store_id']!r}, not {store_id!r}. "
            "Publish one folder for each store."
        )


def _need(meta: dict[str, str], path: Path) -> None:
    missing = [name for name in NEEDED if not meta.get(name)]
    if missing:
        raise BadInput(f"{path} has no {', '.join(missing)}; a till needs it. Publish it again.")


def _insert(name: str) -> str:
    """Return the insert of one table: the first row of an id stays, a shared key loses its ref."""
    marks = ", ".join("?" * COLUMNS[name])
    if name == "keys":
        return (
            f"insert into keys values ({marks}) "
            "on conflict (hash) do update set ref = '' where ref <> excluded.ref"
        )
    return f"insert or ignore into {name} values ({marks})"


def _fill(
    path: Path, meta: dict[str, str], rows: dict[str, Iterable[Sequence[Any]]]
) -> dict[str, int]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("pragma journal_mode = off; pragma synchronous = off;" + TABLES)
        connection.execute("begin")
        for name in COLUMNS:
            connection.executemany(_insert(name), rows.get(name, ()))
        connection.execute("delete from keys where ref = ''")
        counts = {
            name: int(connection.execute(f"select count(*) from {name}").fetchone()[0])
            for name in COLUMNS
        }
        facts = {
            **meta,
            "version": str(VERSION),
            "content_hash": content_hash(connection),
            **{f"n_{name}": str(n) for name, n in counts.items()},
        }
        connection.executemany("insert into meta values (?, ?)", sorted(facts.items()))
        connection.execute("commit")
    finally:
        connection.close()
    return counts
