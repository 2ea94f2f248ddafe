"""Message ids: which message an event names, by its key or by the token of the link."""

from __future__ import annotations

import pyarrow as pa

from xenorec.engine import Session
from xenorec.links import message_key

NAMED = (
    "select distinct message_id from warehouse.events "
    "where message_id is not null and strpos(message_id, '/') = 0"
)
"""A key has slashes, a token has none."""


def register_message_keys(session: Session, key: bytes | None) -> None:
    """Make the relation ``message_keys``: message_id, message_key, one row per token of events.

    What is no token of this key is not in it; without a key it is empty.
    """
    rows = [] if key is None else session.arrow(NAMED).column("message_id").to_pylist()
    found = {given: message_key(given, key) for given in rows if key is not None}
    read = {given: named for given, named in found.items() if named != given}
    columns = {"message_id": list(read), "message_key": list(read.values())}
    session.register(
        "message_keys",
        pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()}),
    )
