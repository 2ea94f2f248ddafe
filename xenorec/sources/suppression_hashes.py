"""Suppressions that come as plain addresses: hashed as we hash, before they are kept."""

from __future__ import annotations

import re

import pyarrow as pa

from xenorec.addresses import address_hash, spell
from xenorec.engine import Session
from xenorec.errors import BadInput

HASH = re.compile(r"[0-9a-f]{64}")
PLAIN = ("value", "address", "email", "phone")
"""Columns in which a list of suppressed addresses may hold the plain address."""


def hash_addresses(session: Session, country: str | None) -> None:
    """Put our hash in place of every plain address of the temporary table ``landed``.

    What is neither an address nor a hash stays as it came; a rule of the table then refuses it.
    """
    columns = session.columns("select * from landed")
    given = next((name for name in ("value_hash", *PLAIN) if name in columns), None)
    if given is None:
        return
    channel = '"channel"' if "channel" in columns else "'any'"
    asked = session.rows(
        f'select distinct cast({channel} as VARCHAR), trim(cast("{given}" as VARCHAR)) '
        f'from landed where "{given}" is not null'
    )
    session.register("hashed", _hashes(asked, country))
    kept = columns if "value_hash" in columns else [*columns, "value_hash"]
    listed = ", ".join(
        "coalesce(h.hashed, v.plain) as value_hash" if name == "value_hash" else f'v."{name}"'
        for name in kept
    )
    session.run(
        f"create or replace temp table landed as select {listed} from (select *, cast({channel} as "
        f'VARCHAR) as asked_channel, trim(cast("{given}" as VARCHAR)) as plain from landed) as v '
        "left join hashed as h on h.plain = v.plain "
        "and h.channel is not distinct from v.asked_channel"
    )


def _hashes(asked: list[tuple[str | None, str]], country: str | None) -> pa.Table:
    found = [(channel, plain, _hash(channel, plain, country)) for channel, plain in asked]
    names = ("channel", "plain", "hashed")
    columns = list(zip(*found, strict=True)) or [(), (), ()]
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})


def _hash(channel: str | None, plain: str, country: str | None) -> str | None:
    if HASH.fullmatch(plain.lower()):
        return plain.lower()
    kind = "email" if channel == "email" or "@" in plain else "phone"
    try:
        return address_hash(kind, spell(kind, plain, country))
    except BadInput:
        return None
